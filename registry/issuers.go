package registry

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync/atomic"
	"time"

	"turnkey-gateway/verifier"
)

// An IssuerSet holds the certification authorities whose word on a certificate's
// holder is believed, by the kind of certificate that they issue, and what they have
// revoked as far as their lists are at hand. A nil set believes none.
// It is safe for concurrent use.
type IssuerSet struct{ now atomic.Pointer[issuers] }

// issuers are those of one moment. They don't change.
type issuers struct {
	byKind map[CertificateKind]*x509.CertPool
	lists  map[verifier.Fingerprint]*revocationList // by the authority that signed them
}

// LoadIssuers reads the sub-directories moica, moeaca and customs of a directory, as
// far as they are there. Their files hold certificates (PEM or DER) of the authorities
// that sign certificates of that kind themselves: no chains are built, so roots above
// them are neither needed nor enough. No certificate may serve two kinds.
//
// Files named *.crl hold revocation lists (PEM or DER) of those authorities. A list that
// none of its directory signed is an error.
func LoadIssuers(directory fs.FS) (*IssuerSet, error) {
	set := new(IssuerSet)
	if err := set.Reload(directory); err != nil {
		return nil, err
	}
	return set, nil
}

// Reload reads what [LoadIssuers] reads, in place of what the set held. If that is an
// error, the set stays as it was.
func (s *IssuerSet) Reload(directory fs.FS) error {
	read, err := loadIssuers(directory)
	if err != nil {
		return err
	}
	s.now.Store(read)
	return nil
}

func loadIssuers(directory fs.FS) (*issuers, error) {
	set := &issuers{make(map[CertificateKind]*x509.CertPool), make(map[verifier.Fingerprint]*revocationList)}
	kindOf := make(map[verifier.Fingerprint]CertificateKind)
	for _, kind := range certificateKinds {
		authorities, err := readIssuers(directory, string(kind))
		if err != nil {
			return nil, fmt.Errorf("load the issuers of %s certificates: %w", kind, err)
		}
		for _, authority := range authorities {
			if other, taken := kindOf[authority.Fingerprint()]; taken && other != kind {
				return nil, fmt.Errorf("load issuers: %q is in both %s and %s", authority.Subject(), other, kind)
			}
			kindOf[authority.Fingerprint()] = kind
			if set.byKind[kind] == nil {
				set.byKind[kind] = x509.NewCertPool()
			}
			set.byKind[kind].AddCert(authority.X509())
		}
		if err := set.readLists(directory, string(kind), authorities); err != nil {
			return nil, fmt.Errorf("load the revocation lists of %s certificates: %w", kind, err)
		}
	}
	if len(kindOf) == 0 {
		return nil, errors.New("load issuers: no certificate in moica, moeaca or customs")
	}
	return set, nil
}

func readIssuers(directory fs.FS, kind string) ([]*verifier.Certificate, error) {
	entries, err := fs.ReadDir(directory, kind)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var authorities []*verifier.Certificate
	for _, entry := range entries {
		if isList(entry.Name()) {
			continue
		}
		name := path.Join(kind, entry.Name())
		data, err := fs.ReadFile(directory, name)
		if err != nil {
			return nil, err
		}
		certs, err := ReadCertificates(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, cert := range certs {
			if !isAuthority(cert.X509()) {
				return nil, fmt.Errorf("%s: %q is no certification authority", name, cert.Subject())
			}
		}
		authorities = append(authorities, certs...)
	}
	return authorities, nil
}

// kindOf returns which kind of authority issued a certificate, false if none of the
// set did.
func (s *IssuerSet) kindOf(cert *x509.Certificate, at time.Time) (CertificateKind, bool) {
	if s == nil {
		return "", false
	}
	byKind := s.now.Load().byKind
	for _, kind := range certificateKinds {
		authorities := byKind[kind]
		if authorities == nil {
			continue // Verify would take the system's for none
		}
		_, err := cert.Verify(x509.VerifyOptions{
			Roots:       authorities,
			CurrentTime: at,
			KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
		if err == nil {
			return kind, true
		}
	}
	return "", false
}
