// Package database opens the Postgres that a program is configured with.
package database

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/cmd/internal/config"
)

// Open returns a pool on the database whose URL the file holds. It connects on first
// use, so that a program starts, and says so, while its database is away.
func Open(ctx context.Context, file string) (*pgxpool.Pool, error) {
	url, err := config.Secret(file)
	if err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The parser's words may repeat the password.
		return nil, fmt.Errorf("%s holds no Postgres URL: write, for example, postgres://user:password@host:5432/turnkey?sslmode=verify-full", file)
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}
