package pkcs1

import (
	"crypto/rsa"
	"testing"

	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// keysOf prepares a key once for each arithmetic that this machine can do.
func keysOf(t testing.TB, pub *rsa.PublicKey) map[string]*Key {
	t.Helper()
	key, err := Prepare(pub)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*Key{"limbs": key}
}
