package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/ingest"
	"turnkey-gateway/verifier"
)

// patience is how long a trial waits for what must happen.
const patience = 40 * time.Second

// A run is one trial.
type run struct {
	kit     *kit
	seed    uint64
	log     *journal
	config  ingest.Config
	variant variant
	planted sync.WaitGroup // what a variant does besides

	cluster *cluster
	net     *network
	book    *book
	traps   traps
	audit   *rig.Audit
	traffic *traffic

	mu        sync.Mutex
	processes []*process          // guarded by mu
	struck    map[trial.Fault]int // guarded by mu
	changed   map[answer]trial.Fault
	lastEnd   time.Time // guarded by mu; when a certificate ended last
	free      []string  // guarded by mu; accounts of holders that no fault has taken
}

// A variant is a fault planted into what surrounds the gateways, which the audit must
// name; the zero one is none.
type variant struct {
	registry func(view) ingest.Registry // in place of the honest one
	brokers  func(*run)                 // adds to what they do
}

// play runs a seed's schedule and audits what came of it.
func play(ctx context.Context, k *kit, v variant, s schedule, log io.Writer) (trial.Result, error) {
	begun := time.Now()
	r := &run{
		kit: k, seed: s.seed, log: &journal{w: log, begun: begun}, variant: v,
		net: newNetwork(), book: &book{kit: k}, audit: rig.NewAudit(),
		struck: make(map[trial.Fault]int), changed: make(map[answer]trial.Fault), free: append([]string(nil), k.accounts...),
	}
	r.config = ingest.Config{
		Group: group, Topics: topics, AcceptCreateTime: true,
		CommitEvery: s.commitEvery, FetchBytes: s.fetchBytes, BatchBytes: s.batchBytes, Session: 5 * time.Second,
	}
	s.describe(r.log)
	for _, scene := range s.scenes {
		for _, a := range scene {
			r.struck[a.fault] = 0
		}
	}
	var err error
	if r.cluster, err = newCluster(s.partitions); err != nil {
		return trial.Result{}, err
	}
	defer r.cluster.Close()
	if v.brokers != nil {
		v.brokers(r)
	}
	result, err := r.play(ctx, s)
	result.Took = time.Since(begun)
	if err != nil {
		r.log.say("failed: %v", err)
	}
	return result, err
}

func (r *run) play(ctx context.Context, s schedule) (trial.Result, error) {
	r.plan(s)
	var err error
	if r.traffic, err = newTraffic(r, s); err != nil {
		return trial.Result{}, err
	}
	defer r.traffic.close()
	for range s.gateways {
		if _, err := r.start(); err != nil {
			return trial.Result{}, err
		}
	}
	r.traffic.begin(ctx)
	err = r.scenes(ctx, s)
	r.heal()
	if err == nil {
		err = r.traffic.end()
	}
	if err == nil {
		err = r.drain(ctx)
	}
	err = errors.Join(err, r.stopAll())
	if err != nil {
		return trial.Result{Struck: r.struck}, err
	}
	r.planted.Wait()
	return r.judge(ctx)
}

// plan tells the audit what everything deserves, and registers half of the holders.
func (r *run) plan(s schedule) {
	for _, m := range r.kit.messages {
		r.audit.Plan(m.XML, m.Want)
	}
	for _, p := range poison {
		r.audit.Plan(p.value, p.want)
	}
	r.audit.Plan(r.kit.panics, verifier.Unjudged)
	for i, account := range r.kit.accounts {
		h := r.kit.holders[account]
		r.audit.PlanChanging(h.Message, h.Certificate.Fingerprint())
		if i < len(r.kit.accounts)/2 {
			r.change(account, verifier.InForce)
		}
	}
}

// change commits a change to the registry and notes it.
func (r *run) change(account string, to verifier.RegistrationState) {
	deserved := map[verifier.RegistrationState]verifier.Reason{
		verifier.InForce: verifier.Verified, verifier.Revoked: verifier.CertificateRevoked, verifier.Withdrawn: verifier.RegistrationWithdrawn,
	}
	begun := time.Now()
	r.book.commit(account, to)
	if to != verifier.InForce {
		r.mu.Lock()
		r.lastEnd = begun
		r.mu.Unlock()
	}
	r.audit.Changed(rig.Change{
		Certificate: r.kit.holders[account].Certificate.Fingerprint(), To: deserved[to], Begun: begun, Returned: time.Now(),
	})
}

// scenes plays one scene after another; what belongs to one strikes side by side.
func (r *run) scenes(ctx context.Context, s schedule) error {
	for i, scene := range s.scenes {
		pause := &act{run: r, rng: newDice(s.seed, uint64(1000+i))}
		if err := pause.grow(ctx, pause.rng.IntN(60)); err != nil {
			return err
		}
		errs := make(chan error, len(scene))
		for _, a := range scene {
			go func() {
				err := a.kind.strike(&act{run: r, fault: a.fault, rng: newDice(s.seed, a.number)}, ctx)
				if err != nil {
					err = fmt.Errorf("%s: %w", a.fault, err)
				}
				errs <- err
			}()
		}
		var all error
		for range scene {
			all = errors.Join(all, <-errs)
		}
		if all != nil {
			return all
		}
	}
	return nil
}

// strikes counts a strike.
func (r *run) strikes(f trial.Fault, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.struck[f] += n
	r.log.say("%s struck", f)
}

// heal ends what may still be wrong.
func (r *run) heal() {
	r.book.set(fair)
	for _, address := range r.cluster.addresses {
		r.net.reach(address, true)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.processes {
		p.cont()
		p.clock.set(0)
	}
}

// present returns the gateways that run.
func (r *run) present() (all []*process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.processes {
		if p.present() {
			all = append(all, p)
		}
	}
	return all
}

// drain waits until everything is committed.
func (r *run) drain(ctx context.Context) error {
	r.log.say("faults have ended, %d records are not committed", r.cluster.backlog())
	if len(r.present()) == 0 {
		if _, err := r.start(); err != nil {
			return err
		}
	}
	return rig.Eventually(ctx, "everything is committed", patience, func(context.Context) (bool, error) {
		n := r.cluster.backlog()
		return n == 0, fmt.Errorf("%d records are not", n)
	})
}

// stopAll ends every gateway. One that is told to end does so without an error.
func (r *run) stopAll() error {
	r.mu.Lock()
	all := r.processes
	r.mu.Unlock()
	for _, p := range all {
		p.cont()
		p.cancel()
	}
	var errs []error
	late := time.After(patience)
	for _, p := range all {
		select {
		case <-p.ended:
			if p.err != nil && !p.isDead() {
				errs = append(errs, fmt.Errorf("%s ended: %w; it awaits answers to %q", p.name, p.err, r.net.unanswered(p)))
			}
		case <-late:
			errs = append(errs, fmt.Errorf("%s does not end; it awaits answers to %q", p.name, r.net.unanswered(p)))
		}
	}
	return errors.Join(errs...)
}

// A journal takes lines of all goroutines, with the time since the trial began.
type journal struct {
	mu    sync.Mutex
	w     io.Writer // guarded by mu
	begun time.Time
}

func (j *journal) say(format string, args ...any) {
	fmt.Fprintf(j, format+"\n", args...)
}

// Write takes a whole line.
func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.w, "%8.3f ", time.Since(j.begun).Seconds())
	return j.w.Write(line)
}
