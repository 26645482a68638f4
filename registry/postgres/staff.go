package postgres

import (
	"context"
	_ "embed"
	"errors"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var (
	//go:embed sql/isProved.sql
	isProvedSQL string
	//go:embed sql/accountToBe.sql
	accountToBeSQL string
)

// LookupHash returns under which hash an identifier is found.
func (s *Store) LookupHash(kind verifier.IdentifierKind, value string) registry.LookupHash {
	return s.lookup.Hash(kind, value)
}

// ApproveBinding is [Store.Confirm] at an operator's word, who knows less than the party:
// the error wraps [registry.ErrNotProved] unless possession of the key was proved. A party
// that no message could name as its sender yet gets its account's name.
func (s *Store) ApproveBinding(ctx context.Context, actor registry.Actor, r Registered) (main bool, version registry.Version, err error) {
	err = s.change(ctx, actor, "approve a registration", func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		var proved bool
		err = c.QueryRow(ctx, isProvedSQL, r.Party, r.Certificate[:], r.Usage).Scan(&proved)
		if errors.Is(err, pgx.ErrNoRows) {
			return c.whyNot(ctx, r)
		}
		if err == nil && !proved {
			err = registry.ErrNotProved
		}
		if err != nil {
			return err
		}
		if err = c.QueryRow(ctx, confirmSQL, r.Party, r.Certificate[:], r.Usage).Scan(&main); err != nil {
			return err
		}
		named, err := s.nameAccount(ctx, c, r.Party)
		if err != nil {
			return err
		}
		if err = c.conclude(ctx, registry.Confirmed, r); err != nil || !named {
			return err
		}
		return c.audit(ctx, registry.IdentifierAdded, r.Party, nil)
	})
	return main, version, err
}

// nameAccount gives a party that signs and has no account's name its 統一編號, or its
// 報關專責人員代碼 (assumed), as one: messages name their sender by account.
func (s *Store) nameAccount(ctx context.Context, c change, party verifier.PartyID) (named bool, err error) {
	var name string
	err = c.QueryRow(ctx, accountToBeSQL, party).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, s.insertIdentifier(ctx, c, party, registry.Identifier{Kind: verifier.Account, Value: name})
}
