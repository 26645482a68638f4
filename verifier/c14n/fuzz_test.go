package c14n

import (
	"bytes"
	"fmt"
	"testing"
)

// FuzzCanonicalize: the canonical form of a canonical form is itself; the form in
// exclusive canonicalisation follows from that in inclusive; both are never longer than
// escaping makes them for a document without namespaces to render.
func FuzzCanonicalize(f *testing.F) {
	for _, doc := range []string{
		"<a/>", "<?p q?><a b='1\t&#9;'>&lt;\r\n<![CDATA[<>]]><!--c--></a><!--d-->\n",
		`<p:a xmlns:p="urn:p:1" xmlns="urn:d:1"><b p:x="1" x="2"/><p:c xmlns:p="urn:p:2" xmlns=""><d/></p:c></p:a>`,
		`<a xml:lang="zh" xmlns:q="urn:q:1"><q:b xmlns:q="urn:q:1"/><q:c xmlns:q="urn:q:2"><q:d xmlns:q="urn:q:1"/></q:c></a>`,
		"<a xmlns='urn:a:b?c&amp;d' b='&#13;'>&#13;\u0085</a>",
	} {
		f.Add([]byte(doc), "p #default")
	}
	f.Fuzz(func(t *testing.T, doc []byte, list string) {
		var prefixes []string
		for _, p := range bytes.Fields([]byte(list)) {
			prefixes = append(prefixes, string(p))
		}
		forms := make(map[string][]byte)
		for _, opts := range []Options{
			{}, {Comments: true}, {Method: Inclusive11}, {Method: Exclusive}, {Method: Exclusive, PrefixList: prefixes},
		} {
			once, err := Canonicalize(doc, opts)
			if err != nil {
				return // refusing is fine; panicking is not
			}
			if twice, err := Canonicalize(once, opts); err != nil || !bytes.Equal(once, twice) {
				t.Errorf("%+v: %q became %q, then %q, err %v", opts, doc, once, twice, err)
			}
			forms[fmt.Sprint(opts)] = once
		}
		inclusive := forms[fmt.Sprint(Options{})]
		if !bytes.Equal(inclusive, forms[fmt.Sprint(Options{Method: Inclusive11})]) {
			t.Errorf("%q: 1.0 and 1.1 differ on a whole document", doc)
		}
		if again, err := Canonicalize(inclusive, Options{Method: Exclusive}); err != nil || !bytes.Equal(again, forms[fmt.Sprint(Options{Method: Exclusive})]) {
			t.Errorf("%q: exclusive differs once inclusive: %q, %v", doc, again, err)
		}
	})
}
