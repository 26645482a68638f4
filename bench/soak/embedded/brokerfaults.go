package embedded

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"turnkey-gateway/bench/rig"
)

// brokerFaults strike a broker, or the way to it.
var brokerFaults = []kind{
	{fault: "output takes less than its settings say", strike: (*act).tight},
	{fault: "leader moved", strike: (*act).leaderMoved},
	{fault: "coordinator moved", strike: (*act).coordinatorMoved},
	{fault: "broker out of reach", strike: (*act).brokerAway},
	{fault: "gateway cut off", strike: (*act).cutOff},
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
		err := rig.Eventually(ctx, "a request strays", 2*time.Second, func(context.Context) (bool, error) {
			return a.cluster.strayed(keys...) > before, nil
		})
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
	return rig.Sleep(ctx, time.Duration(100+a.rng.IntN(700))*time.Millisecond)
}

// cutOff severs all connections of one gateway at some step; it may make new ones.
func (a *act) cutOff(ctx context.Context) error {
	severed := 0
	_, err := a.meetSomewhere(ctx, "is cut off", func(p *process) {
		severed = a.net.severIf(func(c *conn) bool { return c.p == p })
	})
	if err == nil && severed == 0 {
		err = errMissed
	}
	if err == nil {
		a.struckOnce()
	}
	return err
}
