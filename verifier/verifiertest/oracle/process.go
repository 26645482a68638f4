package oracle

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long an answer may take. The usual one takes a thousandth of a second;
// a loaded machine may stall a process for some.
const patience = 30 * time.Second

// inFlight bounds the requests that a process holds.
const inFlight = 1024

// A Process is an oracle in a process of its own. Any number of goroutines may ask at
// once; it answers one after the other.
type Process struct {
	name    string
	version string
	command func() *exec.Cmd
	crashes atomic.Int64

	mu     sync.Mutex
	child  *child // nil once closed
	closed bool
}

// A call is a request on its way.
type call struct {
	frame  []byte
	answer chan []byte // closed without an answer if the process failed
}

// A child is one life of the process.
type child struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	waiting chan *call // in the order in which they were written
	ended   chan struct{}
}

// start starts the process that command describes, and asks what it is.
func start(name string, command func() *exec.Cmd) (*Process, error) {
	p := &Process{name: name, command: command}
	if err := p.restart(nil); err != nil {
		return nil, err
	}
	version, err := p.ask([]byte{'n'})
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p.version = string(version)
	return p, nil
}

// Name is the oracle's short name.
func (p *Process) Name() string { return p.name }

// Version says of what version the implementation is.
func (p *Process) Version() string { return p.version }

// Crashes returns how often the process was started anew.
func (p *Process) Crashes() int64 { return p.crashes.Load() }

// Canonicalize returns a canonical form. An error is a [*Refusal], or [ErrFailed].
func (p *Process) Canonicalize(r Request) ([]byte, error) { return p.ask(r.frame()) }

// Verify returns what was digested of a document whose signature holds with the public
// key, a SubjectPublicKeyInfo in DER. An error is a [*Refusal], or [ErrFailed].
func (p *Process) Verify(key, document []byte) (Digested, error) {
	data, err := p.ask(verifyFrame(key, document))
	if err != nil {
		return Digested{}, err
	}
	return digested(data)
}

// ask asks twice where it must: the first failure may be that of another's request.
func (p *Process) ask(frame []byte) ([]byte, error) {
	for range 2 {
		c := &call{frame: frame, answer: make(chan []byte, 1)}
		if err := p.send(c); err != nil {
			return nil, err
		}
		if answer, ok := <-c.answer; ok {
			return content(answer)
		}
	}
	return nil, fmt.Errorf("%s: %w", p.name, ErrFailed)
}

func (p *Process) send(c *call) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("%s is closed: %w", p.name, ErrFailed)
	}
	p.child.send(c)
	return nil
}

// send writes a call. That it can't be written, the reader of answers notices.
func (c *child) send(call *call) {
	c.waiting <- call
	head := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(call.frame)), uint32(len(call.frame)))
	_, _ = c.in.Write(append(head, call.frame...))
}

// restart replaces a child that failed, if it is still the current one, and gives the
// new one what the old one did not come to.
func (p *Process) restart(old *child) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.child != old {
		return nil
	}
	fresh := &child{cmd: p.command(), waiting: make(chan *call, inFlight), ended: make(chan struct{})}
	fresh.cmd.Stderr = os.Stderr
	in, err := fresh.cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	out, err := fresh.cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	if err := fresh.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	fresh.in, fresh.out = in, bufio.NewReaderSize(out, 1<<16)
	p.child = fresh
	go p.read(fresh)
	if old != nil {
		close(old.waiting)
		for c := range old.waiting {
			fresh.send(c)
		}
	}
	return nil
}

// read hands out the answers of a child until it ends.
func (p *Process) read(c *child) {
	defer close(c.ended)
	for call := range c.waiting {
		impatience := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
		answer, err := c.answer()
		impatience.Stop()
		if err == nil {
			call.answer <- answer
			continue
		}
		p.crashes.Add(1)
		close(call.answer)
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait() // how it ended does not matter
		if err := p.restart(c); err != nil {
			p.giveUp(c)
		}
		return
	}
	_ = c.in.Close() // tells it to end
	_ = c.cmd.Wait()
}

func (c *child) answer() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c.out, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > 1<<30 {
		return nil, errors.New("an answer of more than a gigabyte")
	}
	answer := make([]byte, size)
	_, err := io.ReadFull(c.out, answer)
	return answer, err
}

// giveUp fails whatever waits: the process can't be started again.
func (p *Process) giveUp(c *child) {
	p.mu.Lock()
	p.closed = true
	close(c.waiting)
	p.mu.Unlock()
	for call := range c.waiting {
		close(call.answer)
	}
}

// Close ends the process. Nothing may be asked of it any more.
func (p *Process) Close() {
	p.mu.Lock()
	current := p.child
	if !p.closed {
		p.closed = true
		close(current.waiting)
	}
	p.mu.Unlock()
	<-current.ended
}
