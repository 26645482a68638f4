package registry

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"turnkey-gateway/verifier"
)

// listExtension is what the name of a file with a revocation list ends in.
const listExtension = ".crl"

// isList tells revocation lists from certificates by their names.
func isList(name string) bool { return strings.EqualFold(path.Ext(name), listExtension) }

// A revocationList is what an issuer's lists together say: a serial that stands on any of
// them was revoked.
type revocationList struct {
	issuer *x509.Certificate

	// stale is the earliest moment by which one of the lists should have been renewed;
	// zero where none says so.
	stale time.Time

	// revoked is sorted by serial; 100,000 take 2.8 MB.
	revoked []revokedSerial
}

// A revokedSerial is one line of a list: a serial number, and when it was revoked.
type revokedSerial struct {
	serial [maxSerial]byte // big-endian, with zeros before it
	at     int64           // Unix seconds
}

// maxSerial is the length of the longest serial number, in octets (RFC 5280 4.1.2.2).
const maxSerial = 20

func (r revokedSerial) compare(other revokedSerial) int {
	return bytes.Compare(r.serial[:], other.serial[:])
}

// find returns when a certificate of the list's issuer was revoked.
func (l *revocationList) find(cert *x509.Certificate) (at time.Time, revoked bool) {
	wanted, ok := serialOf(cert.SerialNumber.Bytes())
	if !ok {
		return time.Time{}, false // no list holds such
	}
	i, found := slices.BinarySearchFunc(l.revoked, revokedSerial{serial: wanted}, revokedSerial.compare)
	if !found {
		return time.Time{}, false
	}
	return time.Unix(l.revoked[i].at, 0), true
}

// serialOf pads a serial number; false if it is too long.
func serialOf(digits []byte) (serial [maxSerial]byte, ok bool) {
	if len(digits) > maxSerial {
		return serial, false
	}
	copy(serial[maxSerial-len(digits):], digits)
	return serial, true
}

// readLists adds what the *.crl files of a directory say, PEM or DER, to the lists of
// the authorities that signed them, which must be among those given.
func (s *issuers) readLists(directory fs.FS, kind string, authorities []*verifier.Certificate) error {
	names, err := fs.Glob(directory, path.Join(kind, "*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if !isList(name) {
			continue
		}
		data, err := fs.ReadFile(directory, name)
		if err != nil {
			return err
		}
		for _, der := range listsIn(data) {
			if err := s.addList(der, authorities); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// listsIn returns the lists in a file of PEM; else the file is one.
func listsIn(data []byte) [][]byte {
	var ders [][]byte
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "X509 CRL" {
			ders = append(ders, block.Bytes)
		}
	}
	if ders == nil {
		return [][]byte{data}
	}
	return ders
}

// Extensions of lists that are understood though they may be critical, RFC 5280 5.2.4
// and 5.2.5. A list that holds changes only, or one part of all, is joined with its
// fellows.
var (
	oidDeltaList         = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidDistributionPoint = asn1.ObjectIdentifier{2, 5, 29, 28}
)

// removedFromList is the CRLReason of a certificate that was on hold, in a list of
// changes.
const removedFromList = 8

func (s *issuers) addList(der []byte, authorities []*verifier.Certificate) error {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return fmt.Errorf("not a revocation list: %w", err)
	}
	revoked, err := serialsOf(list)
	if err != nil {
		return err
	}
	var signed bool
	for _, authority := range authorities {
		issuer := authority.X509()
		if !bytes.Equal(list.RawIssuer, issuer.RawSubject) || list.CheckSignatureFrom(issuer) != nil {
			continue
		}
		signed = true
		known := s.lists[authority.Fingerprint()]
		if known == nil {
			known = &revocationList{issuer: issuer}
			s.lists[authority.Fingerprint()] = known
		}
		known.join(revoked, list.NextUpdate)
	}
	if !signed {
		return fmt.Errorf("the revocation list of %q is not signed by an issuer whose certificate is in this directory", list.Issuer)
	}
	return nil
}

// serialsOf returns what a list revokes, sorted.
func serialsOf(list *x509.RevocationList) ([]revokedSerial, error) {
	for _, extension := range list.Extensions {
		if extension.Critical && !extension.Id.Equal(oidDeltaList) && !extension.Id.Equal(oidDistributionPoint) {
			return nil, fmt.Errorf("the revocation list has a critical extension, %v, that is not understood", extension.Id)
		}
	}
	revoked := make([]revokedSerial, 0, len(list.RevokedCertificateEntries))
	for _, entry := range list.RevokedCertificateEntries {
		if entry.ReasonCode == removedFromList {
			continue
		}
		for _, extension := range entry.Extensions {
			if extension.Critical { // certificateIssuer: it would be another's certificate
				return nil, errors.New("the revocation list speaks of other issuers' certificates, which is not understood")
			}
		}
		serial, ok := serialOf(entry.SerialNumber.Bytes())
		if !ok {
			return nil, fmt.Errorf("the revocation list holds a serial number of more than %d octets", maxSerial)
		}
		revoked = append(revoked, revokedSerial{serial, entry.RevocationTime.Unix()})
	}
	slices.SortFunc(revoked, revokedSerial.compare)
	return revoked, nil
}

// join adds a sorted list of serials.
func (l *revocationList) join(more []revokedSerial, nextUpdate time.Time) {
	l.revoked = append(l.revoked, more...)
	slices.SortStableFunc(l.revoked, revokedSerial.compare)
	l.revoked = slices.Clip(slices.CompactFunc(l.revoked, func(a, b revokedSerial) bool { return a.serial == b.serial }))
	if !nextUpdate.IsZero() && (l.stale.IsZero() || nextUpdate.Before(l.stale)) {
		l.stale = nextUpdate
	}
}

// checkRevoked refuses a certificate that its issuer's list names. A list that should
// have been renewed still counts, and is worth a warning: that an issuer's lists can't
// be had must not stop its certificates.
func (s *IssuerSet) checkRevoked(cert *x509.Certificate, at time.Time) ([]Message, error) {
	if s == nil {
		return nil, nil
	}
	var warnings []Message
	for _, list := range s.now.Load().lists {
		if !bytes.Equal(cert.RawIssuer, list.issuer.RawSubject) || cert.CheckSignatureFrom(list.issuer) != nil {
			continue
		}
		if since, revoked := list.find(cert); revoked {
			day := since.UTC().Format(time.DateOnly)
			return nil, refuse("REVOKED_BY_ISSUER",
				fmt.Sprintf("the issuer revoked the certificate on %s: choose a current one, or ask the issuer for it", day),
				fmt.Sprintf("發證單位已於 %s 廢止此憑證：請改用有效的憑證，或向發證單位重新申請", day))
		}
		if !list.stale.IsZero() && at.After(list.stale) && warnings == nil {
			day := list.stale.UTC().Format(time.RFC3339)
			warnings = []Message{{"CRL_STALE",
				fmt.Sprintf("the issuer's revocation list should have been renewed by %s: what was revoked since is not known; fetch the current one", day),
				fmt.Sprintf("發證單位的憑證廢止清冊應於 %s 前更新，其後廢止的憑證無從得知：請下載最新的清冊", day)}}
		}
	}
	return warnings, nil
}
