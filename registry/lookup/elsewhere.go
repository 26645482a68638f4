package lookup

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/verifier"
)

// elsewhereEntries bounds the certificates whose holders are remembered.
const elsewhereEntries = 4096

// A holder is the party that a certificate counts for, "" for none, as of readAt.
type holder struct {
	party  verifier.PartyID
	readAt time.Time

	// Of the freshest heartbeat when it was read: it is repeated only while no later
	// change is heard of.
	epoch   registry.Epoch
	version registry.Version
}

// holders remembers holders.
type holders struct {
	mu  sync.Mutex
	lru *simplelru.LRU[verifier.Fingerprint, holder] // guarded by mu
}

func newHolders() *holders {
	lru, err := simplelru.NewLRU[verifier.Fingerprint, holder](elsewhereEntries, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &holders{lru: lru}
}

func (h *holders) get(f verifier.Fingerprint, epoch registry.Epoch, version registry.Version, now time.Time) (holder, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found, ok := h.lru.Get(f)
	ok = ok && now.Sub(found.readAt) <= ownFor && found.epoch == epoch && found.version == version
	return found, ok
}

func (h *holders) put(f verifier.Fingerprint, held holder) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lru.Add(f, held)
}

// elsewhere says, of the certificates that the documents refer to and that their
// senders have not registered, which are registered to others: one query for all.
func (l *Lookup) elsewhere(ctx context.Context, senders []verifier.Sender, entries []*entry, hints []verifier.Hints) error {
	asked := make(map[verifier.Fingerprint]holder)
	for i := range senders {
		for _, f := range hints[i].Fingerprints {
			if !entries[i].has(f) {
				asked[f] = holder{}
			}
		}
	}
	if len(asked) == 0 {
		return nil
	}
	if err := l.findHolders(ctx, asked); err != nil {
		return err
	}
	for i := range senders {
		for _, f := range hints[i].Fingerprints {
			if !entries[i].has(f) {
				addHolder(&senders[i], f, asked[f])
			}
		}
	}
	return nil
}

func addHolder(s *verifier.Sender, f verifier.Fingerprint, h holder) {
	if h.readAt.Before(s.AsOf) {
		s.AsOf = h.readAt
	}
	if h.party != "" && h.party != s.Party {
		s.Elsewhere = append(s.Elsewhere, f)
	}
}

// findHolders fills in the holders of the certificates asked for.
func (l *Lookup) findHolders(ctx context.Context, asked map[verifier.Fingerprint]holder) error {
	now := l.now()
	epoch, version := heardVersion(l.cache.Heard())
	var missing []verifier.Fingerprint
	for f := range asked {
		held, found := l.holders.get(f, epoch, version, now)
		if !found {
			missing = append(missing, f)
			continue
		}
		asked[f] = held
	}
	if len(missing) == 0 {
		return nil
	}
	var parties map[verifier.Fingerprint]verifier.PartyID
	err := l.query(ctx, queryElsewhere, func(ctx context.Context) (err error) {
		parties, err = l.database.Elsewhere(ctx, missing)
		return err
	})
	if err != nil {
		return fmt.Errorf("look up senders: %w", err)
	}
	for _, f := range missing {
		held := holder{party: parties[f], readAt: now, epoch: epoch, version: version}
		l.holders.put(f, held)
		asked[f] = held
	}
	return nil
}

func heardVersion(h *rediscache.Heard) (registry.Epoch, registry.Version) {
	if h == nil {
		return "", 0
	}
	return h.Epoch, h.Version
}
