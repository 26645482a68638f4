package verifier

import (
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"strings"
)

// sameIssuer reports whether an X509IssuerName, as some library wrote it, means the
// issuer of c. Libraries agree neither on the order nor on the names of attribute types,
// so only the values are compared, as a set. It chooses among registered certificates,
// the serial number having matched already: it adds no trust.
func sameIssuer(name string, c *Certificate) bool {
	values, ok := nameValues(name)
	if !ok {
		return false
	}
	var want []string
	var rdns []asn1.RawValue
	if _, err := asn1.Unmarshal(c.IssuerRaw(), &rdns); err != nil {
		return false
	}
	for _, rdn := range rdns {
		for rest := rdn.Bytes; len(rest) > 0; {
			var a struct {
				Type  asn1.ObjectIdentifier
				Value asn1.RawValue
			}
			var err error
			if rest, err = asn1.Unmarshal(rest, &a); err != nil {
				return false
			}
			want = append(want, foldName(attributeText(a.Value)))
		}
	}
	slices.Sort(values)
	slices.Sort(want)
	return slices.Equal(values, want)
}

func foldName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// nameValues returns the folded attribute values of a distinguished name in string form
// (RFC 4514, and the spellings of RFC 2253 and 1779 that are still about).
func nameValues(name string) (values []string, ok bool) {
	for len(name) > 0 {
		_, rest, found := strings.Cut(name, "=")
		if !found {
			return nil, false
		}
		var value string
		value, name = nameValue(strings.TrimLeft(rest, " "))
		values = append(values, foldName(value))
	}
	return values, len(values) > 0
}

// nameValue reads one value and returns what follows its separator.
func nameValue(s string) (value, rest string) {
	if strings.HasPrefix(s, "#") {
		text, rest := cutSeparator(s)
		return hexValue(text), rest
	}
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			raw, _ := hex.DecodeString(s[i+1 : i+3])
			b.Write(raw)
			i += 2
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case !quoted && (c == ',' || c == ';' || c == '+'):
			return b.String(), s[i+1:]
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

func cutSeparator(s string) (text, rest string) {
	if i := strings.IndexAny(s, ",;+"); i >= 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// hexValue reads #hex of the DER of a string; what is none stays as it is.
func hexValue(text string) string {
	der, err := hex.DecodeString(strings.TrimSpace(text[1:]))
	if err != nil {
		return text
	}
	var v asn1.RawValue
	if _, err := asn1.Unmarshal(der, &v); err != nil {
		return text
	}
	return attributeText(v)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}
