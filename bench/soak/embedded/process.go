package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"turnkey-gateway/ingest"
)

// A process is a gateway as far as its surroundings can tell: it has connections, a clock
// and an end.
type process struct {
	name  string
	t     *run
	clock clock

	inCall atomic.Bool // what it was writing when it was stopped goes out however late it is

	cancel context.CancelFunc
	ended  chan struct{} // closed when it has ended
	err    error         // what Run returned; read after ended

	mu      sync.Mutex
	going   chan struct{} // guarded by mu; closed when it may go on, nil while nothing stops it
	dead    chan struct{} // closed when it is killed
	killed  bool          // guarded by mu
	leaving bool          // guarded by mu; told to end
}

// start starts another gateway.
func (r *run) start() (*process, error) {
	r.mu.Lock()
	name := fmt.Sprintf("gateway-%d", len(r.processes)+1)
	p := &process{name: name, t: r, ended: make(chan struct{}), dead: make(chan struct{})}
	r.processes = append(r.processes, p)
	r.mu.Unlock()

	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return r.net.dial(ctx, p, network, address)
	}
	transport := &kafka.Transport{Dial: dial, ClientID: name, MetadataTTL: time.Second}
	var registry ingest.Registry = view{r.book, p}
	if r.variant.registry != nil {
		registry = r.variant.registry(view{r.book, p})
	}
	g, err := ingest.New(r.config, ingest.Parts{
		Cluster: ingest.Cluster{
			Brokers:   r.cluster.addresses,
			Transport: transport,
			Dialer:    &kafka.Dialer{DialFunc: dial, ClientID: name, Timeout: 5 * time.Second},
		},
		Engine:   reader{r.kit.engine, p},
		Registry: registry,
		Metrics:  prometheus.NewRegistry(),
		Log:      slog.New(slog.NewTextHandler(r.log, nil)).With("gateway", name),
		Now:      p.now,
	})
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	r.log.say("%s starts", name)
	go func() {
		p.err = g.Run(ctx)
		transport.CloseIdleConnections()
		close(p.ended)
	}()
	return p, nil
}

// kill is SIGKILL: nothing that the gateway does from now on reaches anybody.
func (p *process) kill() {
	p.mu.Lock()
	if p.killed {
		p.mu.Unlock()
		return
	}
	p.killed = true
	close(p.dead)
	p.mu.Unlock()
	p.t.net.severIf(func(c *conn) bool { return c.p == p })
	p.cancel()
	p.t.log.say("%s was killed", p.name)
}

// terminate is SIGTERM.
func (p *process) terminate() {
	p.mu.Lock()
	p.leaving = true
	p.mu.Unlock()
	p.t.log.say("%s is told to end", p.name)
	p.cancel()
}

// stop is SIGSTOP.
func (p *process) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.going == nil {
		p.going = make(chan struct{})
		p.t.log.say("%s stands still", p.name)
	}
}

// cont is SIGCONT.
func (p *process) cont() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.going != nil {
		close(p.going)
		p.going = nil
		p.t.log.say("%s goes on", p.name)
	}
}

// gate waits while the process stands still. The error is that it was killed.
func (p *process) gate() error {
	p.mu.Lock()
	going := p.going
	p.mu.Unlock()
	if going != nil {
		select {
		case <-going:
		case <-p.dead:
		}
	}
	if p.isDead() {
		return syscall.ECONNRESET
	}
	return nil
}

func (p *process) isDead() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// present reports whether it runs and nobody told it otherwise.
func (p *process) present() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.killed && !p.leaving && !p.hasEnded()
}

func (p *process) now() time.Time {
	p.gate()
	return p.clock.now()
}

func (p *process) pass(at place) fate {
	if p.isDead() {
		return fate{}
	}
	return p.t.traps.pass(p, at)
}
