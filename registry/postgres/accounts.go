package postgres

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var (
	//go:embed sql/insertAccount.sql
	insertAccountSQL string
	//go:embed sql/addLegacyAccount.sql
	addLegacyAccountSQL string
	//go:embed sql/Account.sql
	accountSQL string
	//go:embed sql/passwordOf.sql
	passwordOfSQL string
	//go:embed sql/setPassword.sql
	setPasswordSQL string
	//go:embed sql/setProfile.sql
	setProfileSQL string
	//go:embed sql/partyOf.sql
	partyOfSQL string
	//go:embed sql/hasAccount.sql
	hasAccountSQL string
	//go:embed sql/partyCounts.sql
	partyCountsSQL string
	//go:embed sql/Exists.sql
	existsSQL string
	//go:embed sql/newReset.sql
	newResetSQL string
	//go:embed sql/approveReset.sql
	approveResetSQL string
	//go:embed sql/ResetsForStaff.sql
	resetsForStaffSQL string
	//go:embed sql/ResetValid.sql
	resetValidSQL string
	//go:embed sql/takeReset.sql
	takeResetSQL string
	//go:embed sql/dropResets.sql
	dropResetsSQL string
)

func profileContext(party verifier.PartyID) string { return "turnkey profile\x00" + string(party) }

// OpenAccount finishes a 憑證帳號註冊: in one transaction the party (the one that goes by
// the proved identifier, if it has no account yet, else a new one), its identifiers, its
// account and its login certificate.
//
// The error wraps [registry.ErrAccountExists] if that party has an account, and
// [registry.ErrIdentifierTaken] if the account's name is another party's. A card proves
// four digits of a 身分證字號: where something counts for its party already, the error
// wraps [registry.ErrPartyCounts].
func (s *Store) OpenAccount(ctx context.Context, actor registry.Actor, a registry.NewAccount) (party verifier.PartyID, version registry.Version, err error) {
	const attempt = "open an account"
	for _, identifier := range append([]registry.Identifier{{Kind: verifier.Account, Value: a.Name}, a.Proved}, a.Claims...) {
		if err := registry.CheckIdentifier(identifier.Kind, identifier.Value); err != nil {
			return "", 0, fmt.Errorf("%s: %w", attempt, err)
		}
	}
	err = s.change(ctx, actor, attempt, func(c change) (err error) {
		if version, err = c.tick(ctx); err != nil {
			return err
		}
		var made bool
		if party, made, err = s.partyOrNew(ctx, c, a.Proved); err != nil {
			return err
		}
		var exists bool
		if err = c.QueryRow(ctx, hasAccountSQL, party).Scan(&exists); err != nil {
			return err
		}
		if exists {
			return registry.ErrAccountExists
		}
		if !made && a.Proved.Kind == verifier.NationalID {
			var counts bool
			if err = c.QueryRow(ctx, partyCountsSQL, party).Scan(&counts); err != nil {
				return err
			}
			if counts {
				return registry.ErrPartyCounts
			}
		}
		if _, err = s.ownIdentifier(ctx, c, party, registry.Identifier{Kind: verifier.Account, Value: a.Name}); err != nil {
			return err
		}
		if err = s.stateClaims(ctx, c, party, a.Claims); err != nil {
			return err
		}
		if err = s.insertAccount(ctx, c, party, a); err != nil {
			return err
		}
		login := a.Login
		login.Party, login.Usage, login.UsageType, login.Pending = party, registry.Login, "", false
		if _, _, err = s.register(ctx, c, login); err != nil {
			return err
		}
		kind := registry.IdentifierAdded
		if made {
			kind = registry.PartyCreated
		}
		if err = c.record(ctx, kind, party); err != nil {
			return err
		}
		fingerprint := login.Certificate.Fingerprint()
		if err = c.audit(ctx, kind, party, nil); err != nil {
			return err
		}
		if err = c.note(ctx, registry.AccountOpened, party, nil, string(a.Category)+"/"+string(a.Attribute)); err != nil {
			return err
		}
		return c.audit(ctx, registry.Registered, party, &fingerprint)
	})
	if err != nil {
		return "", 0, err
	}
	return party, version, nil
}

// partyOrNew returns the party that goes by an identifier, or makes it.
func (s *Store) partyOrNew(ctx context.Context, c change, by registry.Identifier) (party verifier.PartyID, made bool, err error) {
	lookup := s.lookup.Hash(by.Kind, by.Value)
	err = c.QueryRow(ctx, partyOfSQL, lookup[:]).Scan(&party)
	if err == nil || !errors.Is(err, pgx.ErrNoRows) {
		return party, false, err
	}
	party = registry.NewPartyID()
	if _, err = c.Exec(ctx, createPartySQL, party); err != nil {
		return "", false, err
	}
	return party, true, s.insertIdentifier(ctx, c, party, by)
}

// ownIdentifier lets a party go by an identifier, and reports false if it does already. The
// error is the database's refusal if it is another's.
func (s *Store) ownIdentifier(ctx context.Context, c change, party verifier.PartyID, identifier registry.Identifier) (added bool, err error) {
	lookup := s.lookup.Hash(identifier.Kind, identifier.Value)
	var owner verifier.PartyID
	err = c.QueryRow(ctx, partyOfSQL, lookup[:]).Scan(&owner)
	if err == nil && owner == party {
		return false, nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, err
	}
	return true, s.insertIdentifier(ctx, c, party, identifier)
}

func (s *Store) insertAccount(ctx context.Context, c change, party verifier.PartyID, a registry.NewAccount) error {
	profile, err := s.sealProfile(party, a.Profile)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, insertAccountSQL, party, a.Category, a.Attribute, a.Language, profile, a.PasswordHash)
	return err
}

func (s *Store) sealProfile(party verifier.PartyID, profile registry.Profile) ([]byte, error) {
	plain, err := json.Marshal(profile)
	if err != nil {
		return nil, err
	}
	return s.seal(profileContext(party), plain)
}

// AddLegacyAccount notes that a party had an account in the old customs system: it logs
// in with its certificate, and has no password and no contact data.
func (s *Store) AddLegacyAccount(ctx context.Context, actor registry.Actor, party verifier.PartyID, category registry.Category, attribute registry.Attribute) error {
	return s.change(ctx, actor, "add a legacy account", func(c change) error {
		if _, err := c.Exec(ctx, addLegacyAccountSQL, party, category, attribute, "zh"); err != nil {
			return err
		}
		return c.note(ctx, registry.AccountOpened, party, nil, "legacy")
	})
}

// Account returns a party's account with what its holder entered.
func (s *Store) Account(ctx context.Context, party verifier.PartyID) (registry.Account, registry.Profile, error) {
	return s.account(ctx, &party, nil)
}

// AccountNamed returns the account of the party that goes by an account name.
func (s *Store) AccountNamed(ctx context.Context, name string) (registry.Account, registry.Profile, error) {
	lookup := s.lookup.Account(name)
	return s.account(ctx, nil, lookup[:])
}

func (s *Store) account(ctx context.Context, party *verifier.PartyID, lookup []byte) (a registry.Account, profile registry.Profile, err error) {
	var sealed []byte
	err = s.pool.QueryRow(ctx, accountSQL, party, lookup).
		Scan(&a.Party, &a.Name, &a.Category, &a.Attribute, &a.Language, &sealed, &a.HasPassword, &a.Legacy, &a.CreatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		err = registry.ErrNoAccount
	}
	if err == nil && sealed != nil {
		err = s.openJSON(profileContext(a.Party), sealed, &profile)
	}
	if err != nil {
		return registry.Account{}, registry.Profile{}, fmt.Errorf("read an account: %w", err)
	}
	return a, profile, nil
}

// PasswordOf returns the party that goes by an account name and its password's hash,
// which is empty where none was set. The error wraps [registry.ErrNoAccount] if there is
// no such account.
func (s *Store) PasswordOf(ctx context.Context, name string) (party verifier.PartyID, hash string, err error) {
	lookup := s.lookup.Account(name)
	err = s.pool.QueryRow(ctx, passwordOfSQL, lookup[:]).Scan(&party, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		err = registry.ErrNoAccount
	}
	if err != nil {
		return "", "", fmt.Errorf("read a password's hash: %w", err)
	}
	return party, hash, nil
}

// SetPassword sets a password's hash, and ends every session and every reset of the
// party: whoever got in by the old one is out.
func (s *Store) SetPassword(ctx context.Context, actor registry.Actor, party verifier.PartyID, hash string) error {
	return s.change(ctx, actor, "set a password", func(c change) error {
		done, err := c.Exec(ctx, setPasswordSQL, party, hash)
		if err == nil && done.RowsAffected() == 0 {
			err = registry.ErrNoAccount
		}
		if err != nil {
			return err
		}
		for _, statement := range []string{endSessionsSQL, dropResetsSQL} {
			if _, err := c.Exec(ctx, statement, party); err != nil {
				return err
			}
		}
		return c.note(ctx, registry.PasswordSet, party, nil, "")
	})
}

// SetProfile replaces what an account's holder entered, and its language.
func (s *Store) SetProfile(ctx context.Context, actor registry.Actor, party verifier.PartyID, profile registry.Profile, language string) error {
	sealed, err := s.sealProfile(party, profile)
	if err != nil {
		return fmt.Errorf("change an account: %w", err)
	}
	return s.change(ctx, actor, "change an account", func(c change) error {
		done, err := c.Exec(ctx, setProfileSQL, party, sealed, language)
		if err == nil && done.RowsAffected() == 0 {
			err = registry.ErrNoAccount
		}
		if err != nil {
			return err
		}
		return c.note(ctx, registry.ProfileChanged, party, nil, "")
	})
}

// Exists reports whether a party that goes by an identifier has an account.
func (s *Store) Exists(ctx context.Context, kind verifier.IdentifierKind, value string) (exists bool, err error) {
	lookup := s.lookup.Hash(kind, value)
	err = s.pool.QueryRow(ctx, existsSQL, lookup[:]).Scan(&exists)
	return exists, explain("look for an account", err)
}

// NewReset returns a token that sets a new password once, within
// [registry.ResetLifetime]; any before it are void. Where staff must approve, it has no
// use yet: see [Store.ApproveReset].
func (s *Store) NewReset(ctx context.Context, actor registry.Actor, party verifier.PartyID, forStaff bool) (token string, err error) {
	lifetime, hash := registry.ResetLifetime, []byte(nil)
	if forStaff {
		lifetime = registry.StaffResetLifetime
	} else {
		var sum [32]byte
		token, sum = newToken()
		hash = sum[:]
	}
	err = s.change(ctx, actor, "make a password reset", func(c change) error {
		if _, err := c.Exec(ctx, newResetSQL, hash, party, forStaff, lifetime.Microseconds()); err != nil {
			return err
		}
		return c.note(ctx, registry.ResetAsked, party, nil, "")
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// ResetsForStaff returns the resets that wait for staff, the oldest first.
func (s *Store) ResetsForStaff(ctx context.Context) ([]registry.StaffReset, error) {
	rows, err := s.pool.Query(ctx, resetsForStaffSQL)
	if err != nil {
		return nil, fmt.Errorf("list password resets: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[registry.StaffReset])
}

// ApproveReset gives a reset that waited for staff its token.
func (s *Store) ApproveReset(ctx context.Context, actor registry.Actor, id int64) (token string, party verifier.PartyID, err error) {
	token, hash := newToken()
	err = s.change(ctx, actor, "approve a password reset", func(c change) error {
		err := c.QueryRow(ctx, approveResetSQL, id, hash[:], registry.ResetLifetime.Microseconds()).Scan(&party)
		if errors.Is(err, pgx.ErrNoRows) {
			return registry.ErrNoReset
		}
		if err != nil {
			return err
		}
		return c.note(ctx, registry.ResetApproved, party, nil, "")
	})
	if err != nil {
		return "", "", err
	}
	return token, party, nil
}

// ResetValid reports whether a token would set a password now. It uses nothing up.
func (s *Store) ResetValid(ctx context.Context, token string) (valid bool, err error) {
	hash := tokenHash(token)
	err = s.pool.QueryRow(ctx, resetValidSQL, hash[:]).Scan(&valid)
	return valid, explain("look for a password reset", err)
}

// TakeReset uses up a token and returns whose password it sets. The error wraps
// [registry.ErrNoReset] if it is none, or has expired.
func (s *Store) TakeReset(ctx context.Context, token string) (party verifier.PartyID, err error) {
	hash := tokenHash(token)
	var fresh bool
	err = s.pool.QueryRow(ctx, takeResetSQL, hash[:]).Scan(&party, &fresh)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !fresh {
		err = registry.ErrNoReset
	}
	if err != nil {
		return "", fmt.Errorf("take a password reset: %w", err)
	}
	return party, nil
}
