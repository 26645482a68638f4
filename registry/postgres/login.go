package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var (
	//go:embed sql/LoginObstacle.sql
	loginObstacleSQL string
	//go:embed sql/rehashPassword.sql
	rehashPasswordSQL string
	//go:embed sql/endOtherSessions.sql
	endOtherSessionsSQL string
	//go:embed sql/OtherSessions.sql
	otherSessionsSQL string
	//go:embed sql/ResetOf.sql
	resetOfSQL string
	//go:embed sql/StaffResetOpen.sql
	staffResetOpenSQL string
)

// LoginObstacle tells why a certificate that [Store.LoginOf] finds nobody for lets nobody
// in, and whose login certificate it was; no party where it was nobody's.
func (s *Store) LoginObstacle(ctx context.Context, certificate verifier.Fingerprint) (verifier.PartyID, registry.LoginObstacle, error) {
	var party *string
	var why registry.LoginObstacle
	err := s.pool.QueryRow(ctx, loginObstacleSQL, certificate[:]).Scan(&party, &why)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", registry.NotRegistered, nil
	}
	return verifier.PartyID(orZero(party)), why, explain("look for what closed a login", err)
}

// RehashPassword replaces a password's hash by another one of the same password. It does
// nothing if the password was changed meanwhile.
func (s *Store) RehashPassword(ctx context.Context, party verifier.PartyID, old, hash string) error {
	_, err := s.pool.Exec(ctx, rehashPasswordSQL, party, old, hash)
	return explain("hash a password anew", err)
}

// EndOtherSessions ends every session of a party but one, and returns how many there were.
func (s *Store) EndOtherSessions(ctx context.Context, actor registry.Actor, party verifier.PartyID, but registry.SessionID) (ended int, err error) {
	err = s.change(ctx, actor, "end a party's other sessions", func(c change) error {
		done, err := c.Exec(ctx, endOtherSessionsSQL, party, but[:])
		if err != nil {
			return err
		}
		ended = int(done.RowsAffected())
		return c.note(ctx, registry.SessionsEnded, party, nil, "")
	})
	return ended, err
}

// OtherSessions counts a party's sessions but one.
func (s *Store) OtherSessions(ctx context.Context, party verifier.PartyID, but registry.SessionID) (n int, err error) {
	err = s.pool.QueryRow(ctx, otherSessionsSQL, party, but[:]).Scan(&n)
	return n, explain("count sessions", err)
}

// ResetOf returns whose password a token would set now. It uses nothing up. The error
// wraps [registry.ErrNoReset] if it would set none.
func (s *Store) ResetOf(ctx context.Context, token string) (party verifier.PartyID, err error) {
	hash := tokenHash(token)
	err = s.pool.QueryRow(ctx, resetOfSQL, hash[:]).Scan(&party)
	if errors.Is(err, pgx.ErrNoRows) {
		err = registry.ErrNoReset
	}
	return party, explain("look for a password reset", err)
}

// StaffResetOpen reports whether a reset that takes staff is on its way for a party:
// whether it waits for staff or was approved and can be used.
func (s *Store) StaffResetOpen(ctx context.Context, party verifier.PartyID) (open bool, err error) {
	err = s.pool.QueryRow(ctx, staffResetOpenSQL, party).Scan(&open)
	return open, explain("look for a password reset", err)
}

// DeviceToken returns what a browser shows from now on to be known as one from which
// somebody logged in to an account by the password with this hash.
func (s *Store) DeviceToken(name, passwordHash string, now time.Time) string {
	var nonce [16]byte
	rand.Read(nonce[:]) // never fails
	return s.deviceToken(name, passwordHash, base64.RawURLEncoding.EncodeToString(nonce[:]), strconv.FormatInt(now.Unix(), 10))
}

func (s *Store) deviceToken(name, passwordHash, nonce, since string) string {
	proof := s.lookup.Device(name, passwordHash, nonce, since)
	return nonce + "." + since + "." + base64.RawURLEncoding.EncodeToString(proof[:])
}

// KnownDevice reports whether a browser got its token for this account and password, no
// longer than [registry.DeviceLifetime] ago.
func (s *Store) KnownDevice(name, passwordHash, token string, now time.Time) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || passwordHash == "" {
		return false
	}
	if !hmac.Equal([]byte(s.deviceToken(name, passwordHash, parts[0], parts[1])), []byte(token)) {
		return false
	}
	since, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return false // we don't write such
	}
	age := now.Sub(time.Unix(since, 0))
	return age > -time.Hour && age < registry.DeviceLifetime
}
