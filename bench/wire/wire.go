// Package wire is a TCP proxy on loopback between a program and a server it needs, on
// which a network's faults are played at will: each says how often it struck.
//
// What a fault has dropped is never delivered later, and neither is what was still
// waiting on the wire when its sender hung up or was reset.
package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// A Protocol says how a wire divides what it carries.
type Protocol int

const (
	Bytes Protocol = iota // as they come
	Kafka                 // whole requests and answers, which [Wire.Lose] tells apart
)

// A Wire carries connections to a target. It is safe for concurrent use.
type Wire struct {
	Addr string // host:port, where it listens

	protocol Protocol
	listener net.Listener
	closed   context.Context
	close    context.CancelFunc
	running  sync.WaitGroup

	mu     sync.Mutex
	target string             // guarded by mu
	links  map[*link]struct{} // guarded by mu
	faults []*Fault           // guarded by mu; those not yet healed
}

// Listen returns a wire to target, on a free loopback port. Close it.
func Listen(target string, protocol Protocol) (*Wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a wire to %s: %w", target, err)
	}
	w := &Wire{Addr: l.Addr().String(), protocol: protocol, listener: l, target: target, links: make(map[*link]struct{})}
	w.closed, w.close = context.WithCancel(context.Background())
	w.running.Go(w.accept)
	return w, nil
}

// Close resets all connections and waits until nothing of the wire is left.
func (w *Wire) Close() error {
	w.close()
	err := w.listener.Close()
	w.Reset()
	w.running.Wait()
	return err
}

// Retarget sends connections elsewhere from now on. Those that are open stay.
func (w *Wire) Retarget(target string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target = target
}

// Reset resets all connections, on both sides, and returns how many there were.
func (w *Wire) Reset() int {
	w.mu.Lock()
	links := w.links
	w.links = make(map[*link]struct{})
	w.mu.Unlock()
	for l := range links {
		l.reset()
	}
	return len(links)
}

func (w *Wire) accept() {
	for {
		conn, err := w.listener.Accept()
		if err != nil {
			if w.closed.Err() != nil {
				return
			}
			time.Sleep(10 * time.Millisecond) // out of files, say
			continue
		}
		l := &link{wire: w, client: conn.(*net.TCPConn), answers: make(map[int32]*Fault)}
		l.ended, l.end = context.WithCancel(context.Background())
		w.mu.Lock()
		refused := w.active(refuse)
		w.mu.Unlock()
		if refused != nil {
			refused.strike()
			l.reset()
			continue
		}
		w.mu.Lock()
		w.links[l] = struct{}{}
		w.mu.Unlock()
		if w.closed.Err() != nil { // Close may have come between
			w.Reset()
		}
		w.running.Go(l.run)
	}
}

// active returns the newest fault of a kind, nil if there is none. w.mu is held.
func (w *Wire) active(k kind) *Fault {
	for _, f := range slices.Backward(w.faults) {
		if f.kind == k {
			return f
		}
	}
	return nil
}

// strikes returns the active fault of a kind.
func (w *Wire) strikes(k kind) *Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.active(k)
}

// A link is one connection through a wire.
type link struct {
	wire   *Wire
	client *net.TCPConn

	ended context.Context // once it is of no more use
	end   context.CancelFunc

	mu      sync.Mutex
	server  *net.TCPConn     // guarded by mu; nil until it is reached
	gone    bool             // guarded by mu; it was reset
	dead    *Fault           // guarded by mu; it swallows what comes, on account of this fault
	answers map[int32]*Fault // guarded by mu; by correlation id, answers to be lost
}

// run carries one connection to its end.
func (l *link) run() {
	defer l.forget()
	if f := l.wire.strikes(cut); f != nil {
		l.swallow(f)
		f.strike()
	} else if !l.dial() {
		return
	}
	var pumps sync.WaitGroup
	if l.server != nil {
		pumps.Go(func() { l.pump(l.server, l.client, false) })
	}
	pumps.Go(func() { l.pump(l.client, l.server, true) })
	pumps.Wait()
}

func (l *link) dial() bool {
	l.wire.mu.Lock()
	target := l.wire.target
	l.wire.mu.Unlock()
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(l.ended, "tcp", target)
	if err != nil {
		l.reset() // as a server that is not there would
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.server = conn.(*net.TCPConn)
	if l.gone {
		abort(l.server)
	}
	return !l.gone
}

func (l *link) forget() {
	l.reset()
	l.wire.mu.Lock()
	defer l.wire.mu.Unlock()
	delete(l.wire.links, l)
}

// reset ends both sides at once; neither can take it for an orderly end.
func (l *link) reset() {
	l.end()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return
	}
	l.gone = true
	abort(l.client)
	if l.server != nil {
		abort(l.server)
	}
}

func abort(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

// swallow makes the link take and drop whatever comes from now on, until the fault is
// healed and resets it.
func (l *link) swallow(f *Fault) {
	l.mu.Lock()
	l.dead = cmp.Or(l.dead, f)
	l.mu.Unlock()
	if f.isHealed() { // meanwhile: it may have looked for its links before
		l.reset()
	}
}

func (l *link) swallows() *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// A parcel is a piece of a stream that is on the wire until it is due.
type parcel struct {
	data []byte
	due  time.Time
	lose *Fault // has the link once this is delivered; may be nil
}

// onTheWire bounds the parcels of one direction.
const onTheWire = 4096

// pump carries one direction until its sender is gone. What is not yet due then is
// dropped, save that a server's last words arrive.
func (l *link) pump(from, to *net.TCPConn, up bool) {
	parcels := make(chan parcel, onTheWire)
	var delivery sync.WaitGroup
	delivery.Go(func() { l.deliver(to, parcels) })
	err := l.read(from, up, parcels)
	if up || !errors.Is(err, io.EOF) {
		l.end()
	}
	close(parcels)
	delivery.Wait()
	if !up && errors.Is(err, io.EOF) {
		_ = to.CloseWrite() // an error means that it is gone, as the other direction will notice
		return
	}
	l.reset()
}

// read puts what is sent on the wire until there is no more.
func (l *link) read(from *net.TCPConn, up bool, parcels chan<- parcel) error {
	next := l.wire.reader(from)
	var due time.Time // of the parcel before
	for {
		data, err := next()
		if len(data) > 0 {
			due = l.take(data, due, up, parcels)
		}
		if err != nil {
			return err
		}
	}
}

// take puts what was read on the wire, unless a fault has it; it returns when it is due.
func (l *link) take(data []byte, due time.Time, up bool, parcels chan<- parcel) time.Time {
	if l.lost() {
		return due
	}
	p := parcel{data: data}
	if l.wire.protocol == Kafka && !l.spare(&p, up) {
		return due
	}
	due = l.wire.delay(due, len(p.data))
	p.due = due
	select {
	case parcels <- p:
	case <-l.ended.Done():
	}
	return due
}

// lost reports whether a cut, or a fault before, has what comes now.
func (l *link) lost() bool {
	if f := l.wire.strikes(cut); f != nil {
		l.swallow(f)
	}
	f := l.swallows()
	if f != nil && f.kind == cut { // a loss counts only what it was after
		f.strike()
	}
	return f != nil
}

// delay says when a parcel of n bytes is due that follows one due at last.
func (w *Wire) delay(last time.Time, n int) time.Time {
	w.mu.Lock()
	slowed, throttled := w.active(slow), w.active(throttle)
	w.mu.Unlock()
	due := time.Now()
	if slowed != nil {
		slowed.strike()
		due = due.Add(slowed.latency)
	}
	if throttled != nil {
		throttled.strike()
		if last.After(due) {
			due = last
		}
		due = due.Add(time.Duration(n) * time.Second / time.Duration(throttled.rate))
	}
	if last.After(due) { // the order stays
		due = last
	}
	return due
}

// deliver writes parcels when they are due, unless a cut has come meanwhile.
func (l *link) deliver(to *net.TCPConn, parcels <-chan parcel) {
	for p := range parcels {
		if wait := time.Until(p.due); wait > 0 && !l.sleep(wait) {
			continue // its sender is gone
		}
		if l.lost() {
			continue
		}
		if _, err := to.Write(p.data); err != nil {
			l.reset()
		}
		if p.lose != nil {
			l.lose(p.lose)
		}
	}
}

// sleep reports false if the link ended first.
func (l *link) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ended.Done():
		return false
	}
}

// reader returns a function that reads the next piece of a stream. A piece that comes
// with an error still counts.
func (w *Wire) reader(from *net.TCPConn) func() ([]byte, error) {
	if w.protocol == Kafka {
		return func() ([]byte, error) { return readFrame(from) }
	}
	return func() ([]byte, error) {
		buf := make([]byte, 32<<10)
		n, err := from.Read(buf)
		return buf[:n], err
	}
}
