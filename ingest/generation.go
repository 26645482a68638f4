package ingest

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/describegroups"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A generation is one assignment of partitions to this gateway, until the next
// rebalance. Everything begun in it ends before run returns.
type generation struct {
	g       *Gateway
	gen     *kafka.Generation
	offsets *offsets
	in      *inbound
	fresh   int64 // where a partition without an offset begins: kafka.FirstOffset or LastOffset
}

func newGeneration(g *Gateway, gen *kafka.Generation) *generation {
	return &generation{g: g, gen: gen, offsets: newOffsets()}
}

// run works on the assigned partitions until ctx ends or there are others to assign, then
// lets what is being produced be acknowledged, and commits it. The group rejoins only
// after run has returned, so the commit still counts, and it must not take longer than a
// session.
func (n *generation) run(ctx context.Context) {
	assigned := n.gen.Assignments[n.g.cfg.Topics.Inbound]
	n.g.log.Info("joined", "group", n.gen.GroupID, "generation", n.gen.ID, "partitions", len(assigned))
	n.g.metrics.generation.Set(float64(n.gen.ID))
	n.g.state.setJoined(true)
	defer func() {
		n.g.state.setJoined(false)
		n.g.metrics.generation.Set(-1)
	}()
	if !n.look(ctx) {
		return
	}

	ctx, rejoin := context.WithCancel(ctx)
	defer rejoin()
	var partitions sync.WaitGroup
	for _, a := range assigned {
		p := &partition{generation: n, id: a.ID, label: strconv.Itoa(a.ID)}
		partitions.Go(func() { p.run(ctx) })
	}
	partitions.Go(func() {
		n.watch(ctx)
		rejoin()
	})
	n.commitEvery(ctx, n.g.cfg.CommitEvery)
	partitions.Wait()
	n.commitLast()
}

// look learns what the assigned offsets mean. It returns false once ctx has ended.
func (n *generation) look(ctx context.Context) bool {
	trouble := n.g.struggle(StageJoin, n.g.cfg.Topics.Inbound)
	for {
		in, err := n.g.look(ctx)
		if err == nil {
			trouble.end(true)
			n.in, n.fresh = in, kafka.FirstOffset
			if n.g.cfg.StartLatest && len(in.stored) == 0 && !n.g.starts.any() {
				n.fresh = kafka.LastOffset
			}
			return true
		}
		if !trouble.failedWith(ctx, err) {
			trouble.end(false)
			return false
		}
	}
}

// watch returns when the group has to assign inbound's partitions anew, or ctx ends. The
// library's own watch takes what it finds after the assignment for what was assigned, and
// joins again and again while the topic isn't there.
func (n *generation) watch(ctx context.Context) {
	trouble := n.g.struggle(StageJoin, n.g.cfg.Topics.Inbound)
	defer func() { trouble.end(false) }()
	for trouble.failed > 0 || sleep(ctx, n.g.cfg.watchEvery) {
		why, err := n.outdated(ctx)
		switch {
		case err != nil:
			if !trouble.failedWith(ctx, err) {
				return
			}
		case why != "":
			n.g.log.Info("joining again", "topic", n.g.cfg.Topics.Inbound, "why", why)
			n.g.rejoins.Add(1)
			return
		default:
			trouble.end(true)
		}
	}
}

// A balancer assigns partitions by range. A member that joins again as it was before gets
// what it had: only its leader, or one that says something else of itself, makes a group
// assign anew. So each member says how often it has asked for that.
type balancer struct {
	kafka.RangeGroupBalancer
	rejoins *atomic.Int64
}

// UserData implements kafka.GroupBalancer.
func (b balancer) UserData() ([]byte, error) {
	return strconv.AppendInt(nil, b.rejoins.Load(), 10), nil
}

// outdated says why the group's assignment has to be made anew: inbound is another topic
// than when this generation began, or has a partition that no member was given. Whoever
// assigned may have heard of a partition later than this gateway, so what counts is not
// whether the topic has grown but what the group has come to. Empty means that it need not
// be, or is being made.
func (n *generation) outdated(ctx context.Context) (why string, err error) {
	ctx, cancel := context.WithTimeout(ctx, watchLimit)
	defer cancel()
	topic, err := n.g.fetcher.Topic(ctx, n.g.cfg.Topics.Inbound)
	if err != nil {
		return "", err
	}
	if topic.ID != n.in.topic.ID {
		return "it was made anew", nil
	}
	given, err := n.given(ctx)
	if err != nil || given == nil {
		return "", err
	}
	for id := range topic.Partitions {
		if !given[id] {
			return fmt.Sprintf("nobody has partition %d of %d", id, topic.Partitions), nil
		}
	}
	return "", nil
}

// given is which of inbound's partitions the group's members have, nil while it is
// assigning them.
func (n *generation) given(ctx context.Context) (map[int]bool, error) {
	group, err := n.describe(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask who has which partition in group %s: %w", n.gen.GroupID, err)
	}
	if group.GroupState != "Stable" {
		return nil, nil
	}
	given := map[int]bool{}
	for _, member := range group.Members {
		var has kmsg.ConsumerMemberAssignment
		if err := has.ReadFrom(member.MemberAssignment); err != nil {
			continue // nothing was given to it
		}
		for _, t := range has.Topics {
			if t.Topic == n.g.cfg.Topics.Inbound {
				for _, id := range t.Partitions {
					given[int(id)] = true
				}
			}
		}
	}
	return given, nil
}

// describe asks the coordinator. The library's own way fails on what members of other clients
// say of themselves.
func (n *generation) describe(ctx context.Context) (*describegroups.ResponseGroup, error) {
	msg, err := n.g.cluster.Transport.RoundTrip(ctx, n.g.client.Addr, &describegroups.Request{Groups: []string{n.gen.GroupID}})
	if err != nil {
		return nil, err
	}
	groups := msg.(*describegroups.Response).Groups
	if len(groups) != 1 {
		return nil, fmt.Errorf("%d answers", len(groups))
	}
	if code := groups[0].ErrorCode; code != 0 {
		return nil, kafka.Error(code)
	}
	return &groups[0], nil
}
