package rig

import (
	"context"
	"fmt"
	"time"

	"turnkey-gateway/bench/corpus"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// Operator is who the rig is in the audit log.
const Operator registry.Actor = "operator:rig"

// Enrol tells a registry of sample parties: each with its identifiers and its
// certificates, brought to the state that the corpus wants. It returns the parties'
// names in the registry, by account.
func Enrol(ctx context.Context, store *postgres.Store, parties []corpus.Party) (map[string]verifier.PartyID, error) {
	ids := make(map[string]verifier.PartyID, len(parties))
	for _, p := range parties {
		id, _, err := store.CreateParty(ctx, Operator, p.Identifiers...)
		if err == nil {
			err = enrolCertificates(ctx, store, id, p)
		}
		if err != nil {
			return nil, fmt.Errorf("enrol %s: %w", p.Name, err)
		}
		ids[p.Account] = id
	}
	return ids, nil
}

// enrolCertificates registers the certificates of p in order, save that a superseded one
// comes before the main one, which replaces it.
func enrolCertificates(ctx context.Context, store *postgres.Store, party verifier.PartyID, p corpus.Party) error {
	var old *verifier.Certificate
	var overlap time.Time
	for _, c := range p.Certificates {
		if c.State != verifier.Superseded {
			continue
		}
		r, err := registration(party, p.UsageType, c)
		if err != nil {
			return err
		}
		if _, _, err := store.Register(ctx, Operator, r); err != nil {
			return err
		}
		old, overlap = r.Certificate, c.Until
	}
	for _, c := range p.Certificates {
		r, err := registration(party, p.UsageType, c)
		switch {
		case err != nil:
		case c.State == verifier.Superseded:
		case c.Usage == registry.Signing && c.Main && old != nil:
			_, _, err = store.Replace(ctx, Operator, postgres.Replacement{Old: old.Fingerprint(), New: r, Overlap: overlap})
		default:
			_, _, err = store.Register(ctx, Operator, r)
		}
		if err == nil {
			err = end(ctx, store, r, c.State)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func registration(party verifier.PartyID, use registry.UsageType, c corpus.Certificate) (registry.NewRegistration, error) {
	certificate, err := verifier.ParseCertificate(c.DER)
	if err != nil {
		return registry.NewRegistration{}, err
	}
	if c.Usage == registry.Login {
		use = ""
	}
	return registry.NewRegistration{
		Party: party, Certificate: certificate, Usage: c.Usage, Kind: c.Kind, Medium: c.Medium, UsageType: use,
		Pending: c.State == verifier.Pending, From: c.From, Until: c.Until,
	}, nil
}

// end withdraws or revokes a registration that is to stand so.
func end(ctx context.Context, store *postgres.Store, r registry.NewRegistration, state verifier.RegistrationState) (err error) {
	fingerprint := r.Certificate.Fingerprint()
	switch state {
	case verifier.Withdrawn:
		_, err = store.Withdraw(ctx, Operator, postgres.Registered{Party: r.Party, Certificate: fingerprint, Usage: r.Usage})
	case verifier.Revoked:
		_, _, err = store.Revoke(ctx, Operator, fingerprint, registry.Unspecified)
	}
	return err
}
