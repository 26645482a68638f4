package verifier

import (
	"bytes"
	"testing"

	"turnkey-gateway/verifier/c14n"
)

// maxSeed is the longest document that fuzzing starts from: on longer ones it is slow.
const maxSeed = 64 << 10

// FuzzVerdict: whatever is verified is, without its Signature, in canonical form what
// alice signed, for she signed nothing else; every detail is in bounds; judging twice
// gives the same; nothing panics.
func FuzzVerdict(f *testing.F) {
	signed := make(map[string]bool) // canonical forms
	for _, form := range []form{{}, {method: uriExc, transform: uriExc}, {keyInfo: "-"}, {digest: uriSHA1, algorithm: uriRSASHA1}} {
		doc := sign(f, sample, form)
		canonical, err := c14n.CanonicalizeUnsigned([]byte(doc), optionsOf(or(form.transform, uriC14N10), ""))
		if err != nil {
			f.Fatal(err)
		}
		signed[string(canonical)] = true
		f.Add([]byte(doc))
	}
	for _, doc := range faultVectors(f) {
		f.Add(doc)
	}
	for _, a := range attacks(f) {
		if len(a.doc) <= maxSeed {
			f.Add([]byte(a.doc))
		}
	}
	cpt, interop := newEngine(f, "cpt"), newEngine(f, "interop")
	f.Fuzz(func(t *testing.T, doc []byte) {
		before := bytes.Clone(doc)
		for _, e := range []*Engine{cpt, interop} {
			m := e.Read(doc)
			v := m.Judge(registered(alice(), bob()), Moment{Received: now, Decided: now})
			if again := m.Judge(registered(alice(), bob()), Moment{Received: now, Decided: now}); again.Reason() != v.Reason() {
				t.Errorf("%v, then %v", v.Reason(), again.Reason())
			}
			checkDetail(t, v)
			if v.Reason() == Unjudged || v.Reason() > Verified {
				t.Errorf("judged %v", v.Reason())
			}
			if v.Verified() && !signed[string(v.SignedBytes())] {
				t.Errorf("verified, but never signed:\n%s", v.SignedBytes())
			}
		}
		if !bytes.Equal(doc, before) {
			t.Error("the document was changed")
		}
	})
}
