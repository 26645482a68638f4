package postgres_test

import (
	"bytes"
	"testing"

	"turnkey-gateway/registry"
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
