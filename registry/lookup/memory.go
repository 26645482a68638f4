package lookup

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"turnkey-gateway/registry"
)

// A memory is L1: the entries used last. Unknown accounts are kept apart, so that a
// flood of invented ones can't drive out the others.
type memory struct {
	mu      sync.Mutex
	known   *simplelru.LRU[registry.LookupHash, *entry] // guarded by mu
	unknown *simplelru.LRU[registry.LookupHash, *entry] // guarded by mu
}

func newMemory(entries int) *memory {
	lru := func(size int) *simplelru.LRU[registry.LookupHash, *entry] {
		l, err := simplelru.NewLRU[registry.LookupHash, *entry](size, nil)
		if err != nil {
			panic(err) // only for a size below 1
		}
		return l
	}
	return &memory{known: lru(max(entries, 1)), unknown: lru(max(entries/8, 1))}
}

// get returns an entry for each of the hashes at the given indices, or nil.
func (m *memory) get(hashes []registry.LookupHash, indices []int) []*entry {
	entries := make([]*entry, len(indices))
	m.mu.Lock()
	defer m.mu.Unlock()
	for n, i := range indices {
		e, found := m.known.Get(hashes[i])
		if !found {
			e, _ = m.unknown.Get(hashes[i])
		}
		entries[n] = e
	}
	return entries
}

func (m *memory) put(e *entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e.known() {
		m.unknown.Remove(e.hash)
		m.known.Add(e.hash, e)
		return
	}
	m.known.Remove(e.hash)
	m.unknown.Add(e.hash, e)
}

func (m *memory) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known.Len()
}
