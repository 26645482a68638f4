package rig

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/registry/postgres"
)

// CreateDatabase makes a database beside the one at a URL, and returns its own URL and how to
// drop it, whoever still uses it.
func CreateDatabase(ctx context.Context, beside, name string) (address string, drop func(context.Context) error, err error) {
	to, err := url.Parse(beside)
	if err != nil {
		return "", nil, errors.New("the URL of Postgres can't be parsed") // it may hold a password
	}
	if err := Execute(ctx, beside, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	to.Path = "/" + name
	return to.String(), func(ctx context.Context) error {
		return Execute(ctx, beside, "DROP DATABASE "+name+" WITH (FORCE)")
	}, nil
}

// Execute runs one statement outside a transaction.
func Execute(ctx context.Context, address, statement string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// OpenRegistry migrates an empty database and enrols parties there. Close the pool, which the
// store uses.
func OpenRegistry(ctx context.Context, address string, keys KeyFiles, parties []corpus.Party) (*pgxpool.Pool, *postgres.Store, error) {
	lookup, identity, err := keys.Load()
	if err != nil {
		return nil, nil, err
	}
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return nil, nil, fmt.Errorf("open the registry: %w", err)
	}
	store := postgres.NewStore(pool, lookup, identity)
	if err = postgres.Migrate(ctx, pool); err == nil {
		_, err = Enrol(ctx, store, parties)
	}
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	return pool, store, nil
}
