package registry

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// DirectoryAttributes are what Taiwan's government PKI says of a certificate's subject
// in subjectDirectoryAttributes (RFC 5280 4.2.1.8), under 2.16.886.1.100.2. Empty means
// not said.
type DirectoryAttributes struct {
	SubjectClass string // .1, an object identifier
	CardRole     string // .2, 正卡 or 附卡
	NationalTail string // .51, the last four digits of a national id
	BusinessID   string // .101, 統一編號
	Organization string // .102
}

// oidDirectoryAttributes is id-ce-subjectDirectoryAttributes.
var oidDirectoryAttributes = asn1.ObjectIdentifier{2, 5, 29, 9}

// taiwanAttributes is the arc of the attributes above.
var taiwanAttributes = asn1.ObjectIdentifier{2, 16, 886, 1, 100, 2}

var errAttributes = errors.New("subjectDirectoryAttributes are not well-formed")

// parseDirectoryAttributes reads the value of the extension:
//
//	SubjectDirectoryAttributes ::= SEQUENCE SIZE (1..MAX) OF Attribute
//	Attribute ::= SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY }
//
// Attributes of other arcs are passed over. One of ours that has several values, or
// stands there twice, could be read in two ways and is an error.
func parseDirectoryAttributes(der []byte) (DirectoryAttributes, error) {
	var found DirectoryAttributes
	input := cryptobyte.String(der)
	var attributes cryptobyte.String
	if !input.ReadASN1(&attributes, cbasn1.SEQUENCE) || !input.Empty() {
		return found, errAttributes
	}
	for !attributes.Empty() {
		var attribute, values cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !attributes.ReadASN1(&attribute, cbasn1.SEQUENCE) ||
			!attribute.ReadASN1ObjectIdentifier(&oid) ||
			!attribute.ReadASN1(&values, cbasn1.SET) || !attribute.Empty() {
			return DirectoryAttributes{}, errAttributes
		}
		field := found.field(oid)
		if field == nil {
			continue
		}
		if *field != "" {
			return DirectoryAttributes{}, fmt.Errorf("%w: %v is there twice", errAttributes, oid)
		}
		var err error
		if *field, err = readAttributeValue(values); err != nil {
			return DirectoryAttributes{}, fmt.Errorf("%w: %v: %w", errAttributes, oid, err)
		}
	}
	return found, nil
}

// field returns where an attribute's value goes, nil if it is none of ours.
func (d *DirectoryAttributes) field(oid asn1.ObjectIdentifier) *string {
	if len(oid) != len(taiwanAttributes)+1 || !slices.Equal(oid[:len(taiwanAttributes)], taiwanAttributes) {
		return nil
	}
	switch oid[len(taiwanAttributes)] {
	case 1:
		return &d.SubjectClass
	case 2:
		return &d.CardRole
	case 51:
		return &d.NationalTail
	case 101:
		return &d.BusinessID
	case 102:
		return &d.Organization
	}
	return nil
}

// readAttributeValue reads the only member of a SET: an object identifier, or a
// character string, of whatever type, of visible ASCII. That is all these attributes
// need, and the same in every encoding they come in.
func readAttributeValue(values cryptobyte.String) (string, error) {
	var value cryptobyte.String
	var tag cbasn1.Tag
	if values.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) {
		var oid asn1.ObjectIdentifier
		if !values.ReadASN1ObjectIdentifier(&oid) || !values.Empty() {
			return "", errors.New("not one object identifier")
		}
		return oid.String(), nil
	}
	if !values.ReadAnyASN1(&value, &tag) || !values.Empty() {
		return "", errors.New("not one value")
	}
	switch tag {
	case cbasn1.UTF8String, cbasn1.PrintableString, cbasn1.IA5String, cbasn1.T61String, tagNumericString:
	default:
		return "", fmt.Errorf("of ASN.1 type %d", tag)
	}
	if len(value) == 0 || slices.ContainsFunc(value, func(b byte) bool { return b < ' ' || b > '~' }) {
		return "", errors.New("not visible ASCII")
	}
	return string(value), nil
}

// tagNumericString is UNIVERSAL 18, X.680 section 8.
const tagNumericString = cbasn1.Tag(18)
