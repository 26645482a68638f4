package lookup

import (
	"slices"
	"sync/atomic"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/rediscache"
	"turnkey-gateway/verifier"
)

// ownFor is how long an answer from Postgres is believed without a heartbeat, and how
// long an unknown account is remembered at all.
const ownFor = 2 * time.Second

// ownAnswer is the belief in an answer from Postgres that is younger than ownFor.
const ownAnswer rediscache.Belief = "own"

// An entry is what is known of one account, ready for judging. It is immutable but for
// its version, which rises.
type entry struct {
	hash  registry.LookupHash
	party verifier.PartyID // "" where no party has the account
	holds func(verifier.IdentifierKind, string) bool

	// registrations hold parsed certificates, shared between entries. Never written
	// after the entry is made: answers alias them.
	registrations []verifier.Registration

	epoch registry.Epoch

	// version is the latest at which this is known to have been true: the one it was
	// read at, or that of a heartbeat that vouched for it since.
	version atomic.Uint64

	// readAt is the moment just before the query that brought it was sent; zero if it
	// came from Redis.
	readAt time.Time
}

// known reports whether a party has the account.
func (e *entry) known() bool { return e.party != "" }

// An answer is an entry with what it is worth now.
type answer struct {
	*entry
	version registry.Version
	asOf    time.Time
}

// own is the answer as Postgres gave it.
func (e *entry) own() answer {
	return answer{e, registry.Version(e.version.Load()), e.readAt}
}

// worth judges an entry by the rule of belief, or, if it is young enough, by itself.
// It is no answer unless the belief is Believed or ownAnswer.
func (e *entry) worth(heard *rediscache.Heard, now time.Time) (answer, rediscache.Belief) {
	version := registry.Version(e.version.Load())
	young := !e.readAt.IsZero() && now.Sub(e.readAt) <= ownFor && !heard.Changed(e.hash, e.epoch, version)
	belief := rediscache.StaleHeartbeat
	if e.known() {
		belief = heard.Believes(e.hash, e.epoch, version, now)
	}
	switch {
	case belief == rediscache.Believed:
		a := answer{e, e.confirm(version, heard.Version), heard.AsOf()}
		if young && e.readAt.After(a.asOf) {
			a.asOf = e.readAt
		}
		return a, belief
	case young:
		return e.own(), ownAnswer
	}
	return answer{}, belief
}

// confirm notes that the entry was still true at a later version, so that it isn't
// forgotten only because others changed more often than heartbeats can list.
func (e *entry) confirm(from, to registry.Version) registry.Version {
	for from < to && !e.version.CompareAndSwap(uint64(from), uint64(to)) {
		from = registry.Version(e.version.Load())
	}
	return max(from, to)
}

// has reports whether a certificate is among the sender's own registrations, in any
// state.
func (e *entry) has(f verifier.Fingerprint) bool {
	return slices.ContainsFunc(e.registrations, func(r verifier.Registration) bool {
		return r.Certificate.Fingerprint() == f
	})
}
