package verifiertest

import (
	"encoding/asn1"
	"fmt"

	"golang.org/x/text/encoding/traditionalchinese"
)

// An Encoding is how a certificate's names are encoded. The authorities' names differ
// by age and brand; crypto/x509/pkix would choose for itself, and in its own order.
type Encoding int

const (
	// UTF8 is UTF8String, with PrintableString for the country and for numbers, as
	// RFC 5280 section 4.1.2.4 demands of certificates issued since 2004.
	UTF8 Encoding = iota

	// T61Big5 is TeletexString whose octets are Big5: wrong by every standard, and
	// met in old certificates. Readers show it garbled and must not fail on it.
	T61Big5
)

var (
	oidCountry = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidOrg     = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidUnit    = asn1.ObjectIdentifier{2, 5, 4, 11}
	oidCommon  = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSerial  = asn1.ObjectIdentifier{2, 5, 4, 5}
)

// An rdn is a relative distinguished name of one attribute, the only form in use here.
type rdn struct {
	kind  asn1.ObjectIdentifier
	value string
}

// A name is a distinguished name in the order in which it is encoded.
type name []rdn

// marshal returns the DER of the name's RDNSequence (X.501 section 9.2).
func (n name) marshal(enc Encoding) ([]byte, error) {
	type attribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	type relative []attribute
	sets := make([]asn1.RawValue, 0, len(n))
	for _, r := range n {
		value, err := directoryString(r, enc)
		if err != nil {
			return nil, err
		}
		set, err := asn1.MarshalWithParams(relative{{r.kind, value}}, "set")
		if err != nil {
			return nil, fmt.Errorf("encode name attribute %s: %w", r.kind, err)
		}
		sets = append(sets, asn1.RawValue{FullBytes: set})
	}
	der, err := asn1.Marshal(sets)
	if err != nil {
		return nil, fmt.Errorf("encode name: %w", err)
	}
	return der, nil
}

// directoryString encodes one attribute's value. Country and serialNumber are
// PrintableString whatever else the name uses (RFC 5280 appendix A.1).
func directoryString(r rdn, enc Encoding) (asn1.RawValue, error) {
	switch {
	case r.kind.Equal(oidCountry), r.kind.Equal(oidSerial):
		return asn1.RawValue{Tag: asn1.TagPrintableString, Bytes: []byte(r.value)}, nil
	case enc == T61Big5:
		big5, err := traditionalchinese.Big5.NewEncoder().String(r.value)
		if err != nil {
			return asn1.RawValue{}, fmt.Errorf("encode %q as Big5: %w", r.value, err)
		}
		return asn1.RawValue{Tag: asn1.TagT61String, Bytes: []byte(big5)}, nil
	default:
		return asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(r.value)}, nil
	}
}
