package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// A Store reads and changes the registry. It is safe for concurrent use.
//
// A change that returns an error was not made, unless the connection broke during its
// commit: then nobody knows. Trying again is safe: what was made after all is refused
// the second time ([registry.ErrAlreadyRegistered] and its like); a second new epoch
// only costs the caches another start.
type Store struct {
	*Reader
	lookup   registry.LookupKey
	identity *registry.IdentityKey
}

// NewStore returns a store on the pool, which stays the caller's to close. Without an
// identity key (nil) it can neither store national ids nor show them.
func NewStore(pool *pgxpool.Pool, lookup registry.LookupKey, identity *registry.IdentityKey) *Store {
	return &Store{NewReader(pool), lookup, identity}
}

// A change is a transaction that changes the registry.
type change struct {
	pgx.Tx
	actor registry.Actor
}

// change runs do in one transaction. do must tick the clock before it
// changes what caches hold, and before it writes to the audit log.
func (s *Store) change(ctx context.Context, actor registry.Actor, attempt string, do func(change) error) error {
	if err := actor.Check(); err != nil {
		return fmt.Errorf("%s: %w", attempt, err)
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return do(change{tx, actor}) })
	return explain(attempt, err)
}

// tick steps the registry clock, which makes other changes wait until this one has
// ended, and returns the new version.
func (c change) tick(ctx context.Context) (version registry.Version, err error) {
	err = c.QueryRow(ctx, tickSQL).Scan(&version)
	return version, err
}

// record appends what was done in the version of the last tick to what caches read.
func (c change) record(ctx context.Context, kind registry.ChangeKind, party verifier.PartyID) error {
	_, err := c.Exec(ctx, recordSQL, kind, orNull(party))
	return err
}

// orNull makes a null of the zero value.
func orNull[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
