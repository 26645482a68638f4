package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// shortestPrefix is how many hex digits of a fingerprint name a certificate.
const shortestPrefix = 8

// choose returns a party's registration that a person named by the certificate's file,
// its serial number, or its SHA-256 or the beginning of that.
func (t *tool) choose(ctx context.Context, r *registryRoom, party verifier.PartyID, usage registry.Usage, name string) (registry.Registration, error) {
	matches, err := t.matcher(name)
	if err != nil {
		return registry.Registration{}, err
	}
	all, err := r.Registrations(ctx, string(party))
	if err != nil {
		return registry.Registration{}, err
	}
	var found []registry.Registration
	var serials []string
	for _, reg := range all {
		if reg.Usage != usage {
			continue
		}
		serials = append(serials, reg.Certificate.Serial())
		if matches(reg.Certificate) {
			found = append(found, reg)
		}
	}
	// One certificate may have been withdrawn and registered again: the last counts.
	for len(found) > 1 && found[0].Certificate.Fingerprint() == found[1].Certificate.Fingerprint() {
		found = found[1:]
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return registry.Registration{}, advise(refuse("the party has no %s certificate %q", usage, name),
			"its %s certificates: %s\nlist them: turnkey certs --party %s", usage, orNone(serials), party)
	default:
		return registry.Registration{}, refuse("%d certificates of the party match %q: give more of the SHA-256, or the certificate's file", len(found), name)
	}
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// matcher returns what tells a certificate by its name on the command line.
func (t *tool) matcher(name string) (func(*verifier.Certificate) bool, error) {
	if _, err := os.Stat(name); err == nil || name == "-" {
		c, err := t.oneCertificate(name)
		if err != nil {
			return nil, err
		}
		return func(other *verifier.Certificate) bool { return other.Fingerprint() == c.Fingerprint() }, nil
	}
	digits := strings.ReplaceAll(name, ":", "")
	if strings.Trim(digits, "0123456789abcdefABCDEF") != "" || digits == "" {
		return nil, fmt.Errorf("%q is neither a file that is there nor a serial number or SHA-256 in hex", name)
	}
	return func(c *verifier.Certificate) bool {
		if strings.EqualFold(strings.TrimLeft(digits, "0"), strings.TrimLeft(c.Serial(), "0")) {
			return true
		}
		return len(digits) >= shortestPrefix && strings.HasPrefix(c.Fingerprint().String(), strings.ToLower(digits))
	}, nil
}

// oneCertificate reads a file that must hold exactly one.
func (t *tool) oneCertificate(name string) (*verifier.Certificate, error) {
	certs, err := t.readCertificates(name)
	if err != nil {
		return nil, err
	}
	if len(certs) != 1 {
		return nil, fmt.Errorf("read certificates from %s: there are %d, one is wanted", display(name), len(certs))
	}
	return certs[0], nil
}

// fingerprintOf reads a whole SHA-256 in hex, with colons or without.
func fingerprintOf(text string) (verifier.Fingerprint, bool) {
	var f verifier.Fingerprint
	raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(raw) != len(f) {
		return f, false
	}
	return verifier.Fingerprint(raw), true
}
