package relay

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"turnkey-gateway/registry"
)

var (
	//go:embed sql/TakeLock.sql
	takeLockSQL string

	//go:embed sql/LimitIdleness.sql
	limitIdlenessSQL string
)

const (
	// lockID is the advisory lock's number: "turnkey1" in ASCII. Advisory locks are of
	// one database.
	lockID int64 = 0x7475726e6b657931

	// sessionIdle is how long the server keeps a silent session, and so its lock. The
	// active relay is heard of at least every pollEvery, save while Postgres is slow.
	sessionIdle = 5 * time.Second

	// sessionTimeout bounds one exchange on the lock's connection.
	sessionTimeout = time.Second
)

// A session is a connection of its own that may hold the lock, and on which changes
// are announced. When it is lost, so is the lock.
type session struct{ conn *pgx.Conn }

// openSession connects, and listens for changes.
func openSession(ctx context.Context, cfg *pgx.ConnConfig) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*sessionTimeout)
	defer cancel()
	cfg = cfg.Copy()
	cfg.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) {} // that one came is all there is to know
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect for the relay's lock: %w", err)
	}
	s := &session{conn}
	if err := s.prepare(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) prepare(ctx context.Context) error {
	millis := strconv.FormatInt(sessionIdle.Milliseconds(), 10)
	if _, err := s.conn.Exec(ctx, limitIdlenessSQL, millis); err != nil {
		return fmt.Errorf("limit the lock's session: %w", err)
	}
	if _, err := s.conn.Exec(ctx, "LISTEN "+pgx.Identifier{registry.ChangesChannel}.Sanitize()); err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	return nil
}

// tryLock reports whether the lock is ours now.
func (s *session) tryLock(ctx context.Context) (taken bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	if err := s.conn.QueryRow(ctx, takeLockSQL, lockID).Scan(&taken); err != nil {
		return false, fmt.Errorf("take the relay's lock: %w", err)
	}
	return taken, nil
}

// alive returns an error if the session, and so the lock, is lost. It also takes in
// every announcement that has arrived.
func (s *session) alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	if err := s.conn.Ping(ctx); err != nil {
		return fmt.Errorf("hold the relay's lock: %w", err)
	}
	return nil
}

// wait returns when a change is announced, or after at most limit. An error means that
// the session is lost.
func (s *session) wait(ctx context.Context, limit time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := s.conn.PgConn().WaitForNotification(bounded)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil && !s.conn.IsClosed():
		return nil
	}
	return fmt.Errorf("hold the relay's lock: %w", err)
}

// close ends the session and frees the lock.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), sessionTimeout)
	defer cancel()
	s.conn.Close(ctx) // an error means that it was closed without a word, or was lost
}
