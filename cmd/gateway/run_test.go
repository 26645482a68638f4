package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
	"turnkey-gateway/verifier/verifiertest"
)

const patience = 60 * time.Second

// The program on real Kafka, PostgreSQL and Redis: a signed message of a registered
// party comes out verified, the same of a stranger rejected; then it stops cleanly.
func TestGateway(t *testing.T) {
	s := newSite(t)
	p := launch(t, func(ctx context.Context, log io.Writer) error { return run(ctx, nil, env(s.vars), io.Discard, log) })
	for account, want := range map[string]string{
		"broker-1": s.name + ".verified VERIFIED", "stranger": s.name + ".rejected UNREGISTERED_CERTIFICATE",
	} {
		r := s.judged(t, account, s.doc)
		if got := r.Topic + " " + header(r, "turnkey-reason"); got != want || !bytes.Equal(r.Value, s.doc) {
			t.Errorf("%s: %s, detail %s", account, got, header(r, "turnkey-detail"))
		}
	}
	if code, text := get(t, p.url(t, "/readyz")); code != http.StatusOK {
		t.Errorf("readyz: %d %s", code, text)
	}
	if _, text := get(t, p.url(t, "/metrics")); !strings.Contains(text, `turnkey_verdicts_total{reason="VERIFIED"} 1`) {
		t.Error("the verdict is not in the metrics")
	}
	p.stop(t)
}

// Whoever registers and then sends is not refused, although the gateway remembers having
// found nothing a moment ago. No relay runs here: nothing tells it of the change.
func TestRegisteredBeforeSentIsNeverUnregistered(t *testing.T) {
	s := newSite(t)
	p := launch(t, func(ctx context.Context, log io.Writer) error { return run(ctx, nil, env(s.vars), io.Discard, log) })
	for _, account := range []string{"broker-2", "broker-3", "broker-4"} {
		if r := s.judged(t, account, s.doc); header(r, "turnkey-reason") != "UNREGISTERED_CERTIFICATE" {
			t.Fatalf("before: %s", header(r, "turnkey-reason"))
		}
		doc := register(t, s.store, account)
		if r := s.judged(t, account, doc); header(r, "turnkey-reason") != "VERIFIED" {
			t.Errorf("registered, then sent: %s, detail %s", header(r, "turnkey-reason"), header(r, "turnkey-detail"))
		}
	}
	if p.shows(t, "turnkey_overturned_total 0") {
		t.Error("the gateway never remembered having found nothing: nothing was tested")
	}
	p.stop(t)
}

// Without its registry a gateway stays out of the group, and says why it isn't ready.
func TestGatewayWaitsForItsRegistry(t *testing.T) {
	vars := complete(t)
	p := launch(t, func(ctx context.Context, log io.Writer) error { return run(ctx, nil, env(vars), io.Discard, log) })
	p.log.field(t, "waiting for the registry", "error")
	code, text := get(t, p.url(t, "/readyz"))
	if code != http.StatusServiceUnavailable || !strings.Contains(text, "schema") || strings.Contains(text, "hunter2") {
		t.Errorf("readyz: %d %s", code, text)
	}
	if code, _ := get(t, p.url(t, "/healthz")); code != http.StatusOK {
		t.Errorf("healthz: %d", code)
	}
	p.stop(t)
}

// A site is what a gateway of a test's own runs on: topics, and a registry in which
// broker-1 has a signing certificate.
type site struct {
	name     string
	vars     map[string]string // configure a gateway
	database string            // URL
	store    *postgres.Store
	client   *kgo.Client // sends, and reads the outcomes
	doc      []byte      // signed by broker-1
}

func newSite(t *testing.T) *site {
	t.Helper()
	brokers := stacktest.Kafka(t)
	name := "gateway-test-" + token()
	makeTopics(t, brokers, name)
	database := registrytest.Database(t)
	s := &site{name: name, database: database, store: registrytest.StoreOn(t, registrytest.Pool(t, database))}
	s.doc = register(t, s.store, "broker-1")
	s.vars = map[string]string{
		"GATEWAY_BROKERS":          strings.Join(brokers, ","),
		"GATEWAY_GROUP":            name,
		"GATEWAY_TOPIC_INBOUND":    name + ".inbound",
		"GATEWAY_TOPIC_VERIFIED":   name + ".verified",
		"GATEWAY_TOPIC_REJECTED":   name + ".rejected",
		"GATEWAY_TOPIC_QUARANTINE": name + ".quarantine",
		"GATEWAY_DATABASE_FILE":    write(t, "database", database),
		"GATEWAY_LOOKUP_KEY_FILE":  registrytest.KeyFile(t, "lookup"),
		"GATEWAY_CACHE_KEY_FILE":   registrytest.KeyFile(t, "cache"),
		"GATEWAY_REDIS":            stacktest.Redis(t),
		"GATEWAY_REDIS_PREFIX":     name,
		"GATEWAY_LISTEN":           "127.0.0.1:0",
		"GATEWAY_PPROF":            "127.0.0.1:0",
		"GATEWAY_SESSION":          "6s",
	}
	var err error
	s.client, err = kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(name+".verified", name+".rejected", name+".quarantine"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.client.Close)
	return s
}

// judged sends a message of an account's, and returns its outcome.
func (s *site) judged(t *testing.T, account string, doc []byte) *kgo.Record {
	t.Helper()
	if err := s.client.ProduceSync(t.Context(), &kgo.Record{Topic: s.name + ".inbound", Key: []byte(account), Value: doc}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	return next(t, s.client)
}

// A program is a gateway that runs in this process.
type program struct {
	log   *syncBuffer
	ended chan error
	end   context.CancelFunc
}

// launch runs a program until it is stopped, at the latest by the test's end.
func launch(t *testing.T, serve func(ctx context.Context, log io.Writer) error) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{log: new(syncBuffer), ended: make(chan error, 1), end: cancel}
	go func() { p.ended <- serve(ctx, p.log); close(p.ended) }()
	t.Cleanup(func() {
		cancel()
		<-p.ended
		if t.Failed() {
			t.Logf("log:\n%s", p.log)
		}
	})
	return p
}

// url returns the address of one of its pages, once it has them.
func (p *program) url(t *testing.T, page string) string {
	t.Helper()
	return "http://" + p.log.field(t, "gateway started", "metrics") + page
}

// stop ends it, which must be in order.
func (p *program) stop(t *testing.T) {
	t.Helper()
	p.end()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("ended: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("did not stop")
	}
}

// register gives an account a signing certificate, and returns a document signed by it.
func register(t *testing.T, store interface {
	CreateParty(context.Context, registry.Actor, ...registry.Identifier) (verifier.PartyID, registry.Version, error)
	Register(context.Context, registry.Actor, registry.NewRegistration) (bool, registry.Version, error)
}, account string) []byte {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	pki, err := verifiertest.NewPKI(uint64(now.UnixNano()), now) // serial numbers of its own
	must(err)
	id, err := pki.Customs.Issue(verifiertest.CustomsHolder{BusinessID: "97162640"},
		verifiertest.Terms{NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(0, 6, 0)})
	must(err)
	cert, err := verifier.ParseCertificate(id.DER())
	must(err)
	party, _, err := store.CreateParty(t.Context(), registrytest.Operator, registry.Identifier{Kind: verifier.Account, Value: account})
	must(err)
	_, _, err = store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{
		Party: party, Certificate: cert, Usage: registry.Signing, Kind: registry.Customs, Medium: registry.File, UsageType: registry.TraderUse,
	})
	must(err)
	s, err := signer.New(id.Key, id.DER(), signer.Options{})
	must(err)
	doc, err := s.Sign([]byte(`<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05"><ID>AA  1400000001</ID></Declaration>`))
	must(err)
	return doc
}

func makeTopics(t *testing.T, brokers []string, name string) {
	t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 20 * time.Second}
	var topics []kafka.TopicConfig
	var names []string
	for kind, setting := range map[string]kafka.ConfigEntry{
		"inbound":    {ConfigName: "message.timestamp.type", ConfigValue: "LogAppendTime"},
		"verified":   {ConfigName: "max.message.bytes", ConfigValue: "1200000"},
		"rejected":   {ConfigName: "max.message.bytes", ConfigValue: "1200000"},
		"quarantine": {ConfigName: "max.message.bytes", ConfigValue: "1200000"},
	} {
		names = append(names, name+"."+kind)
		topics = append(topics, kafka.TopicConfig{Topic: name + "." + kind, NumPartitions: 1, ReplicationFactor: 1, ConfigEntries: []kafka.ConfigEntry{setting}})
	}
	res, err := client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: topics})
	if err != nil {
		t.Fatal(err)
	}
	for topic, err := range res.Errors {
		if err != nil {
			t.Fatalf("create %s: %v", topic, err)
		}
	}
	t.Cleanup(func() {
		client.DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: names})
	})
}

func next(t *testing.T, client *kgo.Client) *kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		fetches := client.PollRecords(ctx, 1)
		if ctx.Err() != nil {
			t.Fatal("no outcome")
		}
		if rs := fetches.Records(); len(rs) > 0 {
			return rs[0]
		}
	}
}

func header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func token() string {
	var b [5]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// syncBuffer holds a log that is still being written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// field waits for a line with that message, and returns one of its fields.
func (b *syncBuffer) field(t *testing.T, message, field string) string {
	t.Helper()
	deadline := time.Now().Add(patience)
	for ; time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for line := range strings.Lines(b.String()) {
			var fields map[string]any
			if json.Unmarshal([]byte(line), &fields) == nil && fields["msg"] == message {
				text, _ := fields[field].(string)
				return text
			}
		}
	}
	t.Fatalf("no line %q in the log:\n%s", message, b)
	return ""
}
