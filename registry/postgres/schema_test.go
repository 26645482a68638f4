package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
)

// TestEverySchemaStep runs the contract on every schema that this code may meet, each
// with the data that the steps before have left.
func TestEverySchemaStep(t *testing.T) {
	w := newWorld(t, registrytest.EmptyDatabase(t))
	steps, err := postgres.MigrationFiles()
	w.must(err)
	if len(steps) < postgres.RequiredSchema {
		t.Fatalf("%d steps", len(steps))
	}
	for step := int64(postgres.RequiredSchema); step <= int64(len(steps)); step++ {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			w := w.in(t)
			w.must(postgres.MigrateTo(t.Context(), w.pool, step))
			version, err := postgres.SchemaVersion(t.Context(), w.pool)
			w.must(err)
			if version != step {
				t.Fatalf("schema version %d, want %d", version, step)
			}
			w.must(postgres.CheckSchema(t.Context(), w.pool))
			contract(w)
		})
	}
}

// TestAuditLogOfBeforeIsLinked migrates an audit log that was no chain, with a gap in its
// numbers.
func TestAuditLogOfBeforeIsLinked(t *testing.T) {
	w := newWorld(t, registrytest.EmptyDatabase(t))
	w.must(postgres.MigrateTo(t.Context(), w.pool, 2))
	_, err := w.pool.Exec(t.Context(), `
		UPDATE registry_clock SET version = version + 1;
		INSERT INTO registry_changes (version, epoch, kind) SELECT version, epoch, 'revoked' FROM registry_clock;
		INSERT INTO audit_log (actor, action, version) SELECT 'operator:test', 'revoked', version FROM registry_clock, generate_series(1, 3);
		SELECT nextval('audit_log_id_seq');
		INSERT INTO audit_log (actor, action, version) SELECT 'operator:other', 'revoked', version FROM registry_clock, generate_series(1, 2)`)
	w.must(err)
	w.must(postgres.Migrate(t.Context(), w.pool))
	w.must(w.store.Note(t.Context(), registrytest.Operator, registry.Queried, "", nil, ""))
	report, err := w.store.VerifyAudit(t.Context(), nil)
	w.must(err)
	if report.Broken != 0 || report.Entries != 6 {
		t.Errorf("%+v, want 6 entries in a chain", report)
	}
}

func TestUnmigratedDatabaseSaysWhatToRun(t *testing.T) {
	pool := registrytest.Pool(t, registrytest.EmptyDatabase(t))
	err := postgres.CheckSchema(t.Context(), pool)
	if !errors.Is(err, postgres.ErrSchema) || !strings.Contains(err.Error(), "turnkey migrate") {
		t.Errorf("got %v", err)
	}
	if version, err := postgres.SchemaVersion(t.Context(), pool); version != 0 || err != nil {
		t.Errorf("schema version %d, %v", version, err)
	}
}

func TestMigratorsTakeTurns(t *testing.T) {
	url := registrytest.EmptyDatabase(t)
	var migrators errgroup.Group
	for range 4 {
		pool := registrytest.Pool(t, url)
		migrators.Go(func() error { return postgres.Migrate(t.Context(), pool) })
	}
	if err := migrators.Wait(); err != nil {
		t.Fatal(err)
	}
	contract(newWorld(t, url))
}

// TestInterruptedIndexIsBuiltAnew leaves behind what a concurrent build that was cut
// short leaves: an index of that name that doesn't do.
func TestInterruptedIndexIsBuiltAnew(t *testing.T) {
	w := newWorld(t, registrytest.EmptyDatabase(t))
	w.must(postgres.MigrateTo(t.Context(), w.pool, 1))
	_, err := w.pool.Exec(t.Context(), "CREATE INDEX certificates_by_expiry ON certificates (not_before)")
	w.must(err)
	w.must(postgres.Migrate(t.Context(), w.pool))
	var definition string
	w.must(w.pool.QueryRow(t.Context(), "SELECT pg_get_indexdef('certificates_by_expiry'::regclass)").Scan(&definition))
	if !strings.HasSuffix(definition, "(not_after)") {
		t.Errorf("the index is %s", definition)
	}
}
