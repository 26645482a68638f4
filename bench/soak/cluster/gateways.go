package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"turnkey-gateway/bench/rig"
)

var gatewayFaults = []kind{
	{"gateway-kill", []resource{theGateways}, killGateway},
	{"gateway-term", []resource{theGateways}, termGateway},
	{"gateway-pause", []resource{theGateways}, pauseGateway},
	{"gateway-pause-past-session", []resource{theGateways}, expelGateway},
	{"gateway-joins", []resource{theGateways}, joinGateway},
	{"gateway-leaves", []resource{theGateways}, leaveGateway},
}

// A gateway is the program that runs in one slot, if any.
type gateway struct {
	*play
	slot   int
	system *rig.System

	mu      sync.Mutex
	starts  int         // guarded by mu
	program *rig.Server // guarded by mu; nil while none is to run
}

// launch starts a gateway and doesn't wait. What it needs may be away.
func (g *gateway) launch() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.starts++
	server, err := g.system.LaunchGateway(fmt.Sprintf("gateway-%d-%d", g.slot, g.starts), "", "")
	if err != nil {
		return err
	}
	g.program = &server
	go g.watch(&server)
	return nil
}

// watch notes a gateway that ends without having been told to.
func (g *gateway) watch(server *rig.Server) {
	<-server.Ended()
	g.mu.Lock()
	expected := g.program != server
	g.mu.Unlock()
	if !expected {
		g.breaks(fmt.Errorf("%s ended by itself: %v", server.Name, server.Err()))
	}
}

func (g *gateway) running() *rig.Server {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.program
}

// leaveTo takes the program out of the slot: it is expected to end.
func (g *gateway) leaveTo() *rig.Server {
	g.mu.Lock()
	defer g.mu.Unlock()
	server := g.program
	g.program = nil
	return server
}

// ready waits until the gateway can judge.
func (g *gateway) ready(ctx context.Context) error {
	server := g.running()
	if server == nil {
		return fmt.Errorf("no gateway runs in slot %d", g.slot)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return server.AwaitOK(ctx, server.URL("/readyz"))
}

// ensure has a gateway run that is in its group.
func (g *gateway) ensure(ctx context.Context) error {
	if g.running() == nil {
		if err := g.launch(); err != nil {
			return err
		}
	}
	return rig.Eventually(ctx, fmt.Sprintf("the gateway of slot %d is in its group", g.slot), patience, g.joined)
}

func (g *gateway) joined(ctx context.Context) (bool, error) {
	server := g.running()
	if server == nil {
		return false, errors.New("it does not run")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	generation, err := server.Counter(ctx, "turnkey_generation")
	return err == nil && generation >= 0, err
}

// term ends the gateway in order, if one runs.
func (g *gateway) term(ctx context.Context) error {
	server := g.running()
	if server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience+10*time.Second)
	defer cancel()
	// Before it has begun it heeds no signal: it would just end, as any program does.
	if err := server.AwaitOK(ctx, server.URL("/healthz")); err != nil {
		return err
	}
	g.leaveTo()
	began := time.Now()
	if err := server.Stop(ctx); err != nil {
		return fmt.Errorf("%s was asked to end: %w", server.Name, err)
	}
	g.say("%s ended in order in %.1f s", server.Name, time.Since(began).Seconds())
	return nil
}

func (g *gateway) discard() {
	if server := g.leaveTo(); server != nil {
		server.Kill()
	}
}

// victim draws a gateway that runs, or may.
func (p *play) victim(rng *rand.Rand) *gateway {
	g := p.gateways[rng.IntN(slots)]
	if g.running() == nil {
		g = p.gateways[0]
	}
	return g
}

// inFlight is how many records must wait for their commit when a gateway is killed.
const inFlight = 5

func killGateway(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	g := p.victim(rng)
	for range 200 {
		if err := g.ensure(ctx); err != nil {
			return 0, err
		}
		n, err := g.killWithWork(ctx)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			p.say("killed the gateway of slot %d with %d records in flight", g.slot, n)
			rig.Sleep(ctx, between(rng, 0, time.Second))
			return 1, g.launch()
		}
		rig.Sleep(ctx, between(rng, 5*time.Millisecond, 40*time.Millisecond)) // another phase of its commits
	}
	return 0, nil
}

// killWithWork kills the gateway if records are in flight now, and returns how many.
func (g *gateway) killWithWork(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	server := g.running()
	n, err := server.CatchAmid(ctx, inFlight, func(ctx context.Context) (int64, error) {
		n, err := rig.Uncommitted(ctx, g.kafka.Addresses, g.group, g.topics.Inbound, partitions)
		if err != nil {
			return 0, nil // another fault's: brokers are away
		}
		return n, nil
	})
	if n > 0 {
		g.leaveTo()
		server.Kill()
	}
	return n, err
}

func termGateway(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	g := p.victim(rng)
	if err := g.ensure(ctx); err != nil {
		return 0, err
	}
	if err := g.term(ctx); err != nil {
		return 0, err
	}
	rig.Sleep(ctx, between(rng, 0, time.Second))
	return 1, g.launch()
}

func pauseGateway(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	g := p.victim(rng)
	n := 0
	for range 1 + rng.IntN(3) {
		if err := g.ensure(ctx); err != nil {
			return n, err
		}
		sent := p.traffic.sent.Load()
		if err := p.pauseFor(ctx, rng, g.running().Program, between(rng, 200*time.Millisecond, 3*time.Second)); err != nil {
			return n, err
		}
		if p.traffic.sent.Load() > sent {
			n++
		}
		rig.Sleep(ctx, between(rng, 100*time.Millisecond, time.Second))
	}
	return n, nil
}

// expelGateway pauses a gateway until its group has given it up, and lets it go on.
func expelGateway(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	g := p.victim(rng)
	if err := g.ensure(ctx); err != nil {
		return 0, err
	}
	server := g.running()
	before, err := p.members(ctx)
	if err != nil {
		return 0, err
	}
	if err := server.Signal(syscall.SIGSTOP); err != nil {
		return 0, err
	}
	p.traffic.passEnding(ctx, rng, time.Second)
	expelled := rig.Eventually(ctx, "the group gives up a paused gateway", patience, func(ctx context.Context) (bool, error) {
		after, err := p.members(ctx)
		return err == nil && after < before, err
	})
	if expelled == nil {
		rig.Sleep(ctx, between(rng, 0, 2*time.Second))
	}
	if err := errors.Join(expelled, server.Signal(syscall.SIGCONT)); err != nil {
		return 0, err
	}
	return 1, nil
}

// members is how many gateways the group has.
func (p *play) members(ctx context.Context) (int, error) {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups = []string{p.group}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	res, err := req.RequestWith(ctx, p.admin)
	if err != nil {
		return 0, fmt.Errorf("describe the group: %w", err)
	}
	if len(res.Groups) != 1 || res.Groups[0].ErrorCode != 0 {
		return 0, fmt.Errorf("describe the group: %+v", res.Groups)
	}
	return len(res.Groups[0].Members), nil
}

func joinGateway(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	g := p.gateways[1]
	if err := g.term(ctx); err != nil { // if it is there already
		return 0, err
	}
	if err := g.ensure(ctx); err != nil {
		return 0, err
	}
	return 1, nil
}

func leaveGateway(ctx context.Context, p *play, rng *rand.Rand) (int, error) {
	g := p.gateways[1]
	if err := g.ensure(ctx); err != nil {
		return 0, err
	}
	rig.Sleep(ctx, between(rng, 0, 2*time.Second))
	if err := g.term(ctx); err != nil {
		return 0, err
	}
	return 1, nil
}

// A signalled program can be paused.
type signalled interface{ Signal(os.Signal) error }

// pauseFor stops a program for a while, whatever happens.
func (p *play) pauseFor(ctx context.Context, rng *rand.Rand, program signalled, d time.Duration) error {
	if err := program.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	p.traffic.passEnding(ctx, rng, d)
	return program.Signal(syscall.SIGCONT)
}
