// Package postgres keeps the registry in PostgreSQL, where its truth is.
//
// A [Reader] answers what judging and caching ask; a [Store] also changes the
// registry and lists it for people, and so needs the keys of identifiers.
//
// Each change is one transaction that ticks the registry clock first, thereby holds
// its lock, appends to registry_changes and to the audit log, and is announced on
// [registry.ChangesChannel] by its commit. The schema's triggers refuse changes made
// in any other way; its named constraints hold what the code assumes, and an error
// that one of them causes is one of the errors of package registry.
package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// A Reader reads the registry. It is safe for concurrent use.
type Reader struct{ pool *pgxpool.Pool }

// NewReader returns a reader on the pool, which stays the caller's to close. It
// contacts nothing; see [CheckSchema].
func NewReader(pool *pgxpool.Pool) *Reader { return &Reader{pool} }

// Snapshots returns the snapshot of each sender whose account some party has, at most
// one per party and account; unknown senders are absent. Everything, epoch and version
// too, comes from one statement and so from one moment of the database.
func (r *Reader) Snapshots(ctx context.Context, senders []registry.LookupHash) ([]registry.Snapshot, registry.Epoch, registry.Version, error) {
	rows, err := r.pool.Query(ctx, snapshotsSQL, byteSlices(senders))
	if err != nil {
		return nil, "", 0, fmt.Errorf("read snapshots of %d senders: %w", len(senders), err)
	}
	var (
		snapshots []registry.Snapshot
		epoch     registry.Epoch
		version   registry.Version
		row       snapshotRow
	)
	_, err = pgx.ForEachRow(rows, row.fields(&epoch, &version), func() error {
		if row.sender == nil {
			return nil // no sender is known: the row holds the clock alone
		}
		if n := len(snapshots); n == 0 || snapshots[n-1].Sender != registry.LookupHash(row.sender) {
			snapshots = append(snapshots, row.snapshot(epoch, version))
		}
		if row.fingerprint != nil {
			last := &snapshots[len(snapshots)-1]
			last.Registrations = append(last.Registrations, row.registration())
		}
		return nil
	})
	if err != nil {
		return nil, "", 0, fmt.Errorf("read snapshots of %d senders: %w", len(senders), err)
	}
	return snapshots, epoch, version, nil
}

// Elsewhere returns, for those of the certificates that count for signing to some
// party at present, that party. Pending registrations bind no one and are left out.
func (r *Reader) Elsewhere(ctx context.Context, certificates []verifier.Fingerprint) (map[verifier.Fingerprint]verifier.PartyID, error) {
	rows, err := r.pool.Query(ctx, elsewhereSQL, byteSlices(certificates))
	if err != nil {
		return nil, fmt.Errorf("look for the holders of %d certificates: %w", len(certificates), err)
	}
	holders := make(map[verifier.Fingerprint]verifier.PartyID)
	var fingerprint []byte
	var party verifier.PartyID
	_, err = pgx.ForEachRow(rows, []any{&fingerprint, &party}, func() error {
		holders[verifier.Fingerprint(fingerprint)] = party
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for the holders of %d certificates: %w", len(certificates), err)
	}
	return holders, nil
}

// Changes returns at most limit changes with a version greater than after, in order
// and without a gap, and the clock as of the same moment: if fewer than limit come
// back, the last one has the current version.
func (r *Reader) Changes(ctx context.Context, after registry.Version, limit int) ([]registry.Change, registry.Epoch, registry.Version, error) {
	rows, err := r.pool.Query(ctx, changesSQL, after, limit)
	if err != nil {
		return nil, "", 0, fmt.Errorf("read changes after version %d: %w", after, err)
	}
	var (
		changes []registry.Change
		epoch   registry.Epoch
		current registry.Version
		row     changeRow
	)
	_, err = pgx.ForEachRow(rows, row.fields(&epoch, &current), func() error {
		if row.version != nil {
			changes = append(changes, row.change())
		}
		return nil
	})
	if err != nil {
		return nil, "", 0, fmt.Errorf("read changes after version %d: %w", after, err)
	}
	return changes, epoch, current, nil
}

// byteSlices makes an array parameter of type bytea[].
func byteSlices[T ~[32]byte](values []T) [][]byte {
	slices := make([][]byte, len(values))
	for i := range values {
		slices[i] = values[i][:]
	}
	return slices
}
