// Package registrytest gives tests a registry of their own: a database with the real
// schema on the stack's PostgreSQL, and sample keys.
package registrytest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/postgres"
)

// Operator is who changes the registry in tests.
const Operator registry.Actor = "operator:test"

// LookupKey returns the sample lookup.key.
func LookupKey() registry.LookupKey { return registry.NewLookupKey(sampleKey("lookup")) }

// IdentityKey returns the sample identity.key.
func IdentityKey(t testing.TB) *registry.IdentityKey {
	t.Helper()
	key, err := registry.NewIdentityKey(sampleKey("identity"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// CacheKey returns the sample cache.key.
func CacheKey() keyfile.Key { return sampleKey("cache") }

// KeyFile writes the sample key of that name (lookup, identity, cache) to a file as
// programs read it, and returns its path.
func KeyFile(t testing.TB, name string) string {
	t.Helper()
	key := sampleKey(name)
	path := filepath.Join(t.TempDir(), name+".key")
	if err := os.WriteFile(path, []byte(hex.EncodeToString(key[:])+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sampleKey is a key of no secrecy that differs by name.
func sampleKey(name string) keyfile.Key { return sha256.Sum256([]byte("turnkey sample " + name)) }

// Store returns a store with the sample keys on a new migrated database.
func Store(t testing.TB) *postgres.Store {
	t.Helper()
	return StoreOn(t, Pool(t, Database(t)))
}

// StoreOn returns a store with the sample keys on the pool.
func StoreOn(t testing.TB, pool *pgxpool.Pool) *postgres.Store {
	t.Helper()
	return postgres.NewStore(pool, LookupKey(), IdentityKey(t))
}

// Pool returns a pool that is closed after the test.
func Pool(t testing.TB, databaseURL string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), databaseURL)
	if err != nil {
		t.Fatalf("open a pool: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Database returns the URL of a new database with the latest schema and an epoch of
// its own. It is a copy of a template that is migrated once per schema, and is dropped
// after the test.
func Database(t testing.TB) string {
	t.Helper()
	server := connect(t, stacktest.Postgres(t))
	template := ensureTemplate(t, server)
	name := create(t, server, template)
	fresh := connect(t, onDatabase(t, name))
	// Triggers refuse an epoch without a change; a copy's is not the registry's to see.
	exec(t, fresh, "SET session_replication_role = replica")
	exec(t, fresh, "UPDATE registry_clock SET epoch = gen_random_uuid()")
	fresh.Close(t.Context())
	return onDatabase(t, name)
}

// EmptyDatabase returns the URL of a new database without a schema, dropped after the
// test.
func EmptyDatabase(t testing.TB) string {
	t.Helper()
	return onDatabase(t, create(t, connect(t, stacktest.Postgres(t)), "template0"))
}

// create makes a database from a template and has it dropped after the test.
func create(t testing.TB, server *pgx.Conn, template string) string {
	t.Helper()
	name := fmt.Sprintf("test_%s", unique())
	exec(t, server, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		server, err := pgx.Connect(ctx, stacktest.Postgres(t))
		if err == nil {
			defer server.Close(ctx)
			_, err = server.Exec(ctx, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name))
		}
		if err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return name
}

// ensureTemplate makes the template of this schema unless it is there. Test processes
// take turns; it is migrated under another name and renamed, so that it is complete if
// it is there.
func ensureTemplate(t testing.TB, server *pgx.Conn) string {
	t.Helper()
	template := "registry_template_" + schemaDigest(t)
	exec(t, server, "SELECT pg_advisory_lock(7310314)")
	defer exec(t, server, "SELECT pg_advisory_unlock(7310314)")
	var there bool
	err := server.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", template).Scan(&there)
	if err != nil {
		t.Fatalf("look for the template: %v", err)
	}
	if there {
		return template
	}
	draft := "draft_" + unique()
	exec(t, server, "CREATE DATABASE "+draft+" TEMPLATE template0")
	pool, err := pgxpool.New(t.Context(), onDatabase(t, draft))
	if err != nil {
		t.Fatalf("open the template: %v", err)
	}
	err = postgres.Migrate(t.Context(), pool)
	pool.Close()
	if err != nil {
		t.Fatal(err)
	}
	exec(t, server, fmt.Sprintf("ALTER DATABASE %s RENAME TO %s", draft, template))
	return template
}

func schemaDigest(t testing.TB) string {
	t.Helper()
	steps, err := postgres.MigrationFiles()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(bytes.Join(steps, []byte{0}))
	return hex.EncodeToString(sum[:8])
}
