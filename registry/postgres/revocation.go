package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// Revoke ends every registration of a certificate, of every party and for ever. It
// returns those parties and the last version it made: one for each of them, so that
// each change names all that caches must forget.
//
// A certificate that nobody registered can be revoked too, as when a list of
// revocations is replayed after a restore; nobody can register it then.
func (s *Store) Revoke(ctx context.Context, actor registry.Actor, certificate verifier.Fingerprint, reason registry.RevocationReason) (parties []verifier.PartyID, version registry.Version, err error) {
	err = s.change(ctx, actor, "revoke a certificate", func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		if _, err = c.Exec(ctx, revokeSQL, certificate[:], reason); err != nil {
			return err
		}
		if parties, err = c.holders(ctx, certificate); err != nil {
			return err
		}
		if len(parties) == 0 {
			return c.conclude(ctx, registry.Revoked, Registered{Certificate: certificate})
		}
		for i, party := range parties {
			if i > 0 {
				if version, err = c.tick(ctx); err != nil {
					return err
				}
			}
			if err = c.conclude(ctx, registry.Revoked, Registered{Party: party, Certificate: certificate}); err != nil {
				return err
			}
		}
		return nil
	})
	return parties, version, err
}

func (c change) holders(ctx context.Context, certificate verifier.Fingerprint) ([]verifier.PartyID, error) {
	rows, err := c.Query(ctx, holdersSQL, certificate[:])
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[verifier.PartyID])
}

// NewEpoch makes every cache start anew. To be called after a restore or a failover
// that may have lost versions, before anything else writes.
func (s *Store) NewEpoch(ctx context.Context, actor registry.Actor) (epoch registry.Epoch, version registry.Version, err error) {
	err = s.change(ctx, actor, "begin a new epoch", func(c change) (err error) {
		if err = c.QueryRow(ctx, tickEpochSQL).Scan(&version, &epoch); err != nil {
			return err
		}
		if err = c.record(ctx, registry.EpochBegun, ""); err != nil {
			return err
		}
		return c.audit(ctx, registry.EpochBegun, "", nil)
	})
	return epoch, version, err
}
