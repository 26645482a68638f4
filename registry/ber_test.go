package registry_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"turnkey-gateway/registry"
)

// TestSecurityNestedFilesCostLittle: files that take package pkcs7 many seconds.
func TestSecurityNestedFilesCostLittle(t *testing.T) {
	open, closed := []byte{0x30, 0x80}, []byte{0, 0}
	payload := append([]byte{0x04, 0x83, 1, 0, 0}, make([]byte, 1<<16)...)
	const n = 32000
	for name, file := range map[string][]byte{
		"nested":                     slices.Concat(bytes.Repeat(open, n), payload, bytes.Repeat(closed, n)),
		"nested, each with one more": slices.Concat(bytes.Repeat([]byte{0x30, 0x80, 0, 0}, n), payload, bytes.Repeat(closed, n)),
		"children beyond their ends": bytes.Repeat([]byte{0x30, 0x04, 0x30, 0x06}, n),
		"never closed":               bytes.Repeat(open, 4*n),
		"siblings":                   slices.Concat(open, bytes.Repeat([]byte{0x30, 0x80, 0, 0}, n), closed),
	} {
		began := time.Now()
		if _, err := registry.ReadCertificates(file); err == nil {
			t.Errorf("%s: certificates were found", name)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}
