package embedded

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/bench/soak/trial"
)

// requestFaults lose, delay or refuse single requests, or their answers.
var requestFaults = func() (all []kind) {
	add := func(name string, strike func(*act, context.Context) error) {
		all = append(all, kind{fault: trial.Fault(name), strike: strike})
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
			strike := func(a *act, ctx context.Context) error { return a.refused(ctx, q.key, e) }
			if q.key == keyOffsetFetch {
				strike = func(a *act, ctx context.Context) error { return a.offsetsRefused(ctx, e) }
			}
			add(requestNamed(q.key)+" answered "+e.Message, strike)
		}
	}
	return all
}()

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

func requestNamed(key int16) string {
	for _, q := range requests {
		if q.key == key {
			return q.name
		}
	}
	return fmt.Sprint("request ", key)
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
	if err := rig.Sleep(ctx, given+200*time.Millisecond); err != nil {
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
