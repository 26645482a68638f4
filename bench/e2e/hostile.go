package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/hostile"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/deploy/local/parts"
	"turnkey-gateway/verifier"
)

const (
	// hostilePartition gets what is hostile; those before it get good messages only.
	hostilePartition = partitions - 1

	goodPerSecond = 300

	// warmUp is the beginning of a phase whose latencies don't count: its uploader is new.
	warmUp = 500 * time.Millisecond

	// largeRecord is what the topics take: a record of 100 MB and its framing.
	largeRecord = 100_000_000
	maxMessage  = largeRecord + 64<<10

	// memoryBound is what a gateway's resident memory must stay under: this and the bytes
	// in flight that it is allowed, which is its default of 256 MiB here.
	memoryBound = 256_000_000 + 256<<20
)

// startLargeKafka gives the site a Kafka of its own, which takes records of 100 MB.
func (s *site) startLargeKafka(ctx context.Context) ([]string, error) {
	kafka, err := parts.StartKafka(ctx, parts.KafkaOptions{
		Options: parts.Options{Dir: filepath.Join(s.dir, "kafka")}, Brokers: 1, Java: []string{"-Xmx3g"},
		Settings: func(int) []string {
			return []string{
				fmt.Sprintf("message.max.bytes=%d", 2*largeRecord),
				fmt.Sprintf("replica.fetch.max.bytes=%d", 2*largeRecord),
				fmt.Sprintf("socket.request.max.bytes=%d", 4*largeRecord),
				"log.retention.check.interval.ms=1000", "log.segment.delete.delay.ms=100", // what is deleted makes room at once
			}
		},
	})
	if err != nil {
		return nil, err
	}
	s.undo = append(s.undo, func() error { return kafka.Stop(context.Background()) })
	return kafka.Addresses, nil
}

// A ground is where good messages meet hostile ones: a gateway, and measures of both.
type ground struct {
	*site
	r       *report
	kept    []int // partitions of the good messages
	target  *hostile.Target
	gateway rig.Server

	broken error // what went beyond its bound so far; the other phases are of interest all the same

	checked, repeated int // outcomes on the hostile partition

	mu   sync.Mutex
	good *corpus.Pool // guarded by mu
	seen []sighting   // guarded by mu; good outcomes of the running phase
}

type sighting struct {
	sent    time.Time
	latency time.Duration
}

func newGround(ctx context.Context, s *site, r *report) (*ground, error) {
	g := &ground{site: s, r: r, target: hostile.NewTarget(s.Brokers, s.Topics, hostilePartition)}
	for p := range hostilePartition {
		g.kept = append(g.kept, p)
	}
	plan, err := s.corpus.Plan(corpus.PlanConfig{Seed: s.seed, Mix: map[verifier.Reason]float64{verifier.Verified: 1}})
	if err != nil {
		return nil, err
	}
	if g.good, err = plan.Pool(poolSize / 4); err != nil {
		return nil, err
	}
	s.watch = func(_ rig.Outcome, latency time.Duration) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.seen = append(g.seen, sighting{time.Now().Add(-latency), latency})
	}
	g.gateway, err = s.StartGateway(ctx, "gateway", "", "")
	return g, err
}

// nextGood returns a message that is to be verified.
func (g *ground) nextGood() corpus.Message {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.good.Next()
}

// close ends what is left of it after a failure too.
func (g *ground) close() {
	if g.gateway.Program != nil {
		g.gateway.Kill()
	}
	g.target.Close()
}

// Figures are what became of the good messages, and of the gateway, meanwhile.
type figures struct {
	name      string
	latencies []time.Duration
	peak      int64 // of the gateway's resident memory, in bytes
}

func (p figures) p99() time.Duration { return quantile(p.latencies, 0.99) }

func (p figures) ratio(unloaded figures) float64 { return float64(p.p99()) / float64(unloaded.p99()) }

// measure sends good messages at a steady rate while harm is done, which must return only
// once what it sent has its outcomes, and then waits for theirs.
func (g *ground) measure(ctx context.Context, name string, harm func(context.Context) error) (figures, error) {
	if err := g.forgetPeak(); err != nil {
		return figures{}, err
	}
	g.mu.Lock()
	g.seen = nil
	g.mu.Unlock()
	began := time.Now()
	if err := beside(ctx, g.steady, harm); err != nil {
		return figures{}, fmt.Errorf("%s: %w", name, err)
	}
	if err := g.settle(ctx, time.Minute); err != nil {
		return figures{}, fmt.Errorf("%s: %w", name, err)
	}
	p := figures{name: name}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.seen {
		if s.sent.Sub(began) > warmUp {
			p.latencies = append(p.latencies, s.latency)
		}
	}
	if g.gateway.Program != nil {
		var err error
		if _, p.peak, err = hostile.Resident(g.gateway.PID()); err != nil {
			return figures{}, err
		}
	}
	return p, nil
}

func (g *ground) forgetPeak() error {
	if g.gateway.Program == nil {
		return nil
	}
	return hostile.ForgetPeak(g.gateway.PID())
}

// steady sends good messages until ctx ends, at moments that don't depend on when those
// before were acknowledged, so that none is spared the wait where the broker stands.
func (g *ground) steady(ctx context.Context) error {
	up := rig.NewUploader(g.Brokers, g.Topics, g.ledger)
	defer up.Close()
	up.Keep(g.kept...)
	const ticks = 50 // a second
	tick := time.NewTicker(time.Second / ticks)
	defer tick.Stop()
	var sending errgroup.Group
	for {
		select {
		case <-ctx.Done():
			return sending.Wait()
		case <-tick.C:
		}
		batch := make([]corpus.Message, goodPerSecond/ticks)
		for i := range batch {
			batch[i] = g.nextGood()
		}
		// A batch begun is finished, so that the ledger knows what was sent.
		sending.Go(func() error { return up.Send(context.WithoutCancel(ctx), batch...) })
	}
}

// A harm is what is done to the hostile partition while good messages are measured.
type harm struct {
	name string

	// do returns once all that it sent has its outcomes, and may say more of it.
	do func(context.Context) (also string, err error)
}

// compare does one harm after another with a gateway, and then again with a copier in its
// place, which judges nothing: that shows what broker and machine alone make of it.
func (g *ground) compare(ctx context.Context, harms []harm) error {
	judged, err := g.sequence(ctx, "", harms, g.check)
	if err != nil {
		return err
	}
	if err := stop(g.gateway); err != nil {
		return err
	}
	g.gateway = rig.Server{}
	if g.broken != nil {
		return g.broken
	}
	g.r.line("%d records on the hostile partition, each with the outcome that it deserves; %d came again", g.checked, g.repeated)
	if err := g.sound(ctx); err != nil {
		return err
	}
	copied, err := g.control(ctx, harms)
	if err != nil {
		return err
	}
	for i, p := range judged[1:] {
		if ratio := p.ratio(judged[0]); ratio > 2 {
			g.r.line("beyond 2 x unloaded: %s with %.1f x, the copier with %.1f x", p.name, ratio, copied[i+1].ratio(copied[0]))
		}
	}
	return nil
}

// sequence measures an unloaded phase, after one that warms all programs up, and then one for
// each harm. What came of it is checked,
// and then deleted: all of it together fits on few disks.
func (g *ground) sequence(ctx context.Context, prefix string, harms []harm, check func(context.Context) error) ([]figures, error) {
	calm := harm{"unloaded", func(ctx context.Context) (string, error) { return "", rig.Sleep(ctx, 20*time.Second) }}
	if _, err := g.measure(ctx, prefix+"warm-up", func(ctx context.Context) (err error) { _, err = calm.do(ctx); return err }); err != nil {
		return nil, err
	}
	var all []figures
	for _, h := range append([]harm{calm}, harms...) {
		var also string
		f, err := g.measure(ctx, prefix+h.name, func(ctx context.Context) (err error) {
			also, err = h.do(ctx)
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, f)
		g.tell(f, all[0], also)
		if err := check(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", h.name, err)
		}
		if err := g.clear(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", h.name, err)
		}
	}
	return all, nil
}

// deleted is how many bytes Kafka's log has at most when what a harm brought is deleted: a
// segment for each hostile partition, and the good messages.
const deleted = 5 << 30

// clear deletes what a harm brought, and returns when the disk is done with that: gigabytes
// that are being deleted, or still to be written, hold up what the next phase sends.
func (g *ground) clear(ctx context.Context) error {
	if err := g.target.Forget(ctx); err != nil {
		return err
	}
	err := rig.Eventually(ctx, "the broker deletes", time.Minute, func(context.Context) (bool, error) {
		size, err := sizeOf(filepath.Join(g.dir, "kafka"))
		return err == nil && size < deleted, err
	})
	if err != nil {
		return err
	}
	unix.Sync()
	return nil
}

// sizeOf is how many bytes the files below a directory have.
func sizeOf(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}

// drained waits until all that was sent to the target has its outcomes.
func (g *ground) drained(ctx context.Context) error {
	return g.target.Await(ctx, 3*time.Minute)
}

// tell notes a phase beside the unloaded one. Memory beyond its bound breaks a promise; a
// latency is a figure, on a machine that broker and senders share.
func (g *ground) tell(p, unloaded figures, also string) {
	line := fmt.Sprintf("%s: %d good messages, p50 %v, p99 %v (%.1f x unloaded), longest %v",
		p.name, len(p.latencies), quantile(p.latencies, 0.50), p.p99(), p.ratio(unloaded), quantile(p.latencies, 1))
	if p.peak > 0 {
		line += fmt.Sprintf("; gateway at most %d MB resident", p.peak/1e6)
	}
	if also != "" {
		line += "; " + also
	}
	g.r.line("%s", line)
	if p.peak > memoryBound {
		g.broken = errors.Join(g.broken, fmt.Errorf("%s: the gateway took %d bytes of memory, %d are allowed", p.name, p.peak, memoryBound))
	}
}

// check holds the outcomes of the hostile partition against what its records deserve.
func (g *ground) check(ctx context.Context) error {
	repeated, err := g.target.Check(ctx)
	g.checked += g.target.Sent()
	g.repeated += repeated
	return err
}
