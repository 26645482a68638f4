package embedded

import (
	"slices"
	"sync"
	"time"
)

// A place is a step of a gateway's loop: a request that it is about to send, an answer
// that it is about to get, or a call of what this package gives it.
type place struct {
	key    int16 // an API key, or one of those below
	answer bool
}

const (
	callLookup int16 = -1 - iota
	callRead
	halfSent // a produce whose last bytes are still to be written
)

// The steps of the loop in their order, by name.
var steps = []struct {
	name string
	place
}{
	{"fetching", place{keyFetch, true}},
	{"looking up", place{callLookup, false}},
	{"judging", place{callRead, false}},
	{"producing, the last bytes held back", place{halfSent, false}},
	{"producing", place{keyProduce, false}},
	{"awaiting an acknowledgement", place{keyProduce, true}},
	{"committing", place{keyCommit, false}},
}

// A fate is what becomes of a request or an answer.
type fate struct {
	what fateKind
	late time.Duration // with arrivesLate
}

type fateKind int

const (
	passes      fateKind = iota
	isLost               // it never arrives, and the connection is gone
	isTorn               // of a request: half of it arrives, and the connection is gone
	arrivesLate          // of a request: it arrives after a time, whatever its sender does meanwhile
)

// A trap waits at a place for a gateway to come by, and springs once. It is sprung on the
// gateway's goroutine, which goes on when it returns.
type trap struct {
	at     place
	skip   int // that many pass by first
	spring func(*process) fate
}

// traps are those that are set.
type traps struct {
	mu  sync.Mutex
	set []*trap // guarded by mu
}

func (ts *traps) add(t *trap) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.set = append(ts.set, t)
}

// remove takes up a trap, and reports whether it was still set.
func (ts *traps) remove(t *trap) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	i := slices.Index(ts.set, t)
	if i < 0 {
		return false
	}
	ts.set = slices.Delete(ts.set, i, i+1)
	return true
}

// pass says that a gateway comes by.
func (ts *traps) pass(p *process, at place) fate {
	if t := ts.take(at); t != nil {
		return t.spring(p)
	}
	return fate{}
}

func (ts *traps) take(at place) *trap {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for i, t := range ts.set {
		if t.at != at {
			continue
		}
		if t.skip > 0 {
			t.skip--
			continue
		}
		ts.set = slices.Delete(ts.set, i, i+1)
		return t
	}
	return nil
}
