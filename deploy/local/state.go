package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"turnkey-gateway/deploy/local/addresses"
	"turnkey-gateway/deploy/local/parts"
)

// A stack is a directory with parts that this program started. state.json there says
// which processes are ours to end; env.json is what clients read.
type stack struct {
	dir   string
	state map[string]parts.Part // by the part's name; running, or stopped with data kept
	env   map[string]any        // env.json, entries of parts that others started included
	lock  *os.File
}

// open locks the stack's directory against other runs of this program, until close.
func open(dir string) (*stack, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s := &stack{dir: dir, state: map[string]parts.Part{}, env: map[string]any{}}
	if s.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if err := errors.Join(s.read("state.json", &s.state), s.read(addresses.File, &s.env)); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// close ends the lock; the lock's file stays, since another run may be waiting for it.
func (s *stack) close() { _ = s.lock.Close() }

func (s *stack) read(name string, into any) error {
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(s.dir, name), err)
	}
	return nil
}

// save writes both files, each at once: a reader sees the old one or the new one. They
// hold Postgres' password.
func (s *stack) save() error {
	for name, content := range map[string]any{"state.json": s.state, addresses.File: s.env} {
		text, err := json.MarshalIndent(content, "", "  ")
		if err != nil {
			return err
		}
		path := filepath.Join(s.dir, name)
		if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	return nil
}

// running tells whether all processes of a part that we started are alive.
func (s *stack) running(name string) bool {
	p, known := s.state[name]
	return known && len(p.Processes) > 0 &&
		!slices.ContainsFunc(p.Processes, func(p *parts.Process) bool { return !p.Alive() })
}

// started records a part.
func (s *stack) started(name string, p parts.Part) error {
	s.state[name] = p
	s.env[name] = p.Addresses[0]
	if name == "kafka" {
		s.env[name] = p.Addresses
	}
	return s.save()
}

// stopped records that a part has ended; where its data lies stays known.
func (s *stack) stopped(name string) error {
	p := s.state[name]
	s.state[name] = parts.Part{Dir: p.Dir}
	delete(s.env, name)
	return s.save()
}

// names are the parts that were ever started here, sorted.
func (s *stack) names() []string { return slices.Sorted(maps.Keys(s.state)) }
