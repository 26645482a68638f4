package registry

import (
	"encoding/asn1"
	"strings"
	"testing"
)

// attribute is one Attribute for encoding/asn1.
type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

func text(tag int, value string) asn1.RawValue {
	return asn1.RawValue{Tag: tag, Bytes: []byte(value)}
}

func printable(value string) asn1.RawValue { return text(asn1.TagPrintableString, value) }

// encode makes the extension's value of attributes.
func encode(t testing.TB, attributes ...attribute) []byte {
	t.Helper()
	der, err := asn1.Marshal(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func taiwan(last int, values ...asn1.RawValue) attribute {
	return attribute{asn1.ObjectIdentifier{2, 16, 886, 1, 100, 2, last}, values}
}

func TestParseDirectoryAttributes(t *testing.T) {
	class, err := asn1.Marshal(asn1.ObjectIdentifier{2, 16, 886, 1, 100, 3, 2})
	if err != nil {
		t.Fatal(err)
	}
	ubn := taiwan(101, printable("97162640"))
	good := encode(t, ubn)
	tests := []struct {
		name string
		der  []byte
		want DirectoryAttributes
		fail string // part of the error
	}{
		{"company", encode(t, taiwan(1, asn1.RawValue{FullBytes: class}), taiwan(2, printable("1")), ubn),
			DirectoryAttributes{SubjectClass: "2.16.886.1.100.3.2", CardRole: "1", BusinessID: "97162640"}, ""},
		{"citizen", encode(t, taiwan(51, text(asn1.TagNumericString, "6789"))), DirectoryAttributes{NationalTail: "6789"}, ""},
		{"organisation", encode(t, taiwan(102, text(asn1.TagUTF8String, "A01"))), DirectoryAttributes{Organization: "A01"}, ""},
		{"others are passed over", encode(t, attribute{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 9, 4}, []asn1.RawValue{printable("TW"), printable("JP")}}, ubn),
			DirectoryAttributes{BusinessID: "97162640"}, ""},
		{"unknown ones of ours too", encode(t, taiwan(999, printable("x")), taiwan(999, printable("y"))), DirectoryAttributes{}, ""},
		{"empty", encode(t), DirectoryAttributes{}, ""},

		{"twice", encode(t, ubn, ubn), DirectoryAttributes{}, "twice"},
		{"two values", encode(t, taiwan(101, printable("97162640"), printable("04177036"))), DirectoryAttributes{}, "not one value"},
		{"no value", encode(t, taiwan(101)), DirectoryAttributes{}, "not one value"},
		{"empty value", encode(t, taiwan(101, printable(""))), DirectoryAttributes{}, "visible ASCII"},
		{"not ASCII", encode(t, taiwan(101, text(asn1.TagUTF8String, "９７１６２６４０"))), DirectoryAttributes{}, "visible ASCII"},
		{"a NUL inside", encode(t, taiwan(101, text(asn1.TagIA5String, "9716\x002640"))), DirectoryAttributes{}, "visible ASCII"},
		{"a number", encode(t, taiwan(101, text(asn1.TagInteger, "\x01"))), DirectoryAttributes{}, "ASN.1 type"},
		{"in UTF-16", encode(t, taiwan(101, text(asn1.TagBMPString, "\x009\x007"))), DirectoryAttributes{}, "ASN.1 type"},
		{"cut short", good[:len(good)-1], DirectoryAttributes{}, "well-formed"},
		{"something behind", append(append([]byte(nil), good...), 0), DirectoryAttributes{}, "well-formed"},
		{"nothing at all", nil, DirectoryAttributes{}, "well-formed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseDirectoryAttributes(tt.der)
			if got != tt.want || (err == nil) != (tt.fail == "") || err != nil && !strings.Contains(err.Error(), tt.fail) {
				t.Errorf("got %+v, %v; want %+v, %q", got, err, tt.want, tt.fail)
			}
		})
	}
}

// FuzzDirectoryAttributes states: what is read, encoding/asn1 reads too, and sees the
// same 統一編號 and digits, once and no others.
func FuzzDirectoryAttributes(f *testing.F) {
	f.Add(encode(f, taiwan(101, printable("97162640"))))
	f.Add(encode(f, taiwan(1, printable("1")), taiwan(51, text(asn1.TagNumericString, "6789"))))
	f.Add(encode(f, taiwan(101, printable("97162640"), printable("04177036"))))
	f.Add([]byte{0x30, 0x80, 0x00, 0x00})
	f.Fuzz(func(t *testing.T, der []byte) {
		ours, err := parseDirectoryAttributes(der)
		if err != nil {
			return // refusing is fine; panicking is not
		}
		var theirs []attribute
		if rest, err := asn1.Unmarshal(der, &theirs); err != nil || len(rest) != 0 {
			return // stricter than we in what is passed over
		}
		var ubn, tail []string
		for _, a := range theirs {
			for _, v := range a.Values {
				switch {
				case a.Type.Equal(asn1.ObjectIdentifier{2, 16, 886, 1, 100, 2, 101}):
					ubn = append(ubn, string(v.Bytes))
				case a.Type.Equal(asn1.ObjectIdentifier{2, 16, 886, 1, 100, 2, 51}):
					tail = append(tail, string(v.Bytes))
				}
			}
		}
		check := func(what, ours string, theirs []string) {
			if isOID := strings.Contains(ours, "."); !isOID && strings.Join(theirs, "|") != ours {
				t.Errorf("%s %q, by encoding/asn1 %q", what, ours, theirs)
			}
		}
		check("統一編號", ours.BusinessID, ubn)
		check("last digits", ours.NationalTail, tail)
	})
}
