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
}

func newGeneration(g *Gateway, gen *kafka.Generation) *generation {
	return &generation{g: g, gen: gen, offsets: newOffsets()}
}

// run works on the assigned partitions until ctx ends, then lets what is being
// produced be acknowledged, and commits it. The group rejoins only after run has
// returned, so the commit still counts, and it must not take longer than a session.
func (n *generation) run(ctx context.Context) {
	assigned := n.gen.Assignments[n.g.cfg.Topics.Inbound]
	n.g.log.Info("joined", "group", n.gen.GroupID, "generation", n.gen.ID, "partitions", len(assigned))
	n.g.metrics.generation.Set(float64(n.gen.ID))
	n.g.state.setJoined(true)
	defer func() {
		n.g.state.setJoined(false)
		n.g.metrics.generation.Set(-1)
	}()

	var partitions sync.WaitGroup
	for _, a := range assigned {
		p := &partition{generation: n, id: a.ID, label: strconv.Itoa(a.ID)}
		partitions.Go(func() { p.run(ctx, a.Offset) })
	}
	n.commitEvery(ctx, n.g.cfg.CommitEvery)
	partitions.Wait()
	n.commitLast()
}
