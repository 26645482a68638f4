package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/google/pprof/profile"

	"turnkey-gateway/bench/cost"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
)

const judgeRoom = "read and judge"

// rooms say by a function's package what it works for, in the gateway.
var rooms = []cost.Room{
	{Name: "sockets: read", Part: "internal/poll.(*FD).Read"},
	{Name: "sockets: write", Part: "internal/poll.(*FD).Write"},
	{Name: "sockets: write", Part: "net.(*Buffers)"},
	{Name: "collecting garbage", Part: "runtime.gc"}, {Name: "collecting garbage", Part: "runtime.bgsweep"}, {Name: "collecting garbage", Part: "runtime.bgscavenge"},
	{Name: "metrics", Part: "client_golang"},
	{Name: "second opinion", Part: "ingest/shadow"}, {Name: "second opinion", Part: "secondopinion"}, {Name: "second opinion", Part: "goxmldsig"},
	{Name: judgeRoom, Part: "turnkey-gateway/verifier"},
	{Name: "look up", Part: "turnkey-gateway/registry"}, {Name: "look up", Part: "go-redis"}, {Name: "look up", Part: "pgx"},
	{Name: "fetch", Part: "ingest/fetch"},
	{Name: "encode and produce", Part: "ingest/produce"}, {Name: "library's client", Part: "segmentio/kafka-go"},
	{Name: "items, headers, outcomes", Part: "turnkey-gateway/ingest."},
}

// sampledFor is how many seconds of a drain are sampled: less than it takes, since a gateway
// that has stopped gives no profile.
const sampledFor = 1

// takeProfile samples gateways while they drain a backlog, in so many runs of their own,
// since to be sampled costs.
func (g *ground) takeProfile(ctx context.Context, b *backlog, times int) (*profile.Profile, error) {
	var all [][]byte
	for range times {
		raw, err := g.sampleDrain(ctx, b)
		if err != nil {
			return nil, err
		}
		all = append(all, raw)
	}
	return cost.Merge(all...)
}

func (g *ground) sampleDrain(ctx context.Context, b *backlog) ([]byte, error) {
	type answer struct {
		raw []byte
		err error
	}
	answers := make(chan answer, 1)
	start := func(ctx context.Context, _ string, t ingest.Topics, group string) (*rig.Program, error) {
		pprof, err := rig.FreeAddress()
		if err != nil {
			return nil, err
		}
		s, err := g.startGateway(ctx, t, group, pprof)
		if err != nil {
			return nil, err
		}
		go func() {
			err := g.awaitOutcomes(ctx, t.Verified, b.partitions, b.count/warmPart)
			var raw []byte
			if err == nil {
				raw, err = sample(ctx, pprof)
			}
			answers <- answer{raw, err}
		}()
		return s.Program, nil
	}
	if _, err := g.drainWith(ctx, gatewayName, b, b.count, start); err != nil {
		return nil, err
	}
	a := <-answers
	return a.raw, a.err
}

func (r *results) readProfile(ctx context.Context, g *ground, b *backlog) error {
	p, err := g.takeProfile(ctx, b, r.course.sampled)
	if err == nil {
		r.profile = cost.Read(p, rooms)
	}
	return err
}

// look is for whoever works on the gateway: drains of 8 KB by gateway and copy, and the
// gateway's profile in a file.
func look(ctx context.Context, c course, file string, say func(string, ...any)) (err error) {
	r := &results{course: c, begun: time.Now()}
	g, err := prepare(ctx, c, r.begun)
	defer func() { err = errors.Join(err, g.close()) }()
	if err != nil {
		return err
	}
	l, err := newLoad(size8K, c.signed[size8K], g.senders)
	if err != nil {
		return err
	}
	b, err := g.fill(ctx, l, c.partitions, c.counts[size8K])
	if err != nil {
		return err
	}
	if err := r.drainRounds(ctx, g, b, say, gatewayName, copyName); err != nil {
		return err
	}
	p, err := g.takeProfile(ctx, b, c.sampled)
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(p.Write(f), f.Close())
}

// awaitOutcomes waits for so many.
func (g *ground) awaitOutcomes(ctx context.Context, topic string, partitions, n int) error {
	return rig.Eventually(ctx, fmt.Sprintf("%d outcomes", n), drainLimit, func(ctx context.Context) (bool, error) {
		have, err := g.stored(ctx, topic, partitions)
		return have >= n, err
	})
}

// sample asks a program for a profile.
func sample(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", address, sampledFor), nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for a profile: %w", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, raw)
	}
	if err != nil {
		return nil, fmt.Errorf("ask for a profile: %w", err)
	}
	return raw, nil
}
