package lookup

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// A Hash is that of [registry.LookupKey].
type Hash func(kind verifier.IdentifierKind, value string) registry.LookupHash

// One asks Postgres what the registry knows of one account, with the certificates that a
// document refers to: what [Lookup.Senders] says, of a moment after now. Nothing of it is
// kept, so it is for people's questions. An error means that nobody knows.
func One(ctx context.Context, database Database, hash Hash, account string, hints verifier.Hints, now time.Time) (verifier.Sender, error) {
	found, epoch, version, err := database.Snapshots(ctx, []registry.LookupHash{hash(verifier.Account, account)})
	if err != nil {
		return verifier.Sender{}, fmt.Errorf("look up a sender: %w", err)
	}
	sender := verifier.Sender{Epoch: string(epoch), Version: uint64(version), AsOf: now}
	if len(found) > 0 {
		sender.Party = found[0].Party
		sender.Holds = holdsAny(hash, found[0].Identifiers)
		parse := func(row registry.RegistrationRow) (*verifier.Certificate, error) {
			return verifier.ParseCertificate(row.DER)
		}
		sender.Registrations = registrationsOf(&found[0], parse, func(registry.RegistrationRow, error) {}) // the gateway cries
	}
	others := slices.DeleteFunc(slices.Clone(hints.Fingerprints), func(f verifier.Fingerprint) bool {
		return slices.ContainsFunc(sender.Registrations, func(r verifier.Registration) bool { return r.Certificate.Fingerprint() == f })
	})
	if len(others) == 0 {
		return sender, nil
	}
	holders, err := database.Elsewhere(ctx, others)
	if err != nil {
		return verifier.Sender{}, fmt.Errorf("look up a sender: %w", err)
	}
	for _, f := range others {
		addHolder(&sender, f, holder{party: holders[f], readAt: now})
	}
	return sender, nil
}

// registrationsOf makes of what is stored what is judged. A certificate that can't be
// parsed can't have signed anything that we could check: it is left out, and told of.
func registrationsOf(s *registry.Snapshot, parse func(registry.RegistrationRow) (*verifier.Certificate, error), leftOut func(registry.RegistrationRow, error)) []verifier.Registration {
	all := make([]verifier.Registration, 0, len(s.Registrations))
	for _, row := range s.Registrations {
		certificate, err := parse(row)
		if err != nil {
			leftOut(row, err)
			continue
		}
		all = append(all, verifier.Registration{
			Certificate: certificate, State: row.State,
			From: row.From, Until: row.Until, EndedAt: row.EndedAt,
		})
	}
	return all
}

// holdsAny returns a function that reports whether an identifier is among hashes,
// which are sorted.
func holdsAny(hash Hash, hashes []registry.LookupHash) func(verifier.IdentifierKind, string) bool {
	return func(kind verifier.IdentifierKind, value string) bool {
		_, found := slices.BinarySearchFunc(hashes, hash(kind, value), func(a, b registry.LookupHash) int {
			return bytes.Compare(a[:], b[:])
		})
		return found
	}
}
