package pkcs1

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"testing"
)

func BenchmarkQuick(b *testing.B) {
	for _, n := range []int{2048, 3072, 4096} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			k, _ := rsa.GenerateKey(rand.Reader, n)
			d := sha256.Sum256([]byte("x"))
			s, _ := rsa.SignPKCS1v15(nil, k, crypto.SHA256, d[:])
			p, _ := Prepare(&k.PublicKey)
			b.ReportAllocs()
			for b.Loop() {
				if !p.Verify(crypto.SHA256, d[:], s) {
					b.Fatal("refused")
				}
			}
		})
	}
}
