package pkcs1

import (
	"crypto"
	"crypto/rsa"
	"slices"
	"testing"

	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// A judge says whether a signature holds.
type judge func(hash crypto.Hash, digest, signature []byte) bool

// judges returns each arithmetic that this machine can do, for one key.
func judges(t testing.TB, pub *rsa.PublicKey) map[string]judge {
	t.Helper()
	key, err := Prepare(pub)
	if err != nil {
		t.Fatal(err)
	}
	narrow := *key
	narrow.wide = nil
	all := map[string]judge{"limbs": narrow.Verify}
	if key.wide != nil {
		all["solo"] = key.Verify
		all["lockstep"] = func(hash crypto.Hash, digest, signature []byte) bool {
			return inEachLane(t, key, hash, digest, signature)
		}
	}
	return all
}

// inEachLane verifies one signature in all lanes, which must agree.
func inEachLane(t testing.TB, key *Key, hash crypto.Hash, digest, signature []byte) bool {
	t.Helper()
	checks := slices.Repeat([]Check{{Key: key, Hash: hash, Digest: digest, Signature: signature}}, lanes)
	ok := make([]bool, lanes)
	Verify(checks, ok)
	for lane := range ok {
		if ok[lane] != ok[0] {
			t.Errorf("lane %d says %v, lane 0 %v", lane, ok[lane], ok[0])
		}
	}
	return ok[0]
}

// wantLockstep skips a test of what this machine can't do.
func wantLockstep(t testing.TB) {
	t.Helper()
	if !hasLockstep {
		t.Skip("this processor has no AVX-512 IFMA, or the build leaves assembly out")
	}
}
