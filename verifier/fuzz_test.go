package verifier

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"turnkey-gateway/verifier/c14n"
)

// vectors are documents in testdata that were wrong, or nearly taken wrongly.
func vectors(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/vectors/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in testdata: %v", err)
	}
	all := make(map[string][]byte)
	for _, file := range files {
		if all[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

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
	for _, doc := range vectors(f) {
		f.Add(doc)
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

// TestVectors: none of them is verified, and the file's name begins with the reason.
func TestVectors(t *testing.T) {
	e := newEngine(t, "cpt")
	for name, doc := range vectors(t) {
		t.Run(name, func(t *testing.T) {
			v := judge(e, string(doc), registered(alice()))
			if got := v.Reason().String(); len(name) < len(got) || name[:len(got)] != got {
				t.Errorf("%v: %s", v.Reason(), v.Detail().JSON())
			}
		})
	}
}
