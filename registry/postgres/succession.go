package postgres

import (
	"context"
	_ "embed"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var (
	//go:embed sql/isInForce.sql
	isInForceSQL string
	//go:embed sql/setMainIfNone.sql
	setMainIfNoneSQL string
)

// A Succession is a 憑證更換 by a certificate that the party has in force already.
type Succession struct {
	Party    verifier.PartyID
	Usage    registry.Usage
	Old, New verifier.Fingerprint
	Overlap  time.Time // see [Replacement]
}

// Succeed supersedes a registration in force in favour of another one of the same party
// and usage, which becomes the main one if the old one was.
func (s *Store) Succeed(ctx context.Context, actor registry.Actor, u Succession) (version registry.Version, err error) {
	err = s.change(ctx, actor, "replace a certificate", func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		old, successor := Registered{u.Party, u.Old, u.Usage}, Registered{u.Party, u.New, u.Usage}
		var inForce bool
		if err = c.QueryRow(ctx, isInForceSQL, u.Party, u.New[:], u.Usage).Scan(&inForce); err != nil {
			return err
		}
		if !inForce || u.Old == u.New {
			return c.whyNot(ctx, successor)
		}
		if err = c.one(ctx, old, supersedeSQL, orNull(u.Overlap)); err != nil {
			return err
		}
		moved, err := c.Exec(ctx, setMainIfNoneSQL, u.Party, u.New[:], u.Usage)
		if err != nil {
			return err
		}
		if err = c.conclude(ctx, registry.Replaced, old); err != nil {
			return err
		}
		if moved.RowsAffected() == 0 {
			return nil
		}
		return c.audit(ctx, registry.MainMoved, u.Party, &u.New)
	})
	return version, err
}
