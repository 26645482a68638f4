package cluster

import (
	"bytes"
	"os/exec"
	"testing"

	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/deploy/local/stacktest"
)

// TestChosenSeeds plays two seeds that between them kill a partition's leader, kill a
// gateway with work in flight and amid produces, cut Kafka and Postgres off, tell gateways
// well-formed lies through Redis, and leave the registry out of reach for longer than
// anything known may be used.
func TestChosenSeeds(t *testing.T) {
	missing, err := parts.Missing("kafka", "postgres", "redis")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range missing {
		stacktest.Program(t, n.Program)
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin+"/", "turnkey-gateway/cmd/gateway", "turnkey-gateway/cmd/portal").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	w, err := Open(t.Context(), Options{Bin: bin})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, seed := range []uint64{51, 76} {
		var log bytes.Buffer
		result, err := w.Run(t.Context(), seed, &log)
		if err != nil {
			t.Errorf("%v\n%s", err, &log)
			continue
		}
		t.Logf("seed %d: %+v", seed, result)
		if result.Messages == 0 || result.Outcomes < result.Messages || len(result.Struck) == 0 {
			t.Errorf("seed %d proves nothing: %+v", seed, result)
		}
	}
}
