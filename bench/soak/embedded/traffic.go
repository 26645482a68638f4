package embedded

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

const (
	ahead = 150   // records that may be without a commit while more are sent
	burst = 25    // records sent at once, at most
	brisk = 1_200 // after so many records traffic becomes slow
)

// poison is what a queue holds some day, besides what the corpus makes.
var poison = []struct {
	value   []byte
	key     []byte
	headers []kgo.RecordHeader
	want    verifier.Reason
}{
	{nil, []byte("00042445"), nil, verifier.MalformedXML},
	{[]byte{0, 1, 2, 0xff}, []byte("00042445"), nil, verifier.MalformedXML},
	{[]byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`), []byte("00042445"), nil, verifier.ForbiddenXML},
	{[]byte("<Declaration>no sender</Declaration>"), nil, nil, verifier.Unjudged},
	{[]byte("<Declaration>two senders</Declaration>"), []byte("00042445"),
		[]kgo.RecordHeader{{Key: ingest.HeaderAccount, Value: []byte("00009494")}}, verifier.Unjudged},
	{[]byte("<Declaration>a sender twice</Declaration>"), nil,
		[]kgo.RecordHeader{{Key: ingest.HeaderAccount, Value: []byte("00042445")}, {Key: ingest.HeaderAccount, Value: []byte("00042445")}}, verifier.Unjudged},
	{[]byte("<Declaration>control characters</Declaration>"), []byte("a\x01"), nil, verifier.Unjudged},
}

// traffic is what is uploaded.
type traffic struct {
	r      *run
	client *kgo.Client
	stop   context.CancelFunc
	ended  chan error

	mu     sync.Mutex
	rng    *rand.Rand      // guarded by mu
	sent   int             // guarded by mu
	chatty map[string]bool // guarded by mu; accounts of holders that send more often
}

func newTraffic(r *run, s schedule) (*traffic, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(r.cluster.addresses...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(0))
	if err != nil {
		return nil, fmt.Errorf("connect the traffic: %w", err)
	}
	return &traffic{r: r, client: client, ended: make(chan error, 1), rng: rand.New(rand.NewPCG(s.seed, 1)), chatty: make(map[string]bool)}, nil
}

// begin sends until the end, as fast as outcomes are committed.
func (t *traffic) begin(ctx context.Context) {
	ctx, t.stop = context.WithCancel(ctx)
	go func() { t.ended <- t.flow(ctx) }()
}

func (t *traffic) flow(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := 5 * time.Millisecond
		if t.count() > brisk {
			pause = 100 * time.Millisecond
		}
		if t.r.cluster.backlog() < ahead {
			if err := t.send(t.draw()...); err != nil {
				return err
			}
		}
		rig.Sleep(ctx, pause)
	}
	return nil
}

func (t *traffic) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent
}

// draw makes some records: mostly of the corpus, some of holders.
func (t *traffic) draw() []*kgo.Record {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 1 + t.rng.IntN(burst)
	if t.sent > brisk {
		n = 3
	}
	var all []*kgo.Record
	for range n {
		if t.rng.IntN(10) == 0 {
			all = append(all, t.r.of(t.r.kit.accounts[t.rng.IntN(holders)]))
			continue
		}
		m := t.r.kit.messages[t.rng.IntN(documents)]
		all = append(all, &kgo.Record{Key: []byte(m.Account), Value: m.XML})
	}
	for account := range t.chatty {
		all = append(all, t.r.of(account))
	}
	return all
}

// of is the record of a holder.
func (r *run) of(account string) *kgo.Record {
	return &kgo.Record{Key: []byte(account), Value: r.kit.holders[account].Message}
}

// chat makes a holder send with every burst, or no longer.
func (t *traffic) chat(account string, chatty bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if chatty {
		t.chatty[account] = true
	} else {
		delete(t.chatty, account)
	}
}

// send stores records, each on a partition that the seed draws. It goes on when the
// trial's end comes between, so that nobody has to guess what was stored.
func (t *traffic) send(records ...*kgo.Record) error {
	t.mu.Lock()
	for _, r := range records {
		r.Topic, r.Timestamp = topics.Inbound, time.Now()
		r.Partition = int32(t.rng.IntN(t.r.cluster.partitions))
	}
	t.sent += len(records)
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := t.client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	return nil
}

// end ends the traffic; everything sent is stored.
func (t *traffic) end() error {
	t.stop()
	return <-t.ended
}

func (t *traffic) close() {
	if t.stop != nil {
		t.stop()
	}
	t.client.Close()
}

var errMissed = errors.New("did not strike")
