package registrytest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/deploy/local/stacktest"
)

// A Role is one of the stack's PostgreSQL, without rights.
type Role struct{ Name, password string }

// NewRole makes a role that may log in. It is dropped after the test: to be called before
// [Database], whose database goes first then, and with it what the role was granted.
func NewRole(t testing.TB) Role {
	t.Helper()
	role := Role{"test_" + unique(), rand.Text()}
	exec(t, connect(t, stacktest.Postgres(t)), fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", role.Name, role.password))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		server, err := pgx.Connect(ctx, stacktest.Postgres(t))
		if err == nil {
			defer server.Close(ctx)
			_, err = server.Exec(ctx, "DROP ROLE "+role.Name)
		}
		if err != nil {
			t.Errorf("drop the test's role: %v", err)
		}
	})
	return role
}

// On returns the URL of a database with which the role logs in.
func (r Role) On(t testing.TB, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatalf("parse a database's URL: %v", err)
	}
	u.User = url.UserPassword(r.Name, r.password)
	return u.String()
}
