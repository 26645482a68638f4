package lookup

import (
	"runtime"
	"sync"
	"weak"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// certificates shares parsed certificates between entries: parsing one and preparing
// its key costs more than all else in a lookup, and an entry that is read anew mostly
// has the same ones. A certificate lives as long as something uses it.
type certificates struct {
	mu     sync.Mutex
	parsed map[verifier.Fingerprint]weakCertificate // guarded by mu
}

type weakCertificate = weak.Pointer[verifier.Certificate]

// of returns the certificate of a registration.
func (c *certificates) of(row registry.RegistrationRow) (*verifier.Certificate, error) {
	if known := c.find(row.Fingerprint); known != nil {
		return known, nil
	}
	parsed, err := verifier.ParseCertificate(row.DER)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.parsed[row.Fingerprint].Value(); known != nil {
		return known, nil // another caller was faster
	}
	c.parsed[row.Fingerprint] = weak.Make(parsed)
	runtime.AddCleanup(parsed, c.forget, row.Fingerprint)
	return parsed, nil
}

func (c *certificates) find(f verifier.Fingerprint) *verifier.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.parsed[f].Value()
}

// forget removes a certificate that is gone, unless it was parsed again meanwhile.
func (c *certificates) forget(f verifier.Fingerprint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.parsed[f].Value() == nil {
		delete(c.parsed, f)
	}
}
