package postgres

import (
	"context"
	"fmt"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// CreateParty makes a party that goes by the identifiers, at least one.
func (s *Store) CreateParty(ctx context.Context, actor registry.Actor, identifiers ...registry.Identifier) (verifier.PartyID, registry.Version, error) {
	const attempt = "create a party"
	if len(identifiers) == 0 {
		return "", 0, fmt.Errorf("%s: it needs an identifier to be found by", attempt)
	}
	party := registry.NewPartyID()
	var version registry.Version
	err := s.change(ctx, actor, attempt, func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		if _, err = c.Exec(ctx, createPartySQL, party); err != nil {
			return err
		}
		for _, identifier := range identifiers {
			if err = s.insertIdentifier(ctx, c, party, identifier); err != nil {
				return err
			}
		}
		if err = c.record(ctx, registry.PartyCreated, party); err != nil {
			return err
		}
		return c.audit(ctx, registry.PartyCreated, party, nil)
	})
	if err != nil {
		return "", 0, err
	}
	return party, version, nil
}

// AddIdentifier lets a party go by one more identifier.
func (s *Store) AddIdentifier(ctx context.Context, actor registry.Actor, party verifier.PartyID, identifier registry.Identifier) (version registry.Version, err error) {
	err = s.change(ctx, actor, "add an identifier", func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		if err = s.insertIdentifier(ctx, c, party, identifier); err != nil {
			return err
		}
		if err = c.record(ctx, registry.IdentifierAdded, party); err != nil {
			return err
		}
		return c.audit(ctx, registry.IdentifierAdded, party, nil)
	})
	return version, err
}

// insertIdentifier checks an identifier and stores it; a national id sealed only.
func (s *Store) insertIdentifier(ctx context.Context, c change, party verifier.PartyID, identifier registry.Identifier) error {
	if err := registry.CheckIdentifier(identifier.Kind, identifier.Value); err != nil {
		return err
	}
	lookup := s.lookup.Hash(identifier.Kind, identifier.Value)
	shown, sealed, err := s.stored(party, lookup, identifier)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, addIdentifierSQL, lookup[:], party, identifier.Kind, shown, sealed)
	return err
}

// stored is how an identifier is kept: a national id sealed, all others as they are.
func (s *Store) stored(party verifier.PartyID, lookup registry.LookupHash, identifier registry.Identifier) (shown *string, sealed []byte, err error) {
	value := registry.Normalize(identifier.Kind, identifier.Value)
	if identifier.Kind != verifier.NationalID {
		return &value, nil, nil
	}
	if s.identity == nil {
		return nil, nil, errNoIdentityKey
	}
	return nil, s.identity.Seal(party, lookup, value), nil
}
