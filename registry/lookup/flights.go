package lookup

import (
	"sync"

	"turnkey-gateway/registry"
)

// flights sees to it that no sender is being fetched twice at one time.
type flights struct {
	mu    sync.Mutex
	under map[registry.LookupHash]*flight // guarded by mu
}

// A flight is the fetching of some senders by one caller.
type flight struct {
	landed chan struct{} // closed when it is over

	// err is why it failed, set before landed is closed; gaveUp says that the caller's
	// context ended, which means nothing to those who wait.
	err    error
	gaveUp bool
}

// join splits the indices of hashes into those that nobody is fetching, for which a
// flight begins that the caller must land, and the flights that fetch the others.
func (f *flights) join(hashes []registry.LookupHash, indices []int) (own *flight, mine, theirs []int, others []*flight) {
	own = &flight{landed: make(chan struct{})}
	seen := make(map[*flight]bool)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range indices {
		other := f.under[hashes[i]]
		if other == nil {
			f.under[hashes[i]] = own
			mine = append(mine, i)
			continue
		}
		theirs = append(theirs, i)
		if !seen[other] {
			seen[other] = true
			others = append(others, other)
		}
	}
	return own, mine, theirs, others
}

// land ends a flight for those who wait.
func (f *flights) land(own *flight, hashes []registry.LookupHash, mine []int, err error, gaveUp bool) {
	f.mu.Lock()
	for _, i := range mine {
		delete(f.under, hashes[i])
	}
	f.mu.Unlock()
	own.err, own.gaveUp = err, gaveUp
	close(own.landed)
}
