package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// Parties returns at most limit parties whose names come after the given one, in
// order, with their identifiers; national ids are masked.
func (s *Store) Parties(ctx context.Context, after verifier.PartyID, limit int) ([]registry.Party, error) {
	rows, err := s.pool.Query(ctx, partiesSQL, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list parties: %w", err)
	}
	parties, err := s.collectParties(rows)
	if err != nil {
		return nil, fmt.Errorf("list parties: %w", err)
	}
	return parties, nil
}

// Party returns one party with its identifiers; national ids are masked.
func (s *Store) Party(ctx context.Context, party verifier.PartyID) (registry.Party, error) {
	rows, err := s.pool.Query(ctx, partySQL, party)
	if err != nil {
		return registry.Party{}, fmt.Errorf("read party %s: %w", party, err)
	}
	parties, err := s.collectParties(rows)
	if err == nil && len(parties) == 0 {
		err = registry.ErrNoParty
	}
	if err != nil {
		return registry.Party{}, fmt.Errorf("read party %s: %w", party, err)
	}
	return parties[0], nil
}

// collectParties reads rows of one identifier each, ordered by party.
func (s *Store) collectParties(rows pgx.Rows) ([]registry.Party, error) {
	var (
		parties        []registry.Party
		party          registry.Party
		kind, shown    *string
		lookup, sealed []byte
	)
	_, err := pgx.ForEachRow(rows, []any{&party.ID, &party.CreatedAt, &kind, &lookup, &shown, &sealed}, func() (err error) {
		if n := len(parties); n == 0 || parties[n-1].ID != party.ID {
			parties = append(parties, registry.Party{ID: party.ID, CreatedAt: party.CreatedAt})
		}
		if kind == nil {
			return nil
		}
		identifier := registry.ShownIdentifier{Kind: verifier.IdentifierKind(*kind), Shown: orZero(shown)}
		if sealed != nil {
			if identifier.Shown, err = s.masked(party.ID, registry.LookupHash(lookup), sealed); err != nil {
				return err
			}
		}
		last := &parties[len(parties)-1]
		last.Identifiers = append(last.Identifiers, identifier)
		return nil
	})
	return parties, err
}

// masked opens a national id only to hide most of it.
func (s *Store) masked(party verifier.PartyID, lookup registry.LookupHash, sealed []byte) (string, error) {
	if s.identity == nil {
		return registry.MaskNationalID(""), nil
	}
	id, err := s.identity.Open(party, lookup, sealed)
	if err != nil {
		return "", err
	}
	return registry.MaskNationalID(id), nil
}

// FindParties returns the parties that go by an identifier, of whatever kind, or that
// have it as their name. None is no error.
func (s *Store) FindParties(ctx context.Context, who string) ([]verifier.PartyID, error) {
	rows, err := s.pool.Query(ctx, findPartiesSQL, s.everyKind(who), who)
	if err != nil {
		return nil, fmt.Errorf("find a party: %w", err)
	}
	parties, err := pgx.CollectRows(rows, pgx.RowTo[verifier.PartyID])
	if err != nil {
		return nil, fmt.Errorf("find a party: %w", err)
	}
	return parties, nil
}

// Registrations returns all registrations of the parties that [Store.FindParties]
// finds: the login first, then in order of registration.
func (s *Store) Registrations(ctx context.Context, who string) ([]registry.Registration, error) {
	rows, err := s.pool.Query(ctx, registrationsSQL, s.everyKind(who), who)
	if err != nil {
		return nil, fmt.Errorf("list registrations: %w", err)
	}
	return collectRegistrations(rows)
}

// ExpiringBefore returns the registrations in force whose certificates expire between
// now and a moment, the soonest first.
func (s *Store) ExpiringBefore(ctx context.Context, moment time.Time) ([]registry.Registration, error) {
	rows, err := s.pool.Query(ctx, expiringBeforeSQL, moment)
	if err != nil {
		return nil, fmt.Errorf("list what expires: %w", err)
	}
	return collectRegistrations(rows)
}

func collectRegistrations(rows pgx.Rows) ([]registry.Registration, error) {
	registrations, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (registry.Registration, error) {
		var scan registrationScan
		if err := row.Scan(scan.fields()...); err != nil {
			return registry.Registration{}, err
		}
		return scan.registration()
	})
	if err != nil {
		return nil, fmt.Errorf("list registrations: %w", err)
	}
	return registrations, nil
}

// A registrationScan takes the columns of a registration as listings select them.
type registrationScan struct {
	r              registry.Registration
	der            []byte
	usageType      *string
	until, endedAt *time.Time
}

func (s *registrationScan) fields() []any {
	return []any{&s.r.Party, &s.der, &s.r.Usage, &s.r.Kind, &s.r.Medium, &s.usageType, &s.r.Main, &s.r.State,
		&s.r.From, &s.until, &s.r.RegisteredAt, &s.endedAt}
}

func (s *registrationScan) registration() (r registry.Registration, err error) {
	r = s.r
	r.UsageType = registry.UsageType(orZero(s.usageType))
	r.Until, r.EndedAt = orZero(s.until), orZero(s.endedAt)
	r.Certificate, err = verifier.ParseCertificate(s.der)
	return r, err
}

// everyKind returns the hashes under which a value of unknown kind may be found.
func (s *Store) everyKind(value string) [][]byte {
	kinds := []verifier.IdentifierKind{verifier.Account, verifier.BusinessID, verifier.NationalID, verifier.BrokerBox, verifier.Specialist}
	hashes := make([][]byte, len(kinds))
	for i, kind := range kinds {
		hash := s.lookup.Hash(kind, value)
		hashes[i] = hash[:]
	}
	return hashes
}
