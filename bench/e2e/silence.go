package main

import (
	"sync"
	"time"
)

// A silence is the longest time in which no outcome of a partition came.
type silence struct {
	mu      sync.Mutex
	last    map[int]time.Time // guarded by mu
	longest time.Duration     // guarded by mu
}

// note takes in that an outcome of a partition came.
func (s *silence) note(partition int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, any := s.last[partition]; any {
		s.longest = max(s.longest, at.Sub(before))
	}
	s.last[partition] = at
}

// begin forgets how long silences were, but not when they began.
func (s *silence) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.longest = 0
}

func (s *silence) end() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.longest.Round(time.Millisecond)
}
