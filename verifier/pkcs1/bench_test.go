package pkcs1

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"testing"
)

// BenchmarkVerify is what one signature of a batch costs, by the key's bits and the size
// of the batch, beside crypto/rsa.
func BenchmarkVerify(b *testing.B) {
	for _, bits := range []int{2048, 3072, 4096} {
		pub, check := sampleCheck(b, bits)
		for _, size := range []int{1, 2, 8, 64} {
			b.Run(fmt.Sprintf("%d/batch of %d", bits, size), func(b *testing.B) {
				checks, ok := make([]Check, size), make([]bool, size)
				for i := range checks {
					checks[i] = check
				}
				b.ReportAllocs()
				for b.Loop() {
					Verify(checks, ok)
					if !ok[0] || !ok[size-1] {
						b.Fatal("refused")
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/signature")
			})
		}
		b.Run(fmt.Sprintf("%d/crypto-rsa", bits), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rsa.VerifyPKCS1v15(pub, check.Hash, check.Digest, check.Signature) != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}

// BenchmarkPrepare is what a key costs once.
func BenchmarkPrepare(b *testing.B) {
	pub, _ := sampleCheck(b, 2048)
	for b.Loop() {
		if _, err := Prepare(pub); err != nil {
			b.Fatal(err)
		}
	}
}

func sampleCheck(t testing.TB, bits int) (*rsa.PublicKey, Check) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("a document"))
	signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	key, err := Prepare(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return &private.PublicKey, Check{Key: key, Hash: crypto.SHA256, Digest: digest[:], Signature: signature}
}
