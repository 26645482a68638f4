package embedded

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
	"turnkey-gateway/verifier"
)

// kinds are all faults, in the order in which seeds begin with them.
var kinds = allKinds()

// requests are those that gateways send while they work.
var requests = []struct {
	name   string
	key    int16
	groups bool // sent only when the group rebalances
}{
	{"produce", keyProduce, false},
	{"fetch", keyFetch, false},
	{"commit", keyCommit, false},
	{"heartbeat", keyHeartbeat, false},
	{"join", keyJoin, true},
	{"sync", keySync, true},
	{"offset fetch", keyOffsetFetch, true},
	{"find coordinator", keyFindCoordinator, true},
}

// refusals are what brokers answer now and then, by request.
var refusals = []struct {
	key  int16
	errs []*kerr.Error
}{
	{keyProduce, []*kerr.Error{kerr.NotLeaderForPartition, kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend,
		kerr.RequestTimedOut, kerr.KafkaStorageError, kerr.UnknownTopicOrPartition}},
	{keyFetch, []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownTopicOrPartition, kerr.KafkaStorageError}},
	{keyCommit, []*kerr.Error{kerr.RebalanceInProgress, kerr.NotCoordinator, kerr.CoordinatorLoadInProgress,
		kerr.UnknownMemberID, kerr.RequestTimedOut}},
	{keyHeartbeat, []*kerr.Error{kerr.NotCoordinator, kerr.UnknownMemberID, kerr.RebalanceInProgress, kerr.IllegalGeneration}},
	{keyJoin, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.UnknownMemberID}},
	{keySync, []*kerr.Error{kerr.NotCoordinator, kerr.RebalanceInProgress, kerr.UnknownMemberID}},
	{keyOffsetFetch, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress}},
	{keyFindCoordinator, []*kerr.Error{kerr.CoordinatorNotAvailable}},
}

func allKinds() []kind {
	var all []kind
	add := func(name string, strike func(*act, context.Context) error) {
		all = append(all, kind{fault: trial.Fault(name), strike: strike})
	}
	addLong := func(name string, strike func(*act, context.Context) error) {
		all = append(all, kind{fault: trial.Fault(name), strike: strike, long: true})
	}
	add("gateway killed", (*act).killed)
	add("gateway terminated", (*act).terminated)
	add("gateway stopped", (*act).stopped)
	addLong("gateway stopped longer than its session", (*act).stoppedLong)
	all = append(all, kind{fault: "gateway stopped longer than its session, in a write", strike: (*act).stoppedInWrite, long: true, alone: true})
	addLong("machine suspended while a certificate ends", (*act).suspended)
	for _, s := range steps {
		add("rebalance while "+s.name, func(a *act, ctx context.Context) error { return a.rebalanced(ctx, s.place) })
	}
	for _, q := range requests {
		add(q.name+" request lost", func(a *act, ctx context.Context) error { return a.cut(ctx, q.key, q.groups, false, isLost) })
		add(q.name+" request torn", func(a *act, ctx context.Context) error { return a.cut(ctx, q.key, q.groups, false, isTorn) })
		add(q.name+" answer lost", func(a *act, ctx context.Context) error { return a.cut(ctx, q.key, q.groups, true, isLost) })
		add(q.name+" answer delayed", func(a *act, ctx context.Context) error { return a.delayed(ctx, q.key, q.groups) })
	}
	add("produce request late", (*act).late)
	for _, q := range refusals {
		for _, e := range q.errs {
			if q.key == keyOffsetFetch {
				add("offset fetch answered "+e.Message, func(a *act, ctx context.Context) error { return a.offsetsRefused(ctx, e) })
				continue
			}
			add(requestNamed(q.key)+" answered "+e.Message, func(a *act, ctx context.Context) error { return a.refused(ctx, q.key, e) })
		}
	}
	add("output takes less than its settings say", (*act).tight)
	add("leader moved", (*act).leaderMoved)
	add("coordinator moved", (*act).coordinatorMoved)
	add("broker out of reach", (*act).brokerAway)
	add("gateway cut off", (*act).cutOff)

	add("registry fails", func(a *act, ctx context.Context) error { return a.registryFails(ctx, away, 3) })
	add("registry slow", (*act).registrySlow)
	add("registry answers as old as it may", (*act).registryOld)
	add("registry answers too old", func(a *act, ctx context.Context) error { return a.registryFails(ctx, tooOld, 3) })
	addLong("registry silent", func(a *act, ctx context.Context) error { return a.registryFails(ctx, silent, 1) })
	addLong("registry out of reach for long", (*act).unknowable)
	add("certificate revoked", func(a *act, ctx context.Context) error { return a.ended(ctx, verifier.Revoked) })
	add("registration withdrawn", func(a *act, ctx context.Context) error { return a.ended(ctx, verifier.Withdrawn) })
	addLong("certificate revoked under the oldest answers", (*act).endedOld)
	add("certificate registered", (*act).registered)

	for _, d := range []struct {
		name string
		off  time.Duration
	}{{"seconds ahead", 7 * time.Second}, {"seconds back", -7 * time.Second}, {"hours ahead", 9 * time.Hour}, {"hours back", -9 * time.Hour}} {
		add("clock jumps "+d.name, func(a *act, ctx context.Context) error { return a.clockJumps(ctx, d.off) })
	}
	add("judging panics", (*act).panics)
	add("poison records", (*act).poisoned)
	return all
}

func requestNamed(key int16) string {
	for _, q := range requests {
		if q.key == key {
			return q.name
		}
	}
	return fmt.Sprint("request ", key)
}

// killed is SIGKILL at some step. Another gateway starts.
func (a *act) killed(ctx context.Context) error {
	name, at := a.step()
	p, err := a.meet(ctx, at, a.skip(), func(p *process) fate {
		a.log.say("%s is killed while %s", p.name, name)
		p.kill()
		return fate{}
	})
	if err != nil {
		return err
	}
	a.struckOnce()
	if err := a.join(); err != nil {
		return err
	}
	return a.expire(ctx, p)
}

// terminated is SIGTERM at some step. Another gateway starts.
func (a *act) terminated(ctx context.Context) error {
	name, at := a.step()
	p, err := a.meet(ctx, at, a.skip(), func(p *process) fate {
		a.log.say("%s is terminated while %s", p.name, name)
		p.terminate()
		return fate{}
	})
	if err != nil {
		return err
	}
	if err := a.join(); err != nil {
		return err
	}
	if err := a.until(ctx, p.name+" ended", p.hasEnded); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// stopped is SIGSTOP at some step, and SIGCONT soon.
func (a *act) stopped(ctx context.Context) error {
	name, at := a.step()
	p, err := a.meet(ctx, at, a.skip(), func(p *process) fate {
		a.log.say("%s is stopped while %s", p.name, name)
		p.stop()
		return fate{}
	})
	if err != nil {
		return err
	}
	defer p.cont()
	a.struckOnce()
	return wait(ctx, time.Duration(100+a.rng.IntN(900))*time.Millisecond)
}

// stoppedLong is SIGSTOP at some step, and SIGCONT once the group has given the
// partitions to another gateway, which has worked on them.
func (a *act) stoppedLong(ctx context.Context) error {
	if len(a.present()) < 2 {
		if err := a.join(); err != nil {
			return err
		}
	}
	name, at := a.step()
	p, err := a.meet(ctx, at, a.skip(), func(p *process) fate {
		a.log.say("%s is stopped while %s", p.name, name)
		p.stop()
		return fate{}
	})
	if err != nil {
		return err
	}
	defer p.cont()
	if len(a.present()) < 2 {
		if err := a.join(); err != nil {
			return err
		}
	}
	if err := a.expire(ctx, p); err != nil {
		return err
	}
	if err := a.grow(ctx, 20); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// stoppedInWrite is the same within a system call that writes a produce or a commit, so
// that nothing keeps this from going out when the process goes on. No end of a certificate
// may fall into that time: nobody could keep a verdict from before it from being appended.
func (a *act) stoppedInWrite(ctx context.Context) error {
	if len(a.present()) < 2 {
		if err := a.join(); err != nil {
			return err
		}
	}
	a.mu.Lock()
	quiet := time.Until(a.lastEnd.Add(rig.EndBound))
	a.mu.Unlock()
	if err := wait(ctx, quiet); err != nil {
		return err
	}
	key := []int16{keyProduce, keyCommit}[a.rng.IntN(2)]
	p, err := a.meet(ctx, place{key, false}, a.skip(), func(p *process) fate {
		p.inCall.Store(true)
		p.stop()
		return fate{}
	})
	if err != nil {
		return err
	}
	defer p.inCall.Store(false)
	defer p.cont()
	if err := a.expire(ctx, p); err != nil {
		return err
	}
	if err := a.grow(ctx, 20); err != nil {
		return err
	}
	before := a.net.lateWrites()
	p.cont()
	if err := a.until(ctx, "a write from before", func() bool { return a.net.lateWrites() > before }); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// suspended has a machine stand still, its monotonic clock too, while a certificate ends
// whose messages the gateway has judged or is about to. After that nothing may count that
// was known before.
func (a *act) suspended(ctx context.Context) error {
	const slept = 6 * time.Second
	account, err := a.takeVerified(ctx)
	defer a.traffic.chat(account, false)
	if err != nil {
		return err
	}
	at := []place{{callLookup, true}, {halfSent, false}}[a.rng.IntN(2)]
	p, err := a.meetWith(ctx, at, account, a.skip(), func(p *process) fate {
		p.stop()
		return fate{}
	})
	if err != nil {
		return err
	}
	defer p.cont()
	a.change(account, verifier.Revoked)
	if err := wait(ctx, slept); err != nil {
		return err
	}
	p.clock.slept(slept)
	p.cont()
	return a.untilRejected(ctx, account, verifier.Revoked)
}

// rebalanced has the group rebalance while a gateway is at a step, which it leaves only
// once the rebalance has begun.
func (a *act) rebalanced(ctx context.Context, at place) error {
	var failed error
	_, err := a.meet(ctx, at, a.skip(), func(p *process) fate {
		before, _ := a.cluster.generation()
		if failed = a.disturb(p); failed != nil {
			return fate{}
		}
		failed = a.until(ctx, "rebalance", func() bool {
			now, stable := a.cluster.generation()
			return now != before || !stable
		})
		return fate{}
	})
	if err == nil {
		err = failed
	}
	if err == nil {
		a.struckOnce()
	}
	return err
}

// cut loses a request or its answer, and the connection.
func (a *act) cut(ctx context.Context, key int16, groups, answer bool, what fateKind) error {
	return a.provoked(ctx, groups, func() error {
		_, err := a.meet(ctx, place{key, answer}, a.skipOf(groups), func(*process) fate { return fate{what: what} })
		if err == nil {
			a.struckOnce()
		}
		return err
	})
}

// delayed delays an answer, by less than what anybody waits for.
func (a *act) delayed(ctx context.Context, key int16, groups bool) error {
	return a.provoked(ctx, groups, func() error {
		d := time.Duration(100+a.rng.IntN(500)) * time.Millisecond
		_, err := a.meet(ctx, place{key, true}, a.skipOf(groups), func(*process) fate {
			time.Sleep(d) // what is asked for is the delay
			return fate{}
		})
		if err == nil {
			a.struckOnce()
		}
		return err
	})
}

// skipOf is skip where requests come all the time.
func (a *act) skipOf(groups bool) int {
	if groups {
		return 0
	}
	return a.skip()
}

// provoked does something while the group rebalances, if that is what it takes.
func (a *act) provoked(ctx context.Context, groups bool, do func() error) error {
	if !groups {
		return do()
	}
	done := make(chan error, 1)
	go func() { done <- do() }()
	for {
		if err := a.disturb(nil); err != nil {
			return err
		}
		select {
		case err := <-done:
			return err
		case <-time.After(3 * time.Second): // another fault was quicker: rebalance again
		}
	}
}

// late has a produce arrive after its sender has given it up, so that it may be stored
// behind what was produced meanwhile.
func (a *act) late(ctx context.Context) error {
	const given = 1500 * time.Millisecond // what a gateway gives a produce
	_, err := a.meet(ctx, place{keyProduce, false}, a.skip(), func(*process) fate {
		return fate{arrivesLate, given + time.Duration(50+a.rng.IntN(100))*time.Millisecond}
	})
	if err != nil {
		return err
	}
	if err := wait(ctx, given+200*time.Millisecond); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// refused has brokers answer some requests with an error.
func (a *act) refused(ctx context.Context, key int16, e *kerr.Error) error {
	groups := key >= keyOffsetFetch && key != keyHeartbeat
	f := kfake.Fault{Keys: []kmsg.Key{kmsg.Key(key)}, Err: e, Count: 1 + a.rng.IntN(3)}
	switch key {
	case keyProduce:
		f.Topic = outputs[a.rng.IntN(2)]
	case keyFetch:
		f.Topic = topics.Inbound
	default:
		f.Group = group
		f.Count = 1
	}
	h := a.cluster.Fault(f)
	defer h.Remove()
	return a.provoked(ctx, groups, func() error {
		if err := a.until(ctx, "refusal", func() bool { return h.Hits() > 0 }); err != nil {
			return err
		}
		a.struckOnce()
		return nil
	})
}

// offsetsRefused has the group's coordinator not tell a gateway where to begin.
func (a *act) offsetsRefused(ctx context.Context, e *kerr.Error) error {
	a.cluster.refuseOffsets(e)
	return a.provoked(ctx, true, func() error {
		err := a.until(ctx, "refusal", a.cluster.refusedOffsets)
		if err == nil {
			a.struckOnce()
		}
		return err
	})
}

// tight has the output take no large batches, whatever its settings say, and sends a
// record that is too large by itself. It stays so until the end.
func (a *act) tight(ctx context.Context) error {
	a.cluster.mu.Lock()
	for _, topic := range outputs {
		a.cluster.tight[topic] = tightLimit
	}
	a.cluster.mu.Unlock()
	account := "00042445"
	if err := a.traffic.send(&kgo.Record{Key: []byte(account), Value: a.kit.oversize}); err != nil {
		return err
	}
	what := answer{account, "MESSAGE_TOO_LARGE"}
	if err := a.until(ctx, "pointer", func() bool { return a.cluster.answered(what) > 0 }); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// leaderMoved has another broker lead a partition of some topic.
func (a *act) leaderMoved(ctx context.Context) error {
	all := append([]string{topics.Inbound}, outputs[:2]...)
	topic, key := all[a.rng.IntN(len(all))], int16(keyProduce)
	if topic == topics.Inbound {
		key = keyFetch
	}
	return a.moved(ctx, func() error {
		for p := range int32(a.cluster.partitions) {
			if err := a.cluster.MoveTopicPartition(topic, p, (a.cluster.LeaderFor(topic, p)+1)%brokers); err != nil {
				return err
			}
		}
		return nil
	}, key)
}

// coordinatorMoved has another broker coordinate the group.
func (a *act) coordinatorMoved(ctx context.Context) error {
	return a.moved(ctx, func() error {
		for before := a.cluster.CoordinatorFor(group); a.cluster.CoordinatorFor(group) == before; {
			a.cluster.RehashCoordinators()
		}
		return nil
	}, keyCommit, keyHeartbeat)
}

// moved moves something from one broker to another, until some gateway asks the former:
// one that just looks anew doesn't.
func (a *act) moved(ctx context.Context, move func() error, keys ...int16) error {
	before := a.cluster.strayed(keys...)
	for tries := 0; tries < 20; tries++ {
		if err := move(); err != nil {
			return err
		}
		soon, stop := context.WithTimeout(ctx, 2*time.Second)
		err := a.await(soon, func() bool { return a.cluster.strayed(keys...) > before })
		stop()
		if err == nil {
			a.struckOnce()
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("%w: nobody asked the former broker", errMissed)
}

// brokerAway cuts a broker off from all gateways.
func (a *act) brokerAway(ctx context.Context) error {
	// A leader of inbound is one that gateways can't do without.
	address := a.cluster.addresses[a.cluster.LeaderFor(topics.Inbound, int32(a.rng.IntN(a.cluster.partitions)))]
	before := a.net.refusals()
	a.net.reach(address, false)
	defer a.net.reach(address, true)
	a.net.severIf(func(c *conn) bool { return c.address == address })
	if err := a.until(ctx, "refused connection", func() bool { return a.net.refusals() > before }); err != nil {
		return err
	}
	a.struckOnce()
	return wait(ctx, time.Duration(100+a.rng.IntN(700))*time.Millisecond)
}

// cutOff severs all connections of one gateway at some step; it may make new ones.
func (a *act) cutOff(ctx context.Context) error {
	name, at := a.step()
	severed := 0
	_, err := a.meet(ctx, at, a.skip(), func(p *process) fate {
		a.log.say("%s is cut off while %s", p.name, name)
		severed = a.net.severIf(func(c *conn) bool { return c.p == p })
		return fate{}
	})
	if err == nil && severed == 0 {
		err = errMissed
	}
	if err == nil {
		a.struckOnce()
	}
	return err
}

// registryFails has so many lookups fail.
func (a *act) registryFails(ctx context.Context, w weather, lookups int) error {
	a.book.turn.Lock()
	defer a.book.turn.Unlock()
	before := a.book.failures()
	a.book.set(w)
	defer a.book.set(fair)
	if _, err := a.meet(ctx, place{callLookup, false}, lookups, func(*process) fate { return fate{} }); err != nil {
		return err
	}
	if a.book.failures() == before {
		return errMissed
	}
	a.struckOnce()
	return nil
}

func (a *act) registrySlow(ctx context.Context) error {
	a.book.turn.Lock()
	defer a.book.turn.Unlock()
	a.book.set(slow)
	defer a.book.set(fair)
	if _, err := a.meet(ctx, place{callLookup, false}, 3, func(*process) fate { return fate{} }); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// registryOld has answers be so old that what holds up a produce makes them stale, and
// loses one that rests on such.
func (a *act) registryOld(ctx context.Context) error {
	a.book.turn.Lock()
	defer a.book.turn.Unlock()
	a.book.set(old)
	defer a.book.set(fair)
	_, err := a.meetWith(ctx, place{keyProduce, false}, epochOld, 0, func(*process) fate { return fate{what: isLost} })
	if err == nil {
		a.struckOnce()
	}
	return err
}

// unknowable keeps the registry out of reach of everybody for longer than any verdict may
// rest on what was known before.
func (a *act) unknowable(ctx context.Context) error {
	a.book.turn.Lock()
	defer a.book.turn.Unlock()
	a.book.set(away)
	from := time.Now()
	defer func() {
		a.audit.Unknowable(rig.Window{From: from, Until: time.Now()})
		a.book.set(fair)
	}()
	if err := wait(ctx, rig.EndBound+300*time.Millisecond); err != nil {
		return err
	}
	if _, err := a.meet(ctx, place{callLookup, false}, 0, func(*process) fate { return fate{} }); err != nil {
		return err
	}
	a.struckOnce()
	return nil
}

// take takes a holder for one fault alone, and has it send more often.
func (a *act) take(registered bool) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, account := range a.free {
		if state, _ := a.book.at(account, time.Now()); (state != "") == registered {
			a.free = append(a.free[:i:i], a.free[i+1:]...)
			a.traffic.chat(account, true)
			return account
		}
	}
	panic("more faults than holders")
}

// ended ends a certificate between two of its messages.
func (a *act) ended(ctx context.Context, how verifier.RegistrationState) error {
	account, err := a.takeVerified(ctx)
	defer a.traffic.chat(account, false)
	if err != nil {
		return err
	}
	a.change(account, how)
	return a.untilRejected(ctx, account, how)
}

// takeVerified takes a holder with a certificate that counts.
func (a *act) takeVerified(ctx context.Context) (account string, err error) {
	account = a.take(true)
	verified := answer{account, verifier.Verified.String()}
	return account, a.until(ctx, "a verified message", func() bool { return a.cluster.answered(verified) > 0 })
}

// untilRejected waits until a holder's message is rejected for the end of its certificate.
func (a *act) untilRejected(ctx context.Context, account string, how verifier.RegistrationState) error {
	reason := answer{account, verifier.CertificateRevoked.String()}
	if how == verifier.Withdrawn {
		reason.reason = verifier.RegistrationWithdrawn.String()
	}
	if err := a.until(ctx, "a message rejected for it", func() bool { return a.cluster.answered(reason) > 0 }); err != nil {
		return err
	}
	a.owes(reason)
	return nil
}

// owes has the fault strike once the outputs are seen to hold that outcome.
func (a *act) owes(what answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed[what] = a.fault
}

// endedOld ends a certificate while verdicts that rest on the oldest answers there may be
// wait for an output that refuses them, for longer than they may be true.
func (a *act) endedOld(ctx context.Context) error {
	a.book.turn.Lock()
	defer a.book.turn.Unlock()
	a.book.set(old)
	defer a.book.set(fair)
	account, err := a.takeVerified(ctx)
	defer a.traffic.chat(account, false)
	if err != nil {
		return err
	}
	refusal := a.cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{keyProduce}, Topic: topics.Verified, Err: kerr.NotEnoughReplicas, Count: -1,
		When: func(r kmsg.Request) bool {
			return bytes.Contains(r.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records, []byte(account))
		},
	})
	defer refusal.Remove()
	if err := a.until(ctx, "a verdict refused", func() bool { return refusal.Hits() > 0 }); err != nil {
		return err
	}
	a.change(account, verifier.Revoked)
	if err := wait(ctx, rig.EndBound+200*time.Millisecond); err != nil {
		return err
	}
	refusal.Remove()
	return a.untilRejected(ctx, account, verifier.Revoked)
}

// registered registers a certificate between two of its messages.
func (a *act) registered(ctx context.Context) error {
	account := a.take(false)
	defer a.traffic.chat(account, false)
	before := answer{account, verifier.UnregisteredCertificate.String()}
	if err := a.until(ctx, "a rejected message", func() bool { return a.cluster.answered(before) > 0 }); err != nil {
		return err
	}
	a.change(account, verifier.InForce)
	if err := a.traffic.send(a.of(account)); err != nil {
		return err
	}
	verified := answer{account, verifier.Verified.String()}
	if err := a.until(ctx, "a verified message", func() bool { return a.cluster.answered(verified) > 0 }); err != nil {
		return err
	}
	a.owes(verified)
	return nil
}

// clockJumps has a gateway's wall clock jump while it works, and jump back later.
func (a *act) clockJumps(ctx context.Context, by time.Duration) error {
	for {
		_, at := a.step()
		p, err := a.meet(ctx, at, a.skip(), func(p *process) fate {
			p.clock.set(by)
			return fate{}
		})
		if err != nil {
			return err
		}
		soon, stop := context.WithTimeout(ctx, 2*time.Second)
		a.await(soon, func() bool { return p.clock.readings() > 20 || !p.present() })
		stop()
		read := p.clock.readings()
		p.clock.set(0)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if read > 0 { // else it ended or lost its partitions first: another's has to jump
			a.struckOnce()
			return nil
		}
	}
}

// panics sends documents on which the engine panics.
func (a *act) panics(ctx context.Context) error {
	account := "00042445"
	n := 1 + a.rng.IntN(4)
	for range n {
		if err := a.traffic.send(&kgo.Record{Key: []byte(account), Value: a.kit.panics}); err != nil {
			return err
		}
	}
	what := answer{account, "PANIC"}
	if err := a.until(ctx, "quarantined records", func() bool { return a.cluster.answered(what) >= n }); err != nil {
		return err
	}
	a.strikes(a.fault, n)
	return nil
}

// poisoned sends what nobody should.
func (a *act) poisoned(context.Context) error {
	for _, p := range poison {
		if err := a.traffic.send(&kgo.Record{Key: p.key, Value: p.value, Headers: p.headers}); err != nil {
			return err
		}
	}
	a.strikes(a.fault, len(poison)) // that each has its outcome is what the audit is for
	return nil
}
