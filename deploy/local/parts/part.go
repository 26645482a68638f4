package parts

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Options say where a part runs, and for how long.
type Options struct {
	// Dir is the part's own directory, made if it is missing. Data found there is used
	// again.
	Dir string

	// Port is the loopback port to listen on; 0 picks a free one. Kafka's broker i
	// listens on Port+i, its controller on Port+100+i.
	Port int

	Lifetime Lifetime

	// Progress tells a person what takes long; nil is silent.
	Progress func(line string)
}

func (o Options) say(format string, args ...any) {
	if o.Progress != nil {
		o.Progress(fmt.Sprintf(format, args...))
	}
}

// A Part is a server that answers at its addresses.
type Part struct {
	// Addresses are what its clients take: host:port for Kafka (one a broker) and
	// Redis, a URL for Postgres and Prometheus.
	Addresses []string

	Processes []*Process

	// Dir is where it keeps its data: [Options.Dir] or, for a server that may not run
	// as root and couldn't reach that, a directory of its own.
	Dir string
}

// Stop ends the part's processes in order, all at once, and waits for them.
func (p *Part) Stop(ctx context.Context) error {
	errs := make([]error, len(p.Processes))
	var all sync.WaitGroup
	for i, process := range p.Processes {
		all.Go(func() { errs[i] = process.Stop(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// port returns a wanted port after making sure that nobody listens there, or a free one
// if 0 is wanted. Somebody may still take it before the server does, which then fails
// and says so in its log.
func port(wanted int) (int, error) {
	if wanted != 0 {
		if err := listenable(wanted); err != nil {
			return 0, fmt.Errorf("port %d is taken: end what listens there, or let free ports be chosen (--ports auto): %w", wanted, err)
		}
		return wanted, nil
	}
	// Below the range from which outgoing connections get theirs.
	for range 100 {
		if p := 15000 + rand.IntN(15000); listenable(p) == nil {
			return p, nil
		}
	}
	return 0, errors.New("no free port between 15000 and 30000 was found")
}

func listenable(port int) error {
	l, err := net.Listen("tcp", loopback(port))
	if err != nil {
		return err
	}
	return l.Close()
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
