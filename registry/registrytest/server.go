package registrytest

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/deploy/local/stacktest"
)

// connect opens a connection that is closed after the test.
func connect(t testing.TB, databaseURL string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatalf("connect to the stack's PostgreSQL: %v", err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec(t testing.TB, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// onDatabase returns the stack's URL with another database.
func onDatabase(t testing.TB, name string) string {
	t.Helper()
	u, err := url.Parse(stacktest.Postgres(t))
	if err != nil {
		t.Fatalf("parse the URL of the stack's PostgreSQL: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

// unique returns letters and digits that make a name no other test has.
func unique() string { return strings.ToLower(rand.Text()[:16]) }
