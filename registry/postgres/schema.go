package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// requiredSchema is the oldest step that this code runs on. A step is applied before the
// release that needs it, while code from before it runs and goes on running.
const requiredSchema = 3

const (
	schemaTable = "registry_schema"

	// migrationLock is the key of the advisory lock that makes migrators of one
	// database take turns: "turnkey" in ASCII.
	migrationLock = 0x7475726e6b6579

	// A migrator asks for the lock this often, in seconds, and gives up after so many
	// times.
	lockInterval, lockTries = 1, 600
)

// ErrSchema means that the database lacks steps that this code needs.
var ErrSchema = errors.New("the database's schema is older than this program: run `turnkey migrate`")

// Migrate applies the steps that the database lacks, in order. Any number of migrators
// may run at once; they take turns for up to ten minutes.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return migrateTo(ctx, pool, 0)
}

// migrateTo applies steps up to and including last; 0 means all.
func migrateTo(ctx context.Context, pool *pgxpool.Pool, last int64) error {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrate the registry: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockID(migrationLock), lock.WithLockTimeout(lockInterval, lockTries))
	if err != nil {
		return fmt.Errorf("migrate the registry: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, steps,
		goose.WithSessionLocker(locker), goose.WithTableName(schemaTable))
	if err != nil {
		return fmt.Errorf("migrate the registry: %w", err)
	}
	if last == 0 {
		_, err = provider.Up(ctx)
	} else {
		_, err = provider.UpTo(ctx, last)
	}
	if err != nil {
		return fmt.Errorf("migrate the registry: %w", err)
	}
	return nil
}

// MigrationFiles returns the text of each step, in order: equal texts, equal schemas.
func MigrationFiles() ([][]byte, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	texts := make([][]byte, len(names))
	for i, name := range names {
		if texts[i], err = migrations.ReadFile(name); err != nil {
			return nil, fmt.Errorf("read the migrations: %w", err)
		}
	}
	return texts, nil
}

// SchemaVersion returns the number of the latest step applied to the database, 0 if
// it was never migrated.
func SchemaVersion(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	var version int64
	err := pool.QueryRow(ctx, schemaVersionSQL).Scan(&version)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == undefinedTable {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version, nil
}

// CheckSchema returns an error that wraps [ErrSchema] if the database lacks steps that
// this code needs. A database that is ahead is fine: steps only ever make room.
func CheckSchema(ctx context.Context, pool *pgxpool.Pool) error {
	version, err := SchemaVersion(ctx, pool)
	if err != nil {
		return err
	}
	if version < requiredSchema {
		return fmt.Errorf("schema step %d, at least %d is needed: %w", version, requiredSchema, ErrSchema)
	}
	return nil
}
