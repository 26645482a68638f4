package postgres

import (
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// A snapshotRow is a row of Snapshots.sql: one registration of one sender, with nulls
// where there is no registration, or no sender.
type snapshotRow struct {
	sender      []byte
	party       *string
	identifiers [][]byte
	fingerprint []byte
	der         []byte
	state       *string
	from        *time.Time
	until       *time.Time
	endedAt     *time.Time
}

func (r *snapshotRow) fields(epoch *registry.Epoch, version *registry.Version) []any {
	return []any{epoch, version, &r.sender, &r.party, &r.identifiers,
		&r.fingerprint, &r.der, &r.state, &r.from, &r.until, &r.endedAt}
}

func (r *snapshotRow) snapshot(epoch registry.Epoch, version registry.Version) registry.Snapshot {
	return registry.Snapshot{
		Sender:      registry.LookupHash(r.sender),
		Party:       verifier.PartyID(*r.party),
		Identifiers: hashes(r.identifiers),
		Epoch:       epoch,
		Version:     version,
	}
}

func (r *snapshotRow) registration() registry.RegistrationRow {
	return registry.RegistrationRow{
		DER:         r.der,
		Fingerprint: verifier.Fingerprint(r.fingerprint),
		State:       verifier.RegistrationState(*r.state),
		From:        *r.from,
		Until:       orZero(r.until),
		EndedAt:     orZero(r.endedAt),
	}
}

// A changeRow is a row of Changes.sql, with nulls where there is no change.
type changeRow struct {
	version *registry.Version
	kind    *string
	party   *string
	senders [][]byte
	at      *time.Time
}

func (r *changeRow) fields(epoch *registry.Epoch, current *registry.Version) []any {
	return []any{epoch, current, &r.version, &r.kind, &r.party, &r.senders, &r.at}
}

func (r *changeRow) change() registry.Change {
	return registry.Change{
		Version: *r.version,
		Party:   verifier.PartyID(orZero(r.party)),
		Senders: hashes(r.senders),
		At:      *r.at,
		Kind:    registry.ChangeKind(*r.kind),
	}
}

// hashes converts stored hashes; constraints give them their size.
func hashes(stored [][]byte) []registry.LookupHash {
	converted := make([]registry.LookupHash, len(stored))
	for i, h := range stored {
		converted[i] = registry.LookupHash(h)
	}
	return converted
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
