package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	"turnkey-gateway/bench/cost"
	"turnkey-gateway/bench/rig"
	"turnkey-gateway/ingest"
)

// rooms say by a function's package what it works for, in the gateway.
var rooms = []cost.Room{
	{Name: "sockets: read", Part: "internal/poll.(*FD).Read"},
	{Name: "sockets: write", Part: "internal/poll.(*FD).Write"},
	{Name: "sockets: write", Part: "net.(*Buffers)"},
	{Name: "collecting garbage", Part: "runtime.gc"}, {Name: "collecting garbage", Part: "runtime.bgsweep"}, {Name: "collecting garbage", Part: "runtime.bgscavenge"},
	{Name: "metrics", Part: "client_golang"},
	{Name: "second opinion", Part: "ingest/shadow"}, {Name: "second opinion", Part: "secondopinion"}, {Name: "second opinion", Part: "goxmldsig"},
	{Name: "read and judge", Part: "turnkey-gateway/verifier"},
	{Name: "look up", Part: "turnkey-gateway/registry"}, {Name: "look up", Part: "go-redis"}, {Name: "look up", Part: "pgx"},
	{Name: "fetch", Part: "ingest/fetch"},
	{Name: "encode and produce", Part: "ingest/produce"}, {Name: "encode and produce", Part: "ingest.(*Gateway).write"}, {Name: "encode and produce", Part: "segmentio/kafka-go"},
	{Name: "items, headers, outcomes", Part: "turnkey-gateway/ingest."},
}

// readProfile samples a gateway while it drains a backlog, in a run of its own, since to be
// sampled costs.
func (g *ground) readProfile(ctx context.Context, b *backlog, seconds int) (reading cost.Reading, err error) {
	type answer struct {
		cost.Reading
		err error
	}
	answers := make(chan answer, 1)
	start := func(ctx context.Context, _ string, t ingest.Topics, group string) (*rig.Program, error) {
		pprof, err := freeAddress()
		if err != nil {
			return nil, err
		}
		s, err := g.startGateway(ctx, t, group, pprof)
		if err != nil {
			return nil, err
		}
		go func() {
			r, err := sample(ctx, pprof, seconds)
			answers <- answer{r, err}
		}()
		return s.Program, nil
	}
	if _, err := g.drainWith(ctx, gatewayName, b, b.count, start); err != nil {
		return reading, err
	}
	a := <-answers
	return a.Reading, a.err
}

// sample asks a program for a profile of so many seconds.
func sample(ctx context.Context, address string, seconds int) (cost.Reading, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", address, seconds), nil)
	if err != nil {
		return cost.Reading{}, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return cost.Reading{}, fmt.Errorf("ask for a profile: %w", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, raw)
	}
	if err != nil {
		return cost.Reading{}, fmt.Errorf("ask for a profile: %w", err)
	}
	return cost.Read(bytes.NewReader(raw), rooms)
}

// freeAddress returns a loopback address nobody listens on. Somebody may take it before it
// is used: the program then ends and its log says so.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
