package deploy

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A dashboard is what these tests read of Grafana's JSON.
type dashboard struct {
	Panels []struct {
		Title   string
		Type    string
		Targets []struct{ Expr string }
	}
}

// variables stand for what Grafana puts into a query: all gateways, and a rate over the
// last samples.
var variables = strings.NewReplacer("$instance", ".+", "$__rate_interval", "30s")

var metricName = regexp.MustCompile(`\bturnkey_[a-z0-9_]+`)

func TestDashboardHasQueries(t *testing.T) {
	d := readDashboard(t)
	for _, p := range d.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q asks nothing", p.Title)
		}
		for _, q := range p.Targets {
			if expr := variables.Replace(q.Expr); strings.Contains(expr, "$") {
				t.Errorf("panel %q uses a variable that is not known: %s", p.Title, expr)
			}
		}
	}
}

// A query for a metric that no program has would return nothing for ever, and an alert
// on it would stay silent.
func TestDashboardAndAlertsUseRealMetrics(t *testing.T) {
	declared := declaredMetrics(t)
	for _, file := range []string{"grafana/turnkey.json", "prometheus/alerts.yml"} {
		text := readFile(t, file)
		for _, name := range metricName.FindAllString(text, -1) {
			base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
			if !slices.Contains(declared, name) && !slices.Contains(declared, base) {
				t.Errorf("%s uses %s, which no program declares", file, name)
			}
		}
	}
}

// declaredMetrics are the names of metrics in the programs' source.
func declaredMetrics(t *testing.T) []string {
	t.Helper()
	literal := regexp.MustCompile(`"(turnkey_[a-z0-9_]+)"`)
	var names []string
	for _, room := range []string{"ingest", "registry", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			for _, m := range literal.FindAllStringSubmatch(readFile(t, path), -1) {
				names = append(names, m[1])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(names) == 0 {
		t.Fatal("no program declares a metric")
	}
	return names
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal([]byte(readFile(t, "grafana/turnkey.json")), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Panels) == 0 {
		t.Fatal("the dashboard has no panels")
	}
	return d
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
