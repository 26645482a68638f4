package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var (
	//go:embed sql/pend.sql
	pendSQL string
	//go:embed sql/wasEnded.sql
	wasEndedSQL string
	//go:embed sql/keepDetails.sql
	keepDetailsSQL string
	//go:embed sql/countPending.sql
	countPendingSQL string
	//go:embed sql/provePossession.sql
	provePossessionSQL string
	//go:embed sql/Listed.sql
	listedSQL string
	//go:embed sql/claim.sql
	claimSQL string
	//go:embed sql/Claims.sql
	claimsSQL string
	//go:embed sql/takeClaim.sql
	takeClaimSQL string
)

// maxPending bounds what strangers may leave waiting with one party.
const maxPending = 20

// Import registers a certificate for the party that goes by an identifier, which it
// makes if there is none. A company whose certificate is in force also goes by its
// 統一編號 as an account, which is how messages name their sender.
func (s *Store) Import(ctx context.Context, actor registry.Actor, i registry.Import) (imported registry.Imported, err error) {
	const attempt = "import a certificate"
	for _, identifier := range append([]registry.Identifier{i.Principal}, i.Claims...) {
		if err := registry.CheckIdentifier(identifier.Kind, identifier.Value); err != nil {
			return imported, fmt.Errorf("%s: %w", attempt, err)
		}
	}
	r := i.Registration
	r.Pending = !i.Binding.InForce
	err = s.change(ctx, actor, attempt, func(c change) (err error) {
		if imported.Version, err = c.tick(ctx); err != nil {
			return err
		}
		var made, named bool
		if imported.Party, made, err = s.partyOrNew(ctx, c, i.Principal); err != nil {
			return err
		}
		r.Party = imported.Party
		if !r.Pending && !(i.ByCard && actor == registry.PartyActor(r.Party)) {
			fingerprint := r.Certificate.Fingerprint()
			if err = c.QueryRow(ctx, wasEndedSQL, r.Party, fingerprint[:]).Scan(&r.Pending); err != nil {
				return err
			}
			if r.Pending {
				i.Binding = registry.Binding{Missing: []registry.Message{registry.EndedBefore()}}
			}
		}
		imported.Pending = r.Pending
		if err = c.room(ctx, r); err != nil {
			return err
		}
		if !r.Pending && i.Principal.Kind == verifier.BusinessID {
			account := registry.Identifier{Kind: verifier.Account, Value: i.Principal.Value}
			if named, err = s.ownIdentifier(ctx, c, r.Party, account); err != nil {
				return err
			}
		}
		if err = s.stateClaims(ctx, c, r.Party, i.Claims); err != nil {
			return err
		}
		if imported.Main, err = s.registerImport(ctx, c, r, i); err != nil {
			return err
		}
		// One version, whose kind is what happened last: caches forget the party either way.
		if err = c.record(ctx, registry.Registered, r.Party); err != nil {
			return err
		}
		if made {
			if err = c.audit(ctx, registry.PartyCreated, r.Party, nil); err != nil {
				return err
			}
		}
		if named {
			if err = c.audit(ctx, registry.IdentifierAdded, r.Party, nil); err != nil {
				return err
			}
		}
		fingerprint := r.Certificate.Fingerprint()
		return c.audit(ctx, registry.Registered, r.Party, &fingerprint)
	})
	if err != nil {
		return registry.Imported{}, err
	}
	return imported, nil
}

// room refuses what nobody may leave waiting: more than so many, and a certificate that
// counts for somebody else.
func (c change) room(ctx context.Context, r registry.NewRegistration) error {
	if !r.Pending {
		return nil // the constraint registrations_one_holder sees to it
	}
	var waiting int
	if err := c.QueryRow(ctx, countPendingSQL, r.Party).Scan(&waiting); err != nil {
		return err
	}
	if waiting >= maxPending {
		return registry.ErrTooManyPending
	}
	fingerprint := r.Certificate.Fingerprint()
	var holder verifier.PartyID
	err := c.QueryRow(ctx, elsewhereSQL, [][]byte{fingerprint[:]}).Scan(nil, &holder)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err == nil && holder != r.Party:
		return registry.ErrElsewhere
	}
	return err
}

// registerImport stores the registration, why it is pending if it is, and what was
// entered beside.
func (s *Store) registerImport(ctx context.Context, c change, r registry.NewRegistration, i registry.Import) (main bool, err error) {
	id, main, err := s.register(ctx, c, r)
	if err != nil {
		return false, err
	}
	if r.Pending {
		if _, err = c.Exec(ctx, pendSQL, id, codes(i.Binding.Missing), i.Possession); err != nil {
			return false, err
		}
	}
	if len(i.Details) == 0 {
		return main, nil
	}
	plain, err := json.Marshal(i.Details)
	if err != nil {
		return false, err
	}
	sealed, err := s.seal(detailsContext(strconv.FormatInt(id, 10)), plain)
	if err != nil {
		return false, err
	}
	_, err = c.Exec(ctx, keepDetailsSQL, id, sealed)
	return main, err
}

// detailsContext is the place of a registration's details, by its number.
func detailsContext(registration string) string { return "turnkey import details\x00" + registration }

// codes are the stable names of messages.
func codes(messages []registry.Message) []string {
	names := make([]string, len(messages))
	for i, m := range messages {
		names[i] = m.Code
	}
	return names
}

// stateClaims notes identifiers that nothing proves.
func (s *Store) stateClaims(ctx context.Context, c change, party verifier.PartyID, claims []registry.Identifier) error {
	for _, identifier := range claims {
		lookup := s.lookup.Hash(identifier.Kind, identifier.Value)
		shown, sealed, err := s.stored(party, lookup, identifier)
		if err != nil {
			return err
		}
		done, err := c.Exec(ctx, claimSQL, party, lookup[:], identifier.Kind, shown, sealed, c.actor)
		if err != nil {
			return err
		}
		if done.RowsAffected() > 0 {
			if err := c.note(ctx, registry.ClaimMade, party, nil, string(identifier.Kind)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Claims returns the claims of a party, or of all where it is "", the oldest first.
func (s *Store) Claims(ctx context.Context, party verifier.PartyID) ([]registry.Claim, error) {
	rows, err := s.pool.Query(ctx, claimsSQL, orNull(party))
	if err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	claims, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (claim registry.Claim, err error) {
		var lookup, sealed []byte
		var shown *string
		if err = row.Scan(&claim.Party, &lookup, &claim.Kind, &shown, &sealed, &claim.By, &claim.Claimed); err != nil {
			return claim, err
		}
		claim.Lookup, claim.Shown = registry.LookupHash(lookup), orZero(shown)
		if sealed != nil {
			claim.Shown, err = s.masked(claim.Party, claim.Lookup, sealed)
		}
		return claim, err
	})
	if err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	return claims, nil
}

// ApproveClaim makes an identifier of a claim. It may be what the party's account is
// called by: see [Store.ApproveBinding].
func (s *Store) ApproveClaim(ctx context.Context, actor registry.Actor, party verifier.PartyID, lookup registry.LookupHash) (version registry.Version, err error) {
	err = s.change(ctx, actor, "approve a claim", func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		kind, shown, sealed, err := c.takeClaim(ctx, party, lookup)
		if err != nil {
			return err
		}
		if _, err = c.Exec(ctx, addIdentifierSQL, lookup[:], party, kind, shown, sealed); err != nil {
			return err
		}
		named, err := s.nameAccount(ctx, c, party)
		if err != nil {
			return err
		}
		if err = c.record(ctx, registry.IdentifierAdded, party); err != nil {
			return err
		}
		if named {
			if err = c.audit(ctx, registry.IdentifierAdded, party, nil); err != nil {
				return err
			}
		}
		return c.note(ctx, registry.ClaimApproved, party, nil, string(kind))
	})
	return version, err
}

// RefuseClaim forgets a claim.
func (s *Store) RefuseClaim(ctx context.Context, actor registry.Actor, party verifier.PartyID, lookup registry.LookupHash) error {
	return s.change(ctx, actor, "refuse a claim", func(c change) error {
		kind, _, _, err := c.takeClaim(ctx, party, lookup)
		if err != nil {
			return err
		}
		return c.note(ctx, registry.ClaimRefused, party, nil, string(kind))
	})
}

func (c change) takeClaim(ctx context.Context, party verifier.PartyID, lookup registry.LookupHash) (kind verifier.IdentifierKind, shown *string, sealed []byte, err error) {
	err = c.QueryRow(ctx, takeClaimSQL, party, lookup[:]).Scan(&kind, &shown, &sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		err = registry.ErrNoClaim
	}
	return kind, shown, sealed, err
}

// ProvePossession notes that the holder of the key of a pending registration showed to
// hold it.
func (s *Store) ProvePossession(ctx context.Context, actor registry.Actor, r Registered) error {
	return s.change(ctx, actor, "note a proof of possession", func(c change) error {
		if err := c.one(ctx, r, provePossessionSQL); err != nil {
			return err
		}
		return c.note(ctx, registry.PossessionProved, r.Party, &r.Certificate, "")
	})
}

// Listed returns the registrations of the parties that go by an identifier of one of the
// kinds, or claim to: the login first, then in order of registration.
func (s *Store) Listed(ctx context.Context, value string, kinds ...verifier.IdentifierKind) ([]registry.Listed, error) {
	hashes := make([][]byte, len(kinds))
	for i, kind := range kinds {
		hash := s.lookup.Hash(kind, value)
		hashes[i] = hash[:]
	}
	return s.listed(ctx, "", hashes, false)
}

// ListedOf returns the registrations of one party.
func (s *Store) ListedOf(ctx context.Context, party verifier.PartyID) ([]registry.Listed, error) {
	return s.listed(ctx, party, nil, false)
}

// Pending returns every pending registration.
func (s *Store) Pending(ctx context.Context) ([]registry.Listed, error) {
	return s.listed(ctx, "", nil, true)
}

func (s *Store) listed(ctx context.Context, party verifier.PartyID, hashes [][]byte, pending bool) ([]registry.Listed, error) {
	rows, err := s.pool.Query(ctx, listedSQL, orNull(party), hashes, pending)
	if err != nil {
		return nil, fmt.Errorf("list registrations: %w", err)
	}
	listed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l registry.Listed, err error) {
		var scan registrationScan
		var proved *time.Time
		var id int64
		var details []byte
		if err = row.Scan(append(scan.fields(), &l.Account, &l.Missing, &proved, &id, &details)...); err != nil {
			return l, err
		}
		l.Proved = orZero(proved)
		if details != nil {
			if err = s.openJSON(detailsContext(strconv.FormatInt(id, 10)), details, &l.Details); err != nil {
				return l, err
			}
		}
		l.Registration, err = scan.registration()
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list registrations: %w", err)
	}
	return listed, nil
}
