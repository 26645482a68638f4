package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

const (
	mixedPerSecond    = 160 // messages of the sample parties
	changingPerSecond = 20  // of each certificate that changes
	poolSize          = 100 // messages signed ahead; each sent is different all the same
)

// How often in a second messages are sent: as they come, or many at once, so that what is
// under way at any moment is much, and has some of every sender.
const (
	steady = 20
	waves  = 4
)

// A traffic sends planned messages until it is told to stop. All that it sends, and all
// that becomes of certificates, the audit is told.
type traffic struct {
	audit  *rig.Audit
	client *kgo.Client // idempotent, to the brokers directly
	topic  string
	pulse  int // steady or waves

	sent    atomic.Int64  // acknowledged
	changes atomic.Int64  // certificates revoked or withdrawn
	end     chan struct{} // has one certificate in force end now

	mu  sync.Mutex
	err error // guarded by mu; the first
}

func newTraffic(brokers []string, topic string, pulse int, audit *rig.Audit) (*traffic, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(2*time.Millisecond),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MetadataMinAge(100*time.Millisecond), kgo.ProducerBatchMaxBytes(1<<20))
	if err != nil {
		return nil, fmt.Errorf("make an uploader: %w", err)
	}
	return &traffic{audit: audit, client: client, topic: topic, pulse: pulse, end: make(chan struct{})}, nil
}

// send uploads a message, whose outcome the audit knows. It doesn't wait.
func (t *traffic) send(ctx context.Context, account string, xml []byte) {
	t.client.Produce(ctx, &kgo.Record{
		Key: []byte(account), Value: xml,
		Headers: []kgo.RecordHeader{{Key: ingest.HeaderAccount, Value: []byte(account)}},
	}, func(_ *kgo.Record, err error) {
		if err != nil {
			t.failed(fmt.Errorf("upload a message: %w", err))
			return
		}
		t.sent.Add(1)
	})
}

func (t *traffic) failed(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

func (t *traffic) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// close waits until all that was sent is acknowledged.
func (t *traffic) close(ctx context.Context) error {
	defer t.client.Close()
	return errors.Join(t.client.Flush(ctx), t.failure())
}

// mixed sends messages of the pool at a steady rate until until ends.
func (t *traffic) mixed(ctx, until context.Context, pool *corpus.Pool) {
	tick := time.NewTicker(time.Second / time.Duration(t.pulse))
	defer tick.Stop()
	for {
		select {
		case <-until.Done():
			return
		case <-tick.C:
		}
		for range mixedPerSecond / t.pulse {
			m := pool.Next()
			t.audit.Plan(m.XML, m.Want)
			t.send(ctx, m.Account, m.XML)
		}
	}
}

// A changer registers one certificate after another and ends each again, with messages of
// theirs under way all the time.
type changer struct {
	*traffic
	store   *postgres.Store
	parties []changing
	log     func(format string, args ...any)
}

// A changing party is one whose certificates come and go.
type changing struct {
	account string
	id      verifier.PartyID
}

// run begins a certificate's life about every two seconds until until ends, and returns
// when all have ended.
func (c *changer) run(ctx, until context.Context, rng *rand.Rand) {
	var lives sync.WaitGroup
	defer lives.Wait()
	for i := 0; until.Err() == nil; i++ {
		own := rand.New(rand.NewPCG(rng.Uint64(), uint64(i)))
		h, err := rig.NewHolder(time.Now())
		if err != nil {
			c.failed(err)
			return
		}
		party := c.parties[i%len(c.parties)]
		lives.Go(func() { c.live(ctx, until, own, h, party) })
		rig.Sleep(until, between(rng, 1500*time.Millisecond, 2500*time.Millisecond))
	}
}

// live is the life of one certificate: sent with unregistered, registered, ended.
func (c *changer) live(ctx, until context.Context, rng *rand.Rand, h *rig.Holder, party changing) {
	silent, hush := context.WithCancel(until)
	defer hush()
	var sending sync.WaitGroup
	defer sending.Wait()
	sending.Go(func() { c.messages(ctx, silent, h, party.account) })

	rig.Sleep(until, between(rng, 100*time.Millisecond, 900*time.Millisecond))
	registered := c.change(ctx, until, h, verifier.Verified, func(ctx context.Context) error {
		_, _, err := c.store.Register(ctx, rig.Operator, h.Registration(party.id))
		return err
	})
	if !registered {
		return
	}
	select {
	case <-c.end:
	case <-time.After(between(rng, 500*time.Millisecond, 5*time.Second)):
	case <-until.Done():
	}
	if rng.IntN(3) == 0 {
		c.change(ctx, until, h, verifier.RegistrationWithdrawn, func(ctx context.Context) error {
			_, err := c.store.Withdraw(ctx, rig.Operator, postgres.Registered{Party: party.id, Certificate: h.Certificate.Fingerprint(), Usage: registry.Signing})
			return err
		})
	} else {
		c.change(ctx, until, h, verifier.CertificateRevoked, func(ctx context.Context) error {
			_, _, err := c.store.Revoke(ctx, rig.Operator, h.Certificate.Fingerprint(), registry.Unspecified)
			return err
		})
	}
	c.changes.Add(1)
	rig.Sleep(until, rig.EndBound+2*time.Second)
}

// messages sends messages of one certificate until until ends.
func (c *changer) messages(ctx, until context.Context, h *rig.Holder, account string) {
	tick := time.NewTicker(time.Second / time.Duration(c.pulse))
	defer tick.Stop()
	for n := uint64(1); ; {
		for range changingPerSecond / c.pulse {
			xml := h.Copy(n)
			n++
			c.audit.PlanChanging(xml, h.Certificate.Fingerprint())
			c.send(ctx, account, xml)
		}
		select {
		case <-until.Done():
			return
		case <-tick.C:
		}
	}
}

// unknown is when a change returned that never did: nobody knows whether it was committed.
var unknown = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// change makes a change of the registry, again and again while Postgres is away, and tells
// the audit from when to when it may have been committed. It reports whether it was.
func (c *changer) change(ctx, until context.Context, h *rig.Holder, to verifier.Reason, do func(context.Context) error) bool {
	if until.Err() != nil {
		return false
	}
	change := rig.Change{Certificate: h.Certificate.Fingerprint(), To: to, Begun: time.Now(), Returned: unknown}
	for try := 1; until.Err() == nil; try++ {
		attempt, cancel := context.WithTimeout(ctx, 3*time.Second)
		err := do(attempt)
		cancel()
		if err == nil || try > 1 && made(err) {
			change.Returned = time.Now()
			c.log("certificate %.8s: %v", h.Certificate.Fingerprint(), to)
			break
		}
		if made(err) {
			c.failed(fmt.Errorf("change a certificate to %v: %w", to, err))
			break
		}
		rig.Sleep(until, 50*time.Millisecond)
	}
	c.audit.Changed(change)
	return change.Returned != unknown
}

// made reports whether a change was refused for having been made already, as happens where
// its answer was lost.
func made(err error) bool {
	return errors.Is(err, registry.ErrAlreadyRegistered) || errors.Is(err, registry.ErrRevoked) || errors.Is(err, registry.ErrNoRegistration)
}

// passEnding lets time pass in which a certificate ends, if one is in force: soon after the
// beginning, so that a gateway that is kept from knowing works on for as long as can be.
func (t *traffic) passEnding(ctx context.Context, rng *rand.Rand, d time.Duration) {
	before := between(rng, 0, min(d, time.Second))
	rig.Sleep(ctx, before)
	t.endOne()
	rig.Sleep(ctx, d-before)
}

// endOne ends a certificate that is in force; it reports false if there is none.
func (t *traffic) endOne() bool {
	select {
	case t.end <- struct{}{}:
		return true
	default:
		return false
	}
}

// between draws a time from low to high.
func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(rng.Int64N(int64(high-low)))
}
