package postgres_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
)

// TestHotQueriesHaveIndexes forbids what is avoidable of sequential scans. What is left
// is a scan of a table without an index at all, or one of a whole index; either means
// that an index is missing. The clock's one row is read as the planner likes.
func TestHotQueriesHaveIndexes(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	tx, err := w.pool.Begin(t.Context())
	w.must(err)
	defer tx.Rollback(t.Context())
	_, err = tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off")
	w.must(err)
	for query, args := range postgres.HotQueries {
		rows, err := tx.Query(t.Context(), "EXPLAIN "+query, append([]any{pgx.QueryExecModeExec}, args...)...)
		w.must(err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		w.must(err)
		for i, line := range plan {
			if strings.Contains(line, "registry_clock") {
				continue
			}
			whole := strings.Contains(line, "Index") && strings.Contains(line, "Scan") &&
				!(i+1 < len(plan) && strings.Contains(plan[i+1], "Index Cond"))
			if whole || strings.Contains(line, "Seq Scan") {
				t.Errorf("%s\n%s", strings.TrimSpace(line), query)
			}
		}
	}
}
