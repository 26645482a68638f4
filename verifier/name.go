package verifier

import (
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// attributeNames are the short names of attribute types (RFC 4519 and X.520).
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C",
	"2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "street", "2.5.4.10": "O",
	"2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.42": "GN",
	"1.2.840.113549.1.9.1": "emailAddress", "0.9.2342.19200300.100.1.25": "DC",
}

// encodedName prints a DER-encoded Name (RFC 5280 section 4.1.2.4) in the order in which
// it is encoded, for people to compare: pkix.Name.String would reverse it. Several
// attributes of one relative name are joined by +. What does not parse is left out;
// never use it to tell names apart.
func encodedName(der []byte) string {
	var rdns []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &rdns); err != nil {
		return ""
	}
	var parts []string
	for _, rdn := range rdns {
		var attributes []string
		for rest := rdn.Bytes; len(rest) > 0; {
			var a struct {
				Type  asn1.ObjectIdentifier
				Value asn1.RawValue
			}
			var err error
			if rest, err = asn1.Unmarshal(rest, &a); err != nil {
				break
			}
			name := attributeNames[a.Type.String()]
			if name == "" {
				name = a.Type.String()
			}
			attributes = append(attributes, name+"="+attributeText(a.Value))
		}
		parts = append(parts, strings.Join(attributes, "+"))
	}
	return strings.Join(parts, ", ")
}

// attributeText shows a value as text where it is text, else as #hex (RFC 4514 section
// 2.4). TeletexStrings of old issuers often hold Big5, which is not guessed at.
func attributeText(v asn1.RawValue) string {
	text := v.Bytes
	if v.Tag == asn1.TagBMPString && len(v.Bytes)%2 == 0 {
		units := make([]uint16, len(v.Bytes)/2)
		for i := range units {
			units[i] = uint16(v.Bytes[2*i])<<8 | uint16(v.Bytes[2*i+1])
		}
		text = []byte(string(utf16.Decode(units)))
	}
	if !utf8.Valid(text) || strings.ContainsFunc(string(text), unicode.IsControl) {
		return "#" + hex.EncodeToString(v.Bytes)
	}
	return string(text)
}
