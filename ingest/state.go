package ingest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// state is what readiness is read from.
type state struct {
	mu        sync.Mutex
	joined    bool             // guarded by mu
	struggles map[Stage]outage // guarded by mu; only stages with any
	halts     map[int]error    // guarded by mu; why, by partition
}

// An outage is how many loops struggle at a stage, and what the latest failure was.
type outage struct {
	loops int
	err   error
}

// failed notes a failure; first says that it is the first of its struggle.
func (s *state) failed(stage Stage, first bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.struggles == nil {
		s.struggles = map[Stage]outage{}
	}
	t := s.struggles[stage]
	if t.err = err; first {
		t.loops++
	}
	s.struggles[stage] = t
}

// ended notes the end of a struggle.
func (s *state) ended(stage Stage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.struggles[stage]
	if t.loops--; t.loops == 0 {
		delete(s.struggles, stage)
		return
	}
	s.struggles[stage] = t
}

// halted notes that a partition waits for a person.
func (s *state) halted(partition int, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halts == nil {
		s.halts = map[int]error{}
	}
	s.halts[partition] = why
}

func (s *state) resumed(partition int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.halts, partition)
}

func (s *state) setJoined(joined bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joined = joined
}

// Ready returns nil if the gateway can judge: it is in its group, and no partition waits
// for the registry, for Kafka or for a person. Otherwise the error says in words what is missing.
func (g *Gateway) Ready() error {
	g.state.mu.Lock()
	defer g.state.mu.Unlock()
	var why []string
	if !g.state.joined {
		why = append(why, "not in the consumer group "+g.cfg.Group+" yet")
	}
	for _, stage := range stages {
		if t, ok := g.state.struggles[stage]; ok {
			why = append(why, fmt.Sprintf("%s fails: %v", stage, t.err))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(g.state.halts)) {
		why = append(why, fmt.Sprintf("partition %d is halted: %v", id, g.state.halts[id]))
	}
	if why == nil {
		return nil
	}
	return errors.New(strings.Join(why, "; "))
}
