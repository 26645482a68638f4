package verifiertest

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"
)

// RevocationList returns a list (RFC 5280 5) in DER that the authority signed, of serial
// numbers that it revoked when it made the list.
func (a *Authority) RevocationList(thisUpdate, nextUpdate time.Time, serials ...*big.Int) ([]byte, error) {
	list := &x509.RevocationList{
		Number:                    big.NewInt(thisUpdate.Unix()),
		ThisUpdate:                thisUpdate,
		NextUpdate:                nextUpdate,
		RevokedCertificateEntries: make([]x509.RevocationListEntry, len(serials)),
	}
	for i, serial := range serials {
		list.RevokedCertificateEntries[i] = x509.RevocationListEntry{SerialNumber: serial, RevocationTime: thisUpdate}
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.Certificate, a.key)
	if err != nil {
		return nil, fmt.Errorf("make a sample revocation list: %w", err)
	}
	return der, nil
}
