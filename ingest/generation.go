package ingest

import (
	"context"
	"strconv"
	"sync"

	"github.com/segmentio/kafka-go"
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

// look learns what the assigned offsets mean. It returns false where the assignment is of
// another topic than there is now, or ctx ends.
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
			return !n.g.layout.changed(in.topic)
		}
		if !trouble.failedWith(ctx, err) {
			trouble.end(false)
			return false
		}
	}
}

// watch returns when inbound's partitions are others than the group last assigned, or ctx
// ends. The library's own watch takes what it finds after the assignment for what was
// assigned, and joins again and again while the topic isn't there.
func (n *generation) watch(ctx context.Context) {
	trouble := n.g.struggle(StageJoin, n.g.cfg.Topics.Inbound)
	defer func() { trouble.end(false) }()
	for trouble.failed > 0 || sleep(ctx, n.g.cfg.watchEvery) {
		topic, err := n.g.fetcher.Topic(ctx, n.g.cfg.Topics.Inbound)
		switch {
		case err != nil:
			if !trouble.failedWith(ctx, err) {
				return
			}
		case n.g.layout.changed(topic):
			n.g.log.Info("partitions have changed, joining again", "topic", n.g.cfg.Topics.Inbound, "partitions", topic.Partitions)
			return
		default:
			trouble.end(true)
		}
	}
}
