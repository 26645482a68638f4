package prometheus

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"turnkey-gateway/deploy/local/stacktest"
)

func TestConfigIsValid(t *testing.T) {
	promtool(t, "check", "config", "prometheus.yml")
}

func TestAlertsFireOnTheirFaults(t *testing.T) {
	promtool(t, "test", "rules", "alerts_test.yml")
}

// An alert that no test makes fire may as well not be there.
func TestEveryAlertHasATest(t *testing.T) {
	tests := read(t, "alerts_test.yml")
	for _, m := range regexp.MustCompile(`(?m)- alert: (\w+)$`).FindAllStringSubmatch(read(t, "alerts.yml"), -1) {
		if !regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(tests) {
			t.Errorf("%s has no test in alerts_test.yml", m[1])
		}
	}
}

func promtool(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command(stacktest.Program(t, "promtool"), args...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, out)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
