package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

//go:embed sql/isRespelt.sql
var isRespeltSQL string

// Register registers a certificate for a party. It reports whether it became the
// party's main certificate for that usage, as the first that is in force does.
func (s *Store) Register(ctx context.Context, actor registry.Actor, r registry.NewRegistration) (main bool, version registry.Version, err error) {
	err = s.change(ctx, actor, "register a certificate", func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		if _, main, err = s.register(ctx, c, r); err != nil {
			return err
		}
		fingerprint := r.Certificate.Fingerprint()
		if err = c.record(ctx, registry.Registered, r.Party); err != nil {
			return err
		}
		return c.audit(ctx, registry.Registered, r.Party, &fingerprint)
	})
	return main, version, err
}

// register stores the certificate and the registration.
func (s *Store) register(ctx context.Context, c change, r registry.NewRegistration) (id int64, main bool, err error) {
	fingerprint := r.Certificate.Fingerprint()
	var respelt bool
	err = c.QueryRow(ctx, isRespeltSQL, fingerprint[:], r.Certificate.NotAfter(), r.Certificate.X509().RawTBSCertificate).Scan(&respelt)
	if err != nil {
		return 0, false, err
	}
	if respelt {
		return 0, false, registry.ErrAlreadyRegistered
	}
	_, err = c.Exec(ctx, keepCertificateSQL, fingerprint[:], r.Certificate.DER(),
		r.Certificate.NotBefore(), r.Certificate.NotAfter())
	if err != nil {
		return 0, false, err
	}
	if r.Usage == registry.Login { // such a card would let nobody in: see [Store.LoginOf]
		var operator bool
		if err = c.QueryRow(ctx, isOperatorSQL, fingerprint[:]).Scan(&operator); err != nil {
			return 0, false, err
		}
		if operator {
			return 0, false, registry.ErrPartyIsOperator
		}
	}
	state := verifier.InForce
	if r.Pending {
		state = verifier.Pending
	}
	err = c.QueryRow(ctx, registerSQL, r.Party, fingerprint[:], r.Usage, r.Kind, r.Medium,
		orNull(r.UsageType), state, orNull(r.From), orNull(r.Until)).Scan(&id, &main)
	return id, main, err
}

// A Registered names one party's registration of one certificate for one usage.
type Registered struct {
	Party       verifier.PartyID
	Certificate verifier.Fingerprint
	Usage       registry.Usage
}

// Confirm puts a pending registration in force from now on, and reports whether it
// became the party's main certificate for that usage.
func (s *Store) Confirm(ctx context.Context, actor registry.Actor, r Registered) (main bool, version registry.Version, err error) {
	err = s.change(ctx, actor, "confirm a registration", func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		err = c.QueryRow(ctx, confirmSQL, r.Party, r.Certificate[:], r.Usage).Scan(&main)
		if errors.Is(err, pgx.ErrNoRows) {
			return c.whyNot(ctx, r)
		}
		if err != nil {
			return err
		}
		return c.conclude(ctx, registry.Confirmed, r)
	})
	return main, version, err
}

// Withdraw ends a registration at its party's or an operator's wish. The certificate
// may be registered again later.
func (s *Store) Withdraw(ctx context.Context, actor registry.Actor, r Registered) (version registry.Version, err error) {
	err = s.change(ctx, actor, "withdraw a registration", func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		if err = c.one(ctx, r, withdrawSQL); err != nil {
			return err
		}
		return c.conclude(ctx, registry.Withdrawn, r)
	})
	return version, err
}

// SetMain makes a registration in force the party's main one for its usage.
func (s *Store) SetMain(ctx context.Context, actor registry.Actor, r Registered) (version registry.Version, err error) {
	err = s.change(ctx, actor, "move the main certificate", func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		if _, err = c.Exec(ctx, clearMainSQL, r.Party, r.Usage); err != nil {
			return err
		}
		if err = c.one(ctx, r, setMainSQL); err != nil {
			return err
		}
		return c.conclude(ctx, registry.MainMoved, r)
	})
	return version, err
}

// A Replacement is a 憑證更換: a new certificate takes over from an old one.
type Replacement struct {
	Old verifier.Fingerprint

	// New is registered in force; it becomes the main certificate if the old one was.
	New registry.NewRegistration

	// Overlap is until when the old one goes on counting beside the new one; zero, or
	// a moment that is past, means that it stops now. Either way it still counts for
	// what was received before it stopped.
	Overlap time.Time
}

// Replace supersedes a registration in force and registers another certificate for the
// same party and usage.
func (s *Store) Replace(ctx context.Context, actor registry.Actor, r Replacement) (main bool, version registry.Version, err error) {
	const attempt = "replace a certificate"
	if r.New.Pending {
		return false, 0, fmt.Errorf("%s: what replaces it is pending: register and confirm it first: %w", attempt, registry.ErrState)
	}
	old := Registered{r.New.Party, r.Old, r.New.Usage}
	successor := r.New.Certificate.Fingerprint()
	err = s.change(ctx, actor, attempt, func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		if err = c.one(ctx, old, supersedeSQL, orNull(r.Overlap)); err != nil {
			return err
		}
		if _, main, err = s.register(ctx, c, r.New); err != nil {
			return err
		}
		if err = c.conclude(ctx, registry.Replaced, old); err != nil {
			return err
		}
		return c.audit(ctx, registry.Registered, r.New.Party, &successor)
	})
	return main, version, err
}

// one runs a statement that is to change exactly the registration r.
func (c change) one(ctx context.Context, r Registered, statement string, more ...any) error {
	done, err := c.Exec(ctx, statement, append([]any{r.Party, r.Certificate[:], r.Usage}, more...)...)
	if err != nil {
		return err
	}
	if done.RowsAffected() == 0 {
		return c.whyNot(ctx, r)
	}
	return nil
}

// whyNot says why no registration was in a state that a statement changes.
func (c change) whyNot(ctx context.Context, r Registered) error {
	var state verifier.RegistrationState
	err := c.QueryRow(ctx, latestStateSQL, r.Party, r.Certificate[:], r.Usage).Scan(&state)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return registry.ErrNoRegistration
	case err != nil:
		return err
	case state == verifier.Revoked:
		return registry.ErrRevoked
	}
	return fmt.Errorf("it is %s: %w", state, registry.ErrState)
}

// conclude records and audits a change of one registration.
func (c change) conclude(ctx context.Context, kind registry.ChangeKind, r Registered) error {
	if err := c.record(ctx, kind, r.Party); err != nil {
		return err
	}
	return c.audit(ctx, kind, r.Party, &r.Certificate)
}
