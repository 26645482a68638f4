package differential

import (
	"strings"
	"testing"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/verifiertest/grammar"
	"turnkey-gateway/verifier/verifiertest/oracle"
)

// shown has, for each listed disagreement, a document that shows it. One without a request
// is signed, and {} in it is the Signature's place.
var shown = []struct {
	name, oracle string
	request      *oracle.Request // for a canonical form; nil: whether the signature holds
	document     string
	form         form
}{
	{name: "& in a namespace name", oracle: "libxml2", request: &oracle.Request{}, document: `<a xmlns="http://a.example/?b&amp;c"/>`},
	{name: "long hexadecimal reference", oracle: "libxml2", request: &oracle.Request{}, document: `<a>&#x00000010FFFF;</a>`},
	{name: "empty xml:base", oracle: "libxml2", request: &oracle.Request{Options: c14n.Options{Method: c14n.Inclusive11}}, document: `<a><b xml:base=""/></a>`},
	{name: "PSS", oracle: "libxml2", document: `<a>{}</a>`, form: form{pss: true}},
	{name: "white space in a PrefixList", oracle: "libxml2", document: `<a xmlns:p="urn:p:1" xmlns:q="urn:q:1">{}</a>`,
		form: form{parameter: `<InclusiveNamespaces xmlns="` + c14n.ExclusiveNamespace + `" PrefixList="p&#10;q"/>`}},
	{name: "KeyInfo that can't be read", oracle: "JDK", document: `<a>{}</a>`, form: form{keyInfo: "<KeyInfo><KeyValue/></KeyInfo>"}},
	{name: "white space in base64's padding", oracle: "JDK", document: `<a>{}</a>`,
		form: form{spell: func(digest string) string { return strings.Replace(digest, "==", "= =", 1) }}},
	{name: "instructions behind an empty root", oracle: "JDK", request: &oracle.Request{}, document: `<a/><?b?>`},
	{name: "names of the fifth edition", oracle: "JDK", request: &oracle.Request{}, document: "<\u0221/>"},
	{name: "other attributes of the prefix xml inherited", oracle: "JDK", request: &oracle.Request{Apex: "#i", Options: c14n.Options{Method: c14n.Inclusive11}},
		document: `<a xml:b="1"><c Id="i"/></a>`},
	{name: "attributes of the prefix xml from the outermost", oracle: "JDK", request: &oracle.Request{Apex: "#i"},
		document: `<a xml:lang="zh"><b xml:lang="en"><c Id="i"/></b></a>`},
}

// TestEachIsShown, and is taken for no other.
func TestEachIsShown(t *testing.T) {
	oracles := installed(t)
	for _, tt := range shown {
		t.Run(tt.name, func(t *testing.T) {
			key := grammar.SigningKeys()[0]
			doc := tt.document
			if tt.request == nil {
				doc = tt.form.sign(t, key, tt.document)
			}
			for _, o := range oracles {
				at, err := Case{Oracle: o, request: tt.request, key: key.Public}.ask([]byte(doc))
				switch {
				case err != nil:
					t.Fatal(err)
				case o.Name() != tt.oracle && at != nil:
					t.Errorf("%s disagrees, too: %s", o.Name(), at.difference())
				case o.Name() == tt.oracle && at == nil:
					t.Errorf("%s agrees: it need not be listed", o.Name())
				case at != nil && explain(at) != tt.name:
					t.Errorf("%s: explained as %q: %s", o.Name(), explain(at), at.difference())
				}
			}
		})
	}
}

// TestAllAreShown: an entry that no document shows would not be one.
func TestAllAreShown(t *testing.T) {
	has := make(map[string]bool)
	for _, tt := range shown {
		has[tt.oracle+tt.name] = true
	}
	for _, l := range Listing() {
		if !has[l.Oracle+l.Name] {
			t.Errorf("%s: no test shows %q", l.Oracle, l.Name)
		}
		if l.Section == "" {
			t.Errorf("%q does not say what decides", l.Name)
		}
		delete(has, l.Oracle+l.Name)
	}
	for name := range has {
		t.Errorf("%s is not listed", name)
	}
}
