package embedded

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"turnkey-gateway/bench/rig"
	"turnkey-gateway/verifier"
)

// maxAge is how old an honest registry's answers may be: gateways believe none that is 3 s
// old.
const maxAge = 2900 * time.Millisecond

// Epochs of the registry, which outcomes name: so a produce tells whether it holds one that
// rests on an answer as old as it may be.
const (
	epochFair = "soak-fair"
	epochOld  = "soak-old"
)

// A book is the truth about certificates that change, by the account that has them, as a
// list of changes in the order of their commits. All else never changes.
type book struct {
	kit *kit

	turn sync.Mutex // held by the one fault that makes the weather

	mu      sync.Mutex
	entries []entry // guarded by mu
	weather weather // guarded by mu
	failed  int     // guarded by mu; lookups that were not answered
}

// An entry is a change: the account's certificate has that state from a moment on. The
// registry's version is its place in the list, from 1.
type entry struct {
	at      time.Time
	account string
	state   verifier.RegistrationState
}

// weather is what the registry is like.
type weather int

const (
	fair   weather = iota // answers soon, up to 2 s old
	away                  // fails
	silent                // answers when nobody waits any more
	slow                  // takes its time
	old                   // as old as it may be
	tooOld                // older, and says so
)

// commit makes a change.
func (b *book) commit(account string, state verifier.RegistrationState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, entry{time.Now(), account, state})
}

// bring makes the weather, once no other fault does, until end is called.
func (b *book) bring(w weather) (end func()) {
	b.turn.Lock()
	b.set(w)
	return func() {
		b.set(fair)
		b.turn.Unlock()
	}
}

func (b *book) set(w weather) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.weather = w
}

// failures are the lookups that were not answered.
func (b *book) failures() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// ask says what a lookup meets, and counts it.
func (b *book) ask() weather {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.weather {
	case away, silent, tooOld:
		b.failed++
	}
	return b.weather
}

// at returns an account's state at a moment, and the registry's version then.
func (b *book) at(account string, t time.Time) (state verifier.RegistrationState, version uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		if e.at.After(t) {
			break
		}
		version++
		if e.account == account {
			state = e.state
		}
	}
	return state, version
}

var errAway = errors.New("the registry is away")

// A view is the registry as one gateway has it.
type view struct {
	book *book
	p    *process
}

// Senders answers honestly: what was true at the moment that it names.
func (v view) Senders(ctx context.Context, accounts []string, hints []verifier.Hints, since time.Time) ([]verifier.Sender, error) {
	v.p.pass(place{callLookup, false}, nil)
	if err := v.p.gate(); err != nil {
		return nil, err
	}
	asked := time.Now()
	age := time.Duration(0)
	if rand.IntN(2) == 0 {
		age = rand.N(2 * time.Second)
	}
	switch v.book.ask() {
	case away:
		return nil, errAway
	case silent:
		<-ctx.Done()
		return nil, ctx.Err()
	case slow:
		if err := rig.Sleep(ctx, 300*time.Millisecond+rand.N(300*time.Millisecond)); err != nil {
			return nil, err
		}
	case old:
		age = maxAge
	case tooOld:
		age = 2 * maxAge
	}
	senders := make([]verifier.Sender, len(accounts))
	for i, account := range accounts {
		senders[i] = v.sender(account, hints[i], asked, asked.Add(-age), !since.IsZero())
	}
	v.p.pass(place{callLookup, true}, []byte(strings.Join(accounts, " ")))
	return senders, v.p.gate()
}

// sender answers as of a moment, but of an account's own registrations as of now where
// more than that is asked.
func (v view) sender(account string, hints verifier.Hints, now, asOf time.Time, present bool) verifier.Sender {
	own := asOf
	if present {
		own = now
	}
	h, changing := v.book.kit.holders[account]
	state, version := v.book.at(account, own)
	var s verifier.Sender
	if changing {
		s.Party = verifier.PartyID(account)
		if state != "" {
			s.Registrations = []verifier.Registration{{Certificate: h.Certificate, State: state}}
		}
	} else {
		s = v.book.kit.corpus.Sender(account, hints)
	}
	s.Epoch, s.Version, s.AsOf = epochFair, version, v.p.clock.reading(asOf)
	if now.Sub(asOf) >= maxAge {
		s.Epoch = epochOld
	}
	return s
}
