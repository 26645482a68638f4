package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var (
	//go:embed sql/beginSession.sql
	beginSessionSQL string
	//go:embed sql/Session.sql
	sessionSQL string
	//go:embed sql/passwordFits.sql
	passwordFitsSQL string
	//go:embed sql/endSession.sql
	endSessionSQL string
	//go:embed sql/endSessions.sql
	endSessionsSQL string
	//go:embed sql/LoginOf.sql
	loginOfSQL string
	//go:embed sql/saveDraft.sql
	saveDraftSQL string
	//go:embed sql/Draft.sql
	draftSQL string
	//go:embed sql/dropDraft.sql
	dropDraftSQL string
	//go:embed sql/newChallenge.sql
	newChallengeSQL string
	//go:embed sql/takeChallenge.sql
	takeChallengeSQL string
	//go:embed sql/take.sql
	takeSQL string
	//go:embed sql/untilRoom.sql
	untilRoomSQL string
	//go:embed sql/sweep.sql
	sweepSQL string
)

// newToken returns 32 random bytes in base64url without padding, and their hash, which
// is all that the database gets to see.
func newToken() (token string, hash [32]byte) {
	var raw [32]byte
	rand.Read(raw[:]) // never fails
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	return token, tokenHash(token)
}

func tokenHash(token string) [32]byte { return sha256.Sum256([]byte(token)) }

// BeginSession opens an anonymous session and returns the token for its cookie.
func (s *Store) BeginSession(ctx context.Context, lifetime time.Duration) (token string, session registry.Session, err error) {
	token, session, err = s.beginSession(ctx, s.pool, registry.Opening{}, lifetime)
	if err != nil {
		return "", session, fmt.Errorf("begin a session: %w", err)
	}
	return token, session, nil
}

// querier is a pool or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func (s *Store) beginSession(ctx context.Context, on querier, o registry.Opening, lifetime time.Duration) (token string, session registry.Session, err error) {
	token, id := newToken()
	session = registry.Session{ID: id, Party: o.Party, Operator: o.Operator, Strength: o.Strength, Certificate: o.Certificate}
	var certificate []byte
	if o.Strength == registry.ByCertificate {
		certificate = o.Certificate[:]
	}
	err = on.QueryRow(ctx, beginSessionSQL, id[:], orNull(o.Party), orNull(o.Operator), o.Strength, certificate, lifetime.Microseconds()).
		Scan(&session.CreatedAt, &session.ExpiresAt)
	return token, session, err
}

// Session returns the session whose cookie holds the token. The error wraps
// [registry.ErrNoSession] if there is none, or if the login certificate that opened it
// is no longer in force.
func (s *Store) Session(ctx context.Context, token string) (registry.Session, error) {
	session := registry.Session{ID: tokenHash(token)}
	var party, operator *string
	var certificate []byte
	err := s.pool.QueryRow(ctx, sessionSQL, session.ID[:]).
		Scan(&party, &operator, &session.Strength, &certificate, &session.CreatedAt, &session.ExpiresAt)
	if errors.Is(err, pgx.ErrNoRows) {
		err = registry.ErrNoSession
	}
	if err != nil {
		return registry.Session{}, fmt.Errorf("read a session: %w", err)
	}
	session.Party, session.Operator = verifier.PartyID(orZero(party)), orZero(operator)
	copy(session.Certificate[:], certificate)
	return session, nil
}

// LogIn ends the session of oldToken and opens one for whom o says, under a new token:
// whoever knew the old one is left outside.
func (s *Store) LogIn(ctx context.Context, oldToken string, o registry.Opening, lifetime time.Duration) (token string, session registry.Session, err error) {
	actor := registry.OperatorActor(o.Operator)
	if o.Party != "" {
		actor = registry.PartyActor(o.Party)
	}
	err = s.change(ctx, actor, "log in", func(c change) (err error) {
		if o.PasswordHash != "" { // its lock has a new password wait, and end this session
			var fits bool
			if err = c.QueryRow(ctx, passwordFitsSQL, o.Party, o.PasswordHash).Scan(&fits); errors.Is(err, pgx.ErrNoRows) {
				return registry.ErrNoPassword
			}
			if err != nil {
				return err
			}
		}
		old := tokenHash(oldToken)
		if _, err = c.Exec(ctx, endSessionSQL, old[:]); err != nil {
			return err
		}
		if token, session, err = s.beginSession(ctx, c, o, lifetime); err != nil {
			return err
		}
		var certificate *verifier.Fingerprint
		if o.Strength == registry.ByCertificate {
			certificate = &o.Certificate
		}
		return c.note(ctx, registry.LoggedIn, o.Party, certificate, string(o.Strength))
	})
	return token, session, err
}

// EndSession ends the session of a token, if there is one.
func (s *Store) EndSession(ctx context.Context, token string) error {
	id := tokenHash(token)
	_, err := s.pool.Exec(ctx, endSessionSQL, id[:])
	return explain("end a session", err)
}

// EndSessions ends every session of a party.
func (s *Store) EndSessions(ctx context.Context, party verifier.PartyID) error {
	_, err := s.pool.Exec(ctx, endSessionsSQL, party)
	return explain("end a party's sessions", err)
}

// LoginOf returns whom a certificate lets in at present. The error wraps
// [registry.ErrNoRegistration] if nobody.
func (s *Store) LoginOf(ctx context.Context, certificate verifier.Fingerprint) (registry.LoginHolder, error) {
	rows, err := s.pool.Query(ctx, loginOfSQL, certificate[:])
	if err != nil {
		return registry.LoginHolder{}, fmt.Errorf("look for a login certificate: %w", err)
	}
	holder, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (registry.LoginHolder, error) {
		var party, operator *string
		err := row.Scan(&party, &operator)
		return registry.LoginHolder{Party: verifier.PartyID(orZero(party)), Operator: orZero(operator)}, err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = registry.ErrNoRegistration
	}
	if err != nil { // several: an operator's card that is a party's too; nobody can say who it is
		return registry.LoginHolder{}, fmt.Errorf("look for a login certificate: %w", err)
	}
	return holder, nil
}

func draftContext(id registry.SessionID, flow string) string {
	return "turnkey draft\x00" + string(id[:]) + flow
}

// SaveDraft keeps what was entered so far in a flow, sealed, as long as the session.
func (s *Store) SaveDraft(ctx context.Context, id registry.SessionID, flow string, value any) error {
	plain, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("save a draft: %w", err)
	}
	sealed, err := s.seal(draftContext(id, flow), plain)
	if err != nil {
		return fmt.Errorf("save a draft: %w", err)
	}
	_, err = s.pool.Exec(ctx, saveDraftSQL, id[:], flow, sealed)
	return explain("save a draft", err)
}

// Draft reads what [Store.SaveDraft] kept; the error wraps [registry.ErrNoDraft] if there
// is nothing.
func (s *Store) Draft(ctx context.Context, id registry.SessionID, flow string, into any) error {
	var sealed []byte
	err := s.pool.QueryRow(ctx, draftSQL, id[:], flow).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		err = registry.ErrNoDraft
	}
	if err != nil {
		return fmt.Errorf("read a draft: %w", err)
	}
	return s.openJSON(draftContext(id, flow), sealed, into)
}

// DropDraft forgets what was entered.
func (s *Store) DropDraft(ctx context.Context, id registry.SessionID, flow string) error {
	_, err := s.pool.Exec(ctx, dropDraftSQL, id[:], flow)
	return explain("drop a draft", err)
}

// NewChallenge returns a nonce that the session may have signed once for a purpose,
// within [registry.ChallengeLifetime].
func (s *Store) NewChallenge(ctx context.Context, id registry.SessionID, purpose string) (nonce string, err error) {
	nonce, hash := newToken()
	_, err = s.pool.Exec(ctx, newChallengeSQL, hash[:], id[:], purpose, registry.ChallengeLifetime.Microseconds())
	if err != nil {
		return "", explain("make a challenge", err)
	}
	return nonce, nil
}

// TakeChallenge uses up a challenge. The error wraps [registry.ErrNoChallenge] unless it
// was made for this session and purpose and is fresh; it is gone in any case.
func (s *Store) TakeChallenge(ctx context.Context, id registry.SessionID, purpose, nonce string) error {
	hash := tokenHash(nonce)
	var good bool
	err := s.pool.QueryRow(ctx, takeChallengeSQL, hash[:], id[:], purpose).Scan(&good)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !good {
		err = registry.ErrNoChallenge
	}
	return explain("take a challenge", err)
}

// Take puts one drop into whose bucket. A wait greater than 0 means that it had no room:
// what it stands for is to be refused, and may be tried again after the wait.
func (s *Store) Take(ctx context.Context, b registry.Bucket, who string) (wait time.Duration, err error) {
	key := s.lookup.Bucket(b.Name, who)
	every := b.Every.Microseconds()
	var room bool
	err = s.pool.QueryRow(ctx, takeSQL, key[:], every, b.Burst).Scan(&room)
	if errors.Is(err, pgx.ErrNoRows) {
		var micros int64
		err = s.pool.QueryRow(ctx, untilRoomSQL, key[:], every, b.Burst).Scan(&micros)
		if errors.Is(err, pgx.ErrNoRows) { // drained and swept meanwhile
			err = nil
		}
		wait = max(time.Second, time.Duration(micros)*time.Microsecond)
	}
	if err != nil {
		return 0, fmt.Errorf("limit %s: %w", b.Name, err)
	}
	return wait, nil
}

// Sweep removes what has expired: sessions and all that hangs on them, challenges,
// resets, limits.
func (s *Store) Sweep(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, sweepSQL)
	return explain("sweep what has expired", err)
}
