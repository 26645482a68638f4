package postgres_test

import (
	"bytes"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// TestSecurityACertificateHasOneFingerprint: its holder can make another signature of it
// where the issuer's is by ECDSA, and so other bytes, that say the same and verify.
func TestSecurityACertificateHasOneFingerprint(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	cert := w.certificate()
	der := bytes.Clone(cert.DER())
	der[len(der)-1] ^= 1
	other, err := verifier.ParseCertificate(der)
	w.must(err)
	party, _ := w.party()
	w.register(signing(party, cert))
	_, _, err = w.store.Revoke(t.Context(), registrytest.Operator, cert.Fingerprint(), registry.Unspecified)
	w.must(err)
	_, _, err = w.store.Register(t.Context(), registrytest.Operator, signing(party, other))
	w.wants(err, registry.ErrAlreadyRegistered)
}

// TestSecurityAPasswordThatWasReplacedOpensNothing, not even for whoever had it checked
// just before.
func TestSecurityAPasswordThatWasReplacedOpensNothing(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	party, _, err := w.store.OpenAccount(t.Context(), "visitor:1", w.newAccount("97162640"))
	w.must(err)
	_, old, err := w.store.PasswordOf(t.Context(), "97162640")
	w.must(err)
	opening := registry.Opening{LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByPassword, PasswordHash: old}
	_, _, err = w.store.LogIn(t.Context(), "", opening, hour)
	w.must(err)
	w.must(w.store.SetPassword(t.Context(), registry.PartyActor(party), party, "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$b3RoZXJoYXNo"))
	_, _, err = w.store.LogIn(t.Context(), "", opening, hour)
	w.wants(err, registry.ErrNoPassword)
}

// TestSecurityEveryIdentifierIsAudited, also one that comes with something else.
func TestSecurityEveryIdentifierIsAudited(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	_, err := w.store.Import(t.Context(), "visitor:1", w.anImport("97162640", false))
	w.must(err)
	_, err = w.store.Import(t.Context(), "visitor:1", w.anImport("97162640", true)) // which names the account
	w.must(err)

	specialist := w.anImport("97162640", false)
	specialist.Principal = registry.Identifier{Kind: verifier.NationalID, Value: "A123456789"}
	specialist.Claims = []registry.Identifier{{Kind: verifier.Specialist, Value: "A00001"}}
	specialist.Possession = true
	other, err := w.store.Import(t.Context(), "visitor:1", specialist)
	w.must(err)
	_, _, err = w.store.ApproveBinding(t.Context(), "operator:chen", postgres.Registered{
		Party: other.Party, Certificate: specialist.Registration.Certificate.Fingerprint(), Usage: registry.Signing})
	w.must(err)
	claims, err := w.store.Claims(t.Context(), other.Party)
	w.must(err)
	_, err = w.store.ApproveClaim(t.Context(), "operator:chen", other.Party, claims[0].Lookup) // so does this
	w.must(err)
	entries, err := w.store.AuditEntries(t.Context(), registry.AuditQuery{Limit: 100})
	w.must(err)
	added := 0
	for _, e := range entries {
		if e.Action == registry.AuditAction(registry.IdentifierAdded) {
			added++
		}
	}
	if added != 2 {
		t.Errorf("%d accounts named in the audit log, want 2", added)
	}
}
