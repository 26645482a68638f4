package main

import (
	"fmt"
	"os/exec"
	"time"
)

// A peer verifies documents with the certificate of their holder.
type peer interface {
	name() string

	// version is what the page says of it.
	version() string

	// skips says why it is not asked about a document; empty where it is.
	skips(d *document) string

	// verifies reports whether it verifies the document, or a forgery of it where that
	// is not nil. An error means that it was not asked properly.
	verifies(d *document, f *forgery) (bool, error)

	// run verifies the document so many times, see entry.
	run(d *document) func(times int) (time.Duration, error)

	close() error
}

// prove has a peer verify each document and refuse its forgeries: what can't tell them
// apart has no time worth comparing.
func prove(p peer, docs []*document) (verified, refused int, err error) {
	for _, d := range docs {
		if p.skips(d) != "" {
			continue
		}
		switch ok, err := p.verifies(d, nil); {
		case err != nil:
			return 0, 0, fmt.Errorf("%s, %s: %w", p.name(), d.name(), err)
		case !ok:
			return 0, 0, fmt.Errorf("%s does not verify %s", p.name(), d.name())
		}
		verified++
		for i := range d.forged {
			f := &d.forged[i]
			switch ok, err := p.verifies(d, f); {
			case err != nil:
				return 0, 0, fmt.Errorf("%s, %s with another %s: %w", p.name(), d.name(), f.what, err)
			case ok:
				return 0, 0, fmt.Errorf("%s verifies %s with another %s", p.name(), d.name(), f.what)
			}
			refused++
		}
	}
	return verified, refused, nil
}

// pinned is a command on the first core alone where the system can do that.
func pinned(program string, args ...string) *exec.Cmd {
	if taskset, err := exec.LookPath("taskset"); err == nil {
		return exec.Command(taskset, append([]string{"-c", "0", program}, args...)...)
	}
	return exec.Command(program, args...)
}
