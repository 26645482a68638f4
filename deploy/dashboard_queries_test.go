package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// TestEveryDashboardQueryReturnsData runs the dashboard's queries against a Prometheus
// that scrapes a portal and a gateway under traffic.
func TestEveryDashboardQueryReturnsData(t *testing.T) {
	prometheus := stacktest.Prometheus(t)
	gateway := trafficOnTheStack(t)

	waiting := map[string]string{} // panel, by query that has returned nothing yet
	only := strings.NewReplacer("$instance", gateway, "$__rate_interval", "30s")
	for _, p := range readDashboard(t).Panels {
		for _, q := range p.Targets {
			waiting[only.Replace(q.Expr)] = p.Title
		}
	}
	for deadline := time.Now().Add(90 * time.Second); len(waiting) > 0; time.Sleep(500 * time.Millisecond) {
		for query, panel := range waiting {
			found, err := hasData(t.Context(), prometheus, query)
			if err != nil {
				t.Fatalf("panel %q: %s: %v", panel, query, err)
			}
			if found {
				delete(waiting, query)
			}
		}
		if time.Now().After(deadline) {
			break
		}
	}
	for query, panel := range waiting {
		t.Errorf("panel %q shows nothing: %s", panel, query)
	}
}

// hasData tells whether a query returns a number now; NaN is none.
func hasData(ctx context.Context, prometheus, query string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, prometheus+"/api/v1/query?query="+url.QueryEscape(query), nil)
	if err != nil {
		return false, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	var answer struct {
		Error string
		Data  struct {
			Result []struct{ Value [2]any } // seconds, and the number as text
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return false, fmt.Errorf("%s: %w", response.Status, err)
	}
	if answer.Error != "" {
		return false, errors.New(answer.Error)
	}
	for _, r := range answer.Data.Result {
		text, _ := r.Value[1].(string)
		if number, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(number) {
			return true, nil
		}
	}
	return false, nil
}

// trafficOnTheStack runs a portal and a gateway on the stack until the test ends, with
// messages and changes of the registry all the time, and has Prometheus scrape both. It
// returns the gateway's address.
func trafficOnTheStack(t *testing.T) string {
	t.Helper()
	dir, own := t.TempDir(), fmt.Sprintf("dashboard-%d", time.Now().UnixNano())
	system := &rig.System{
		Bin: buildPrograms(t), Dir: dir, Brokers: stacktest.Kafka(t), Redis: stacktest.Redis(t), RedisPrefix: own, Group: own,
		ShadowOneIn:  10,
		Topics:       rig.TopicsOf(own),
		DatabaseFile: filepath.Join(dir, "database"),
	}
	if err := rig.CreateTopics(t.Context(), system.Brokers, system.Topics, 2, 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rig.DeleteTopics(context.Background(), system.Brokers, system.Topics); err != nil {
			t.Error(err)
		}
	})
	store, messages := sampleRegistry(t, system)
	system.Site = &rig.Site{Address: freeAddress(t), AgentPort: portal.DefaultAgentPort}

	portal, err := system.StartPortal(t.Context(), "", "")
	if err != nil {
		t.Fatal(err, programLog(dir, "portal"))
	}
	t.Cleanup(portal.Kill)
	gateway, err := system.StartGateway(t.Context(), "gateway", "", "")
	if err != nil {
		t.Fatal(err, programLog(dir, "gateway"))
	}
	t.Cleanup(gateway.Kill)
	stacktest.Scrape(t, gateway.Address, portal.Address)

	ctx, cancel := context.WithCancel(context.Background())
	working := make(chan error, 2)
	go func() { working <- send(ctx, system, messages, store) }()
	go func() { working <- visit(ctx, system.Site.Origin()) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-working, <-working); err != nil {
			t.Error(err)
		}
	})
	return gateway.Address
}

// visit gets a page of the registration site ten times a second.
func visit(ctx context.Context, origin string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		response, err := http.Get(origin)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil {
			response.Body.Close()
		}
	}
}

// freeAddress is one on loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// sampleRegistry fills a new database with sample parties, and returns messages of theirs.
func sampleRegistry(t *testing.T, system *rig.System) (*postgres.Store, *corpus.Pool) {
	t.Helper()
	address := registrytest.Database(t)
	if err := os.WriteFile(system.DatabaseFile, []byte(address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	system.Keys = rig.KeyFiles{
		Cache: registrytest.KeyFile(t, "cache"), Lookup: registrytest.KeyFile(t, "lookup"), Identity: registrytest.KeyFile(t, "identity"),
	}
	store := registrytest.StoreOn(t, registrytest.Pool(t, address))
	sample, err := corpus.New(1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rig.Enrol(t.Context(), store, sample.Parties()); err != nil {
		t.Fatal(err)
	}
	plan, err := sample.Plan(corpus.PlanConfig{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := plan.Pool(100)
	if err != nil {
		t.Fatal(err)
	}
	return store, pool
}

// send uploads 50 messages a second. Once a second it registers a party and sends a
// message of its, so that the relay has a change to tell, and the gateway a sender that
// it must ask Redis and Postgres for.
func send(ctx context.Context, system *rig.System, messages *corpus.Pool, store *postgres.Store) error {
	uploader := rig.NewUploader(system.Brokers, system.Topics, rig.NewLedger())
	defer uploader.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for round := 0; ; round++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		batch := make([]corpus.Message, 5)
		for i := range batch {
			batch[i] = messages.Next()
		}
		if round%10 == 0 {
			newcomer := registry.Identifier{Kind: verifier.Account, Value: fmt.Sprintf("dashboard%d", round)}
			if _, _, err := store.CreateParty(ctx, registrytest.Operator, newcomer); err != nil && ctx.Err() == nil {
				return err
			}
			batch[0].Account = newcomer.Value
		}
		if err := uploader.Send(ctx, batch...); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

func buildPrograms(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin+"/", "../cmd/gateway", "../cmd/portal").CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	return bin
}

// programLog is what a program said, for a test that fails on it.
func programLog(dir, name string) string {
	text, err := os.ReadFile(filepath.Join(dir, name+".log"))
	if err != nil {
		return err.Error()
	}
	return "\n" + string(text)
}
