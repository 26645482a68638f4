package rig_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/ingest"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

const auditedAccount = "audited@example.com"

// TestAuditHoldsARealGatewayToItsWord runs the program on the stack, whose work must pass;
// told of changes that this gateway can't know of, the audit must accuse it by name.
func TestAuditHoldsARealGatewayToItsWord(t *testing.T) {
	system, holder := auditedSystem(t)
	now := time.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	registered := rig.Change{Certificate: holder.Certificate.Fingerprint(), To: verifier.Verified, Begun: ago(time.Hour), Returned: now}
	const messages = 50
	inbound := make([]*kgo.Record, messages)
	for i := range inbound {
		inbound[i] = &kgo.Record{
			Topic: system.Topics.Inbound, Key: []byte(auditedAccount), Value: holder.Copy(uint64(i)),
			Headers: []kgo.RecordHeader{{Key: ingest.HeaderAccount, Value: []byte(auditedAccount)}},
		}
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(system.Brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(t.Context(), inbound...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	for left := int64(-1); left != 0; time.Sleep(20 * time.Millisecond) {
		if time.Since(now) > time.Minute {
			t.Fatalf("%d records are not committed", left)
		}
		if left, err = rig.Uncommitted(t.Context(), system.Brokers, system.Group, system.Topics.Inbound, 2); err != nil {
			t.Fatal(err)
		}
	}

	for _, tt := range []struct {
		name string
		tell func(*rig.Audit)
		want rig.Breach // empty for none
	}{
		{"as it was", func(a *rig.Audit) { a.Changed(registered) }, ""},
		{"a revocation it knows nothing of", func(a *rig.Audit) {
			a.Changed(registered)
			a.Changed(rig.Change{Certificate: registered.Certificate, To: verifier.CertificateRevoked, Begun: ago(10 * time.Second), Returned: ago(6 * time.Second)})
		}, rig.TooLate},
		{"a registry it could not have asked", func(a *rig.Audit) {
			a.Changed(registered)
			a.Unknowable(rig.Window{From: ago(10 * time.Second), Until: now.Add(time.Hour)})
		}, rig.Guessed},
		{"a registration that is yet to come", func(a *rig.Audit) {
			a.Changed(rig.Change{Certificate: registered.Certificate, To: verifier.Verified, Begun: now.Add(time.Hour), Returned: now.Add(time.Hour)})
		}, rig.TooEarly},
	} {
		t.Run(tt.name, func(t *testing.T) {
			audit := rig.NewAudit()
			for _, r := range inbound {
				audit.PlanChanging(r.Value, holder.Certificate.Fingerprint())
			}
			tt.tell(audit)
			counted, err := audit.Run(t.Context(), system.Brokers, system.Topics, 2)
			var found rig.Deviation
			errors.As(err, &found)
			if found.Breach != tt.want || err != nil && tt.want == "" {
				t.Errorf("the audit says %v, want %q", err, tt.want)
			}
			if counted.Messages != messages || counted.Outcomes < messages {
				t.Errorf("counted %+v", counted)
			}
		})
	}
}

// auditedSystem runs a gateway on the stack until the test ends, over a registry with one
// party and its one certificate.
func auditedSystem(t *testing.T) (*rig.System, *rig.Holder) {
	t.Helper()
	database := registrytest.Database(t)
	store := registrytest.StoreOn(t, registrytest.Pool(t, database))
	party, _, err := store.CreateParty(t.Context(), registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: auditedAccount})
	if err != nil {
		t.Fatal(err)
	}
	holder, err := rig.NewHolder(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Register(t.Context(), registrytest.Operator, holder.Registration(party)); err != nil {
		t.Fatal(err)
	}
	dir, own := t.TempDir(), fmt.Sprintf("audit-%d", time.Now().UnixNano())
	system := &rig.System{
		Bin: dir, Dir: dir, Brokers: stacktest.Kafka(t), Group: own,
		Topics:       rig.TopicsOf(own),
		DatabaseFile: filepath.Join(dir, "database"), Keys: rig.KeyFiles{Lookup: registrytest.KeyFile(t, "lookup")},
	}
	if err := os.WriteFile(system.DatabaseFile, []byte(database+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", dir+"/", "turnkey-gateway/cmd/gateway").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if err := rig.CreateAuditedTopics(t.Context(), system.Brokers, system.Topics, 2, 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rig.DeleteTopics(context.Background(), system.Brokers, system.Topics) })
	gateway, err := system.StartGateway(t.Context(), "gateway", "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Kill)
	return system, holder
}
