package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/ingest"
	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

const (
	// patience is how long a fault waits for something to strike, or for its victim to
	// come back.
	patience = 30 * time.Second

	// drainWithin is how long after the last fault has ended all may take that was sent.
	drainWithin = time.Minute
)

// A play is one trial under way.
type play struct {
	*World
	topics   ingest.Topics
	group    string
	audit    *rig.Audit
	traffic  *traffic
	gateways [slots]*gateway
	held     map[resource]*sync.Mutex
	began    time.Time

	mu     sync.Mutex
	log    io.Writer           // guarded by mu
	struck map[trial.Fault]int // guarded by mu
	broken error               // guarded by mu; what no fault explains
}

// Run implements trial.World.
func (w *World) Run(ctx context.Context, seed uint64, log io.Writer) (trial.Result, error) {
	w.trials++
	s := draw(seed)
	p, err := w.prepare(ctx, s, log)
	if err != nil {
		return trial.Result{}, fmt.Errorf("prepare seed %d: %w", seed, err)
	}
	p.say("planned: %d gateways, messages %d times a second", s.gateways, s.pulse)
	for _, a := range s.acts {
		p.struck[a.kind.name] = 0
		p.say("planned: %s after %d messages", a.kind.name, a.after)
	}
	result, err := p.perform(ctx, s)
	if err != nil {
		return result, fmt.Errorf("seed %d (logs in %s): %w", seed, p.gateways[0].system.Dir, err)
	}
	w.tidy(p)
	return result, nil
}

// prepare makes what is new for a seed.
func (w *World) prepare(ctx context.Context, s schedule, log io.Writer) (*play, error) {
	name := fmt.Sprintf("soak-%d-%d", s.seed, w.trials)
	p := &play{
		World: w, group: name, audit: rig.NewAudit(), log: log, began: time.Now(),
		struck: make(map[trial.Fault]int), held: make(map[resource]*sync.Mutex),
		topics: rig.TopicsOf(name),
	}
	for _, r := range resources {
		p.held[r] = new(sync.Mutex)
	}
	dir := filepath.Join(w.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for i, s := range w.slots {
		system := *s.system
		system.Dir, system.Topics, system.Group = dir, p.topics, p.group
		p.gateways[i] = &gateway{play: p, slot: i, system: &system}
	}
	if err := rig.CreateAuditedTopics(ctx, w.kafka.Addresses, p.topics, partitions, brokers); err != nil {
		return nil, err
	}
	// A gateway refuses to start on topics that a broker doesn't know yet.
	if err := rig.Eventually(ctx, "every broker knows the topics", patience, p.known); err != nil {
		return nil, err
	}
	var err error
	p.traffic, err = newTraffic(w.kafka.Addresses, p.topics.Inbound, s.pulse, p.audit)
	return p, err
}

// tidy removes what a seed that passed leaves behind.
func (w *World) tidy(p *play) {
	_ = os.RemoveAll(p.gateways[0].system.Dir)
	_ = rig.DeleteTopics(context.Background(), w.kafka.Addresses, p.topics) // what stays costs only room
}

func (p *play) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.log, "%7.3f  %s\n", time.Since(p.began).Seconds(), fmt.Sprintf(format, args...))
}

// breaks notes what no fault of the schedule explains.
func (p *play) breaks(err error) {
	p.say("BROKEN: %v", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = errors.Join(p.broken, err)
}

func (p *play) sound() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken
}

// perform plays a schedule under traffic, lets all drain and audits.
func (p *play) perform(ctx context.Context, s schedule) (trial.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	defer p.endGateways()
	for _, g := range p.gateways[:s.gateways] {
		if err := g.launch(); err != nil {
			return trial.Result{}, err
		}
	}
	parties, err := p.newParties(ctx)
	if err != nil {
		return trial.Result{}, err
	}
	pool, err := p.pool(s.seed)
	if err != nil {
		return trial.Result{}, err
	}
	if err := p.gateways[0].ready(ctx); err != nil {
		return trial.Result{}, err
	}
	began := time.Now()
	err = p.underTraffic(ctx, s, parties, pool)
	if err == nil {
		err = p.drain(ctx)
	}
	if err == nil {
		err = p.stopGateways(ctx)
	}
	result, audited := p.check(ctx)
	result.Took = time.Since(began)
	if missed := result.Missed(); err == nil && len(missed) > 0 {
		err = fmt.Errorf("faults that struck nothing: %v", missed)
	}
	return result, errors.Join(err, audited, p.sound(), p.relay.sound())
}

// newParties registers the parties whose certificates change in this trial.
func (p *play) newParties(ctx context.Context) ([]changing, error) {
	var all []changing
	for i := range 2 {
		c := changing{account: fmt.Sprintf("%s-%d@example.com", p.group, i)}
		var err error
		if c.id, _, err = p.store.CreateParty(ctx, rig.Operator, registry.Identifier{Kind: verifier.Account, Value: c.account}); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (p *play) pool(seed uint64) (*corpus.Pool, error) {
	plan, err := p.corpus.Plan(corpus.PlanConfig{Seed: seed})
	if err != nil {
		return nil, err
	}
	return plan.Pool(poolSize)
}

// underTraffic has messages sent for as long as the schedule is played.
func (p *play) underTraffic(ctx context.Context, s schedule, parties []changing, pool *corpus.Pool) error {
	until, stop := context.WithCancel(ctx)
	var sending sync.WaitGroup
	sending.Go(func() { p.traffic.mixed(ctx, until, pool) })
	c := &changer{traffic: p.traffic, store: p.store, parties: parties, log: p.say}
	sending.Go(func() { c.run(ctx, until, rand.New(rand.NewPCG(s.seed, 3))) })
	err := p.playAll(ctx, s)
	stop()
	sending.Wait()
	flushing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return errors.Join(err, p.traffic.close(flushing))
}

// playAll plays every act at its moment and returns when all have ended, and enough was sent.
func (p *play) playAll(ctx context.Context, s schedule) error {
	group, playing := errgroup.WithContext(ctx)
	for i, a := range s.acts {
		group.Go(func() error {
			if err := p.reached(playing, a.after); err != nil {
				return err
			}
			n, err := p.act(playing, a, rand.New(rand.NewPCG(s.seed, uint64(100+i))))
			p.say("%s struck %d times", a.kind.name, n)
			p.mu.Lock()
			p.struck[a.kind.name] += n
			p.mu.Unlock()
			if err != nil {
				return fmt.Errorf("%s: %w", a.kind.name, err)
			}
			return nil
		})
	}
	group.Go(func() error { return p.reached(playing, s.messages) })
	return group.Wait()
}

func (p *play) act(ctx context.Context, a act, rng *rand.Rand) (int, error) {
	needs := slices.Clone(a.kind.needs)
	slices.Sort(needs) // in one order, so that no two wait for each other
	for _, r := range needs {
		p.held[r].Lock()
		defer p.held[r].Unlock()
	}
	p.say("%s begins", a.kind.name)
	return a.kind.play(ctx, p, rng)
}

// reached waits until n messages were acknowledged to the uploader.
func (p *play) reached(ctx context.Context, n int64) error {
	return rig.Eventually(ctx, fmt.Sprintf("%d messages sent", n), 2*time.Minute, func(context.Context) (bool, error) {
		return p.traffic.sent.Load() >= n, p.traffic.failure()
	})
}

// drain waits until every record is committed.
func (p *play) drain(ctx context.Context) error {
	if err := p.relay.ready(ctx); err != nil {
		return err
	}
	var left int64
	began := time.Now()
	err := rig.Eventually(ctx, "drain", drainWithin, func(ctx context.Context) (done bool, err error) {
		left, err = rig.Uncommitted(ctx, p.kafka.Addresses, p.group, p.topics.Inbound, partitions)
		return err == nil && left == 0, err
	})
	if err != nil {
		return fmt.Errorf("%d of %d records are not committed: %w", left, p.traffic.sent.Load(), err)
	}
	p.say("drained in %.1f s", time.Since(began).Seconds())
	return nil
}

// check reads everything back.
func (p *play) check(ctx context.Context) (trial.Result, error) {
	audited, err := p.audit.Run(ctx, p.kafka.Addresses, p.topics, partitions)
	p.mu.Lock()
	result := trial.Result{Messages: audited.Messages, Outcomes: audited.Outcomes, Repeated: audited.Repeated, Struck: p.struck}
	p.mu.Unlock()
	p.say("%d messages, %d outcomes, %d of them repeated; a certificate's end was missed for %v at most",
		audited.Messages, audited.Outcomes, audited.Repeated, audited.MissedFor)
	if sent := p.traffic.sent.Load(); int64(audited.Messages) < sent {
		err = errors.Join(err, fmt.Errorf("%d uploads were acknowledged, and the brokers have %d: no gateway lost them", sent, audited.Messages))
	}
	return result, errors.Join(err, rig.NoneRewound(ctx, p.kafka.Addresses, p.group))
}

func (p *play) stopGateways(ctx context.Context) (err error) {
	for _, g := range p.gateways {
		err = errors.Join(err, g.term(ctx))
	}
	return err
}

// endGateways ends what a failed trial left.
func (p *play) endGateways() {
	for _, g := range p.gateways {
		g.discard()
	}
}

// Faults implements trial.World.
func (w *World) Faults() []trial.Fault {
	var all []trial.Fault
	for _, k := range kinds {
		all = append(all, k.name)
	}
	slices.SortFunc(all, func(a, b trial.Fault) int { return strings.Compare(string(a), string(b)) })
	return all
}
