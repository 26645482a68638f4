package registry

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"

	"turnkey-gateway/verifier"
)

// TestLookupHash: a hash is the HMAC that its comment says, whatever was hashed before it.
func TestLookupHash(t *testing.T) {
	secret := [32]byte{1, 2, 3}
	key := NewLookupKey(secret)
	for range 3 {
		for _, value := range []string{"", "a", "broker@example.com", "Ａ906", strings.Repeat("long ", 100) + "."} {
			for _, kind := range []verifier.IdentifierKind{verifier.Account, verifier.BrokerBox} {
				mac := hmac.New(sha256.New, secret[:])
				mac.Write([]byte(string(kind) + "\x00" + Normalize(kind, value)))
				if got := key.Hash(kind, value); string(got[:]) != string(mac.Sum(nil)) {
					t.Errorf("hash of %s %q is %x", kind, value, got)
				}
			}
		}
	}
}

func BenchmarkLookupHash(b *testing.B) {
	key := NewLookupKey([32]byte{1, 2, 3})
	b.ReportAllocs()
	for b.Loop() {
		key.Account("broker0042@example.com")
	}
}
