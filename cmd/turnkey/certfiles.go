package main

import (
	"fmt"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// maxCertificateFile bounds what is read of a file of certificates, in bytes. The
// registry's own limit, which it refuses in words, is lower.
const maxCertificateFile = 2 << 20

// readCertificates returns the certificates of a file (PEM, DER or PKCS#7), at least
// one, in the order they stand there.
func (t *tool) readCertificates(name string) ([]*verifier.Certificate, error) {
	data, err := t.read(name, maxCertificateFile)
	if err != nil {
		return nil, err
	}
	certs, err := registry.ReadCertificates(data)
	if err != nil {
		return nil, fmt.Errorf("read certificates from %s: %w", display(name), err)
	}
	return certs, nil
}
