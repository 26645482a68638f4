package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"turnkey-gateway/verifier"
)

// Whatever a record holds, it has an outcome and those after it too. Only what no
// sender can be found for, and what the gateway itself fails on, is quarantined.
func TestPromiseBadMessageNeverStops(t *testing.T) {
	w := fakeWorld(t, 1)
	account := func(v string) kgo.RecordHeader { return kgo.RecordHeader{Key: HeaderAccount, Value: []byte(v)} }
	key := []byte("broker-1")
	tests := []struct {
		name string
		kgo.Record
		kind   Kind
		reason string
	}{
		{"key alone", kgo.Record{Key: key, Value: document(1)}, Rejected, "UNSIGNED"},
		{"header alone", kgo.Record{Value: document(2), Headers: []kgo.RecordHeader{account("broker-1")}}, Rejected, "UNSIGNED"},
		{"neither", kgo.Record{Value: document(3)}, Quarantine, "ACCOUNT_MISSING"},
		{"both, different", kgo.Record{Key: key, Value: document(4), Headers: []kgo.RecordHeader{account("other")}}, Quarantine, "ACCOUNT_CONTRADICTORY"},
		{"two headers", kgo.Record{Value: document(5), Headers: []kgo.RecordHeader{account("a"), account("a")}}, Quarantine, "ACCOUNT_REPEATED"},
		{"account not UTF-8", kgo.Record{Key: []byte{0xff}, Value: document(6)}, Quarantine, "ACCOUNT_INVALID"},
		{"a panic in reading", kgo.Record{Key: key, Value: []byte("panic!")}, Quarantine, "PANIC"},
		{"no value", kgo.Record{Key: key}, Rejected, "MALFORMED_XML"},
		{"empty value", kgo.Record{Key: key, Value: []byte{}}, Rejected, "MALFORMED_XML"},
		{"garbage", kgo.Record{Key: key, Value: []byte{0, 1, 2, 0xff}}, Rejected, "MALFORMED_XML"},
		{"a cut document", kgo.Record{Key: key, Value: document(7)[:40]}, Rejected, "MALFORMED_XML"},
		{"a DTD", kgo.Record{Key: key, Value: []byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`)}, Rejected, "FORBIDDEN_XML"},
		{"deep nesting", kgo.Record{Key: key, Value: []byte(strings.Repeat("<a>", 300_000))}, Rejected, "TOO_LARGE"},
		{"changed after signing", kgo.Record{Key: key, Value: bytes.Replace(signed(1), []byte("<ID>AA"), []byte("<ID>AB"), 1)}, Rejected, "DIGEST_MISMATCH"},
		{"after all of them", kgo.Record{Key: key, Value: signed(2)}, Verified, "VERIFIED"},
	}
	engine := newEngine(t)
	var sent []*kgo.Record
	for i := range tests {
		sent = append(sent, &tests[i].Record)
	}
	w.send(sent...)
	g := w.start(Parts{Engine: engineFunc(func(doc []byte) *verifier.Message {
		if bytes.Equal(doc, []byte("panic!")) {
			panic("as asked")
		}
		return engine.Read(doc)
	})}, nil)
	got := w.outcomes(len(sent))
	w.checkNoneLost(w.byID(sent), got)
	eventuallyCommitted(t, w, sent)
	for _, o := range got {
		tt := tests[slices.IndexFunc(sent, func(r *kgo.Record) bool {
			return fmt.Sprintf("%s/0/%d", w.topics.Inbound, r.Offset) == o.header(HeaderSource)
		})]
		if reason := o.header(HeaderReason); o.kind != tt.kind || reason != tt.reason {
			t.Errorf("%s: %s %s, want %s %s", tt.name, o.kind, reason, tt.kind, tt.reason)
		}
		if !json.Valid([]byte(o.header(HeaderDetail))) {
			t.Errorf("%s: the detail is no JSON: %q", tt.name, o.header(HeaderDetail))
		}
	}
	if n := count(g.metrics.panics); n != 1 {
		t.Errorf("%d panics counted", n)
	}
}

// What came in with names of ours goes, but for one received-at; the rest stays.
func TestHeadersOfAnOutcome(t *testing.T) {
	w := fakeWorld(t, 1)
	r := &kgo.Record{Key: []byte("broker-1"), Value: signed(1), Headers: []kgo.RecordHeader{
		{Key: "trace", Value: []byte("1")},
		{Key: HeaderVerdict, Value: []byte("verified")},
		{Key: HeaderReceivedAt, Value: []byte("2026-01-02T03:04:05Z")},
		{Key: "Turnkey-Party", Value: []byte("forged")},
		{Key: HeaderReceivedAt, Value: []byte("again")},
		{Key: "trace", Value: []byte("2")},
		{Key: "null"},
	}}
	w.send(r)
	decided := time.Date(2031, 5, 6, 7, 8, 9, 123_456_789, time.FixedZone("", 8*3600))
	w.start(Parts{
		Now: func() time.Time { return decided },
		Registry: registryFunc(func(context.Context, []string, []verifier.Hints, time.Time) ([]verifier.Sender, error) {
			return []verifier.Sender{registered("P1", decided)}, nil
		}),
	}, nil)
	o := w.outcomes(1)[0]
	source := Source{w.topics.Inbound, 0, 0}
	cert, _ := sample()
	if !regexp.MustCompile("^[0-9a-f]{64}$").MatchString(o.header(HeaderSignedSHA256)) {
		t.Errorf("%s is %q", HeaderSignedSHA256, o.header(HeaderSignedSHA256))
	}
	want := []string{
		HeaderEventID + "=" + source.EventID(),
		HeaderVerdict + "=verified",
		HeaderReason + "=VERIFIED",
		HeaderDetail + "=" + o.header(HeaderDetail),
		HeaderParty + "=P1",
		HeaderSignerSHA256 + "=" + cert.Fingerprint().String(),
		HeaderSignerSerial + "=" + cert.Serial(),
		HeaderMessageType + "=N5203",
		HeaderMessageID + "=AA  1400000001",
		HeaderRegistryVersion + "=e1/42",
		HeaderDecidedAt + "=2031-05-05T23:08:09.123Z",
		HeaderSignedSHA256 + "=" + o.header(HeaderSignedSHA256),
		HeaderSource + "=" + source.String(),
		HeaderAccount + "=broker-1",
		"trace=1",
		HeaderReceivedAt + "=2026-01-02T03:04:05Z",
		"trace=2",
		"null=",
	}
	var got []string
	for _, h := range o.Headers {
		got = append(got, h.Key+"="+string(h.Value))
	}
	if !slices.Equal(got, want) {
		t.Errorf("headers are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if o.Timestamp.UnixMilli() != r.Timestamp.UnixMilli() {
		t.Errorf("timestamp %v, came with %v", o.Timestamp, r.Timestamp)
	}
}

// A verdict whose knowledge became too old before it was stored is made anew: here the
// first produce is lost, and meanwhile the registry has become unable to vouch for it.
func TestStaleVerdictIsJudgedAgain(t *testing.T) {
	w := fakeWorld(t, 1)
	w.send(w.records(1)...)
	var mu sync.Mutex
	now := time.Now() // guarded by mu
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	var lookups atomic.Int64
	f := &flaky{met: map[fault]int{}, decide: func(key int16) fault {
		if key != keyProduce || lookups.Load() > 1 {
			return none
		}
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(maxStale + time.Millisecond)
		return lost
	}}
	g := w.start(Parts{Cluster: w.cluster(f.dial), Now: clock,
		Registry: registryFunc(func(context.Context, []string, []verifier.Hints, time.Time) ([]verifier.Sender, error) {
			n := lookups.Add(1)
			return []verifier.Sender{registered(verifier.PartyID(fmt.Sprint("P", n)), clock())}, nil
		})}, nil)
	o := w.outcomes(1)[0]
	if o.header(HeaderParty) != "P2" || count(g.metrics.rejudged) != 1 || lookups.Load() != 2 {
		t.Errorf("party %s after %d lookups, %d judged again", o.header(HeaderParty), lookups.Load(), count(g.metrics.rejudged))
	}
}

// An answer that is too old when it comes counts as none.
func TestOldAnswerIsNotBelieved(t *testing.T) {
	w := fakeWorld(t, 1)
	w.send(w.records(1)...)
	var lookups atomic.Int64
	w.start(Parts{Registry: registryFunc(func(context.Context, []string, []verifier.Hints, time.Time) ([]verifier.Sender, error) {
		n := lookups.Add(1)
		age := time.Minute
		if n > 2 {
			age = 0
		}
		return []verifier.Sender{registered(verifier.PartyID(fmt.Sprint("P", n)), time.Now().Add(-age))}, nil
	})}, nil)
	if o := w.outcomes(1)[0]; o.header(HeaderParty) != "P3" {
		t.Errorf("judged by the answer of %s", o.header(HeaderParty))
	}
}

// A record whose outcome no broker takes is quarantined as a pointer, and the others of
// its batch have theirs.
func TestTooLargeForTheOutputOnKafka(t *testing.T) {
	w := realWorld(t, 1)
	g := w.start(Parts{}, nil)
	eventually(t, "in the group", func() bool { return g.Ready() == nil })
	w.alter(w.topics.Rejected, maxMessage, "50000") // after the gateway looked
	large := bytes.Repeat([]byte("x"), 80_000)
	sent := w.records(9)
	sent[4].Value = large
	sent[4].Headers = []kgo.RecordHeader{{Key: "trace", Value: []byte("1")}}
	w.send(sent...)
	got := w.outcomes(9)
	eventuallyCommitted(t, w, sent)
	quarantined := 0
	for _, o := range got {
		if o.kind != Quarantine {
			continue
		}
		quarantined++
		sum := sha256.Sum256(large)
		want := fmt.Sprintf(`{"source":"%s/0/%d","size":80000,"sha256":"%s"}`, w.topics.Inbound, sent[4].Offset, hex.EncodeToString(sum[:]))
		if string(o.Value) != want || o.header(HeaderReason) != "MESSAGE_TOO_LARGE" || string(o.Key) != "broker-1" {
			t.Errorf("pointer %s, reason %s, key %s; want %s", o.Value, o.header(HeaderReason), o.Key, want)
		}
	}
	if quarantined != 1 || len(got) != 9 {
		t.Errorf("%d outcomes, %d of them quarantined", len(got), quarantined)
	}
}

// A timestamp that a producer made up must not decide about a certificate.
func TestClaimedTimestampIsQuarantinedOnKafka(t *testing.T) {
	w := realWorld(t, 1)
	g := w.start(Parts{}, nil)
	eventually(t, "in the group", func() bool { return g.Ready() == nil })
	w.alter(w.topics.Inbound, timestampType, "CreateTime") // after the gateway looked
	w.send(w.records(1)...)
	if o := w.outcomes(1)[0]; o.kind != Quarantine || o.header(HeaderReason) != "TIMESTAMP_CLAIMED" {
		t.Errorf("%s %s", o.kind, o.header(HeaderReason))
	}
}

// The bytes in flight stay within the budget, whatever the number and size of records,
// and a record larger than all of it passes.
func TestPromiseMemoryIsBounded(t *testing.T) {
	w := realWorld(t, 6)
	for _, kind := range kinds {
		w.alter(w.topics.name(kind), maxMessage, "9000000")
	}
	for _, kind := range kinds[1:] {
		w.alter(w.topics.name(kind), maxMessage, "9100000")
	}
	const inflight = 8 << 20
	var sent []*kgo.Record
	for i := range 60 {
		sent = append(sent, &kgo.Record{Partition: int32(i % 6), Key: []byte("a"), Value: bytes.Repeat([]byte{'x'}, 500_000)})
	}
	w.send(sent...)
	big := &kgo.Record{Topic: w.topics.Inbound, Key: []byte("a"), Value: bytes.Repeat([]byte{'y'}, 7_500_000)}
	p, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.ProducerBatchMaxBytes(9_000_000), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.ProduceSync(t.Context(), big).FirstErr(); err != nil {
		t.Fatal(err)
	}
	sent = append(sent, big)

	var most atomic.Int64
	var g *Gateway
	known := newRegistry(t)
	g = w.gateway(Parts{Registry: registryFunc(func(ctx context.Context, a []string, h []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
		used := g.memory.used()
		for m := most.Load(); used > m && !most.CompareAndSwap(m, used); m = most.Load() {
		}
		return known.Senders(ctx, a, h, since)
	})}, func(c *Config) { c.InflightBytes = inflight })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	got := w.outcomes(len(sent))
	eventuallyCommitted(t, w, sent)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	w.checkNoneLost(w.byID(sent), got)
	if most.Load() == 0 || most.Load() > inflight {
		t.Errorf("%d bytes in flight at most, allowed are %d", most.Load(), inflight)
	}
	if n := g.memory.used(); n != 0 {
		t.Errorf("%d bytes still reserved at the end", n)
	}
}

func TestPreflightOnKafka(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*world)
		want  string // in a problem; empty means none
	}{
		{"as it should be", func(*world) {}, ""},
		{"time is the producer's", func(w *world) { w.alter(w.topics.Inbound, timestampType, "CreateTime") }, "could back-date"},
		{"no room for headers", func(w *world) { w.alter(w.topics.Verified, maxMessage, "1048588") }, "may not fit"},
		{"compacted", func(w *world) { w.alter(w.topics.Rejected, cleanupPolicy, "compact") }, "replace one another"},
		{"an output missing", func(w *world) { w.topics.Quarantine += "-not" }, "does not exist"},
		{"fewer partitions", func(w *world) { w.topics.Verified = w.narrow() }, "has 1 partitions"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := realWorld(t, 2)
			tt.spoil(w)
			found, err := Preflight(t.Context(), w.client(), Config{Group: w.group, Topics: w.topics})
			if err != nil {
				t.Fatal(err)
			}
			problems := Problems(found)
			if tt.want == "" && problems != nil {
				t.Errorf("problems: %v", problems)
			}
			if tt.want != "" && (problems == nil || !strings.Contains(problems.Error(), tt.want)) {
				t.Errorf("problems: %v, want one that says %q", problems, tt.want)
			}
			for _, f := range found {
				if (f.Level == OK) != (f.Mend == "") {
					t.Errorf("%s: %s: mend %q", f.Level, f.Text, f.Mend)
				}
			}
		})
	}
}

// Brokers that don't name topics by id can't keep the promise about topics made anew.
func TestPreflightRefusesOldBrokers(t *testing.T) {
	w := fakeWorld(t, 1, kfake.MaxVersions(kversion.V3_0_0()))
	found, err := Preflight(t.Context(), w.client(), Config{Group: w.group, Topics: w.topics, AcceptCreateTime: true})
	if err != nil {
		t.Fatal(err)
	}
	if problems := Problems(found); problems == nil || !strings.Contains(problems.Error(), "3.1") {
		t.Errorf("problems: %v", problems)
	}
}

// narrow makes a topic with one partition only.
func (w *world) narrow() string {
	name := w.topics.Verified + "-narrow"
	res, err := w.client().CreateTopics(w.t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: name, NumPartitions: 1, ReplicationFactor: 1}}})
	if err == nil {
		err = res.Errors[name]
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		w.client().DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: []string{name}})
	})
	return name
}

// A gateway without a broker waits, says so, and ends when told to.
func TestNoBroker(t *testing.T) {
	w := newWorld(t, 1)
	w.brokers = []string{"127.0.0.1:1"}
	g := w.start(Parts{}, nil)
	eventually(t, "trying again", func() bool { return count(g.metrics.retries.WithLabelValues(string(StageJoin))) > 1 })
	if err := g.Ready(); err == nil || !strings.Contains(err.Error(), "not in the consumer group") {
		t.Errorf("ready: %v", err)
	}
	g.stop()
}

func TestConfigRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no group":      {func(c *Config) { c.Group = "" }, "has no name"},
		"short wait":    {func(c *Config) { c.FetchWait = time.Millisecond }, "time-outs"},
		"little memory": {func(c *Config) { c.InflightBytes = 1 }, "in flight"},
		"short session": {func(c *Config) { c.Session = time.Second }, "drain"},
		"a topic twice": {func(c *Config) { c.Topics.Rejected = "turnkey.inbound" }, "named twice"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Group: "g"}
			tt.change(&cfg)
			if err := cfg.withDefaults().validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if err := (Config{Group: "g"}).withDefaults().validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// Headers count in a chunk as what they take in memory, which is many times what they take
// in a batch.
func TestChunkCountsHeaders(t *testing.T) {
	w := fakeWorld(t, 1)
	const n = 100
	headers := make([]kgo.RecordHeader, recordHeaders)
	var sent []*kgo.Record
	for i := range n {
		sent = append(sent, &kgo.Record{Key: []byte("broker-1"), Value: document(i), Headers: headers})
	}
	w.send(sent...)
	var most atomic.Int64
	known := newRegistry(t)
	w.start(Parts{Registry: registryFunc(func(ctx context.Context, a []string, h []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
		for m := most.Load(); int64(len(a)) > m && !most.CompareAndSwap(m, int64(len(a))); m = most.Load() {
		}
		return known.Senders(ctx, a, h, since)
	})}, nil)
	w.checkNoneLost(w.byID(sent), w.outcomes(n))
	if atMost := int64(chunkBytes/(recordHeaders*headerMemory) + 1); most.Load() > atMost {
		t.Errorf("%d records of %d headers were one chunk, want %d at most", most.Load(), recordHeaders, atMost)
	}
}
