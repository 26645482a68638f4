package secondopinion

import (
	"maps"
	"slices"
	"testing"
)

// FuzzSigned: whatever is signed, and however, there is no disagreement on it. One that
// is found is a fault of the verifier, or a deviation that has no reason yet.
func FuzzSigned(f *testing.F) {
	styles := slices.Sorted(maps.Keys(forms))
	for _, doc := range small() {
		for i := range styles {
			f.Add(doc, uint8(i))
		}
	}
	for _, tt := range deviations {
		for i := range styles {
			f.Add(tt.doc, uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, doc string, style uint8) {
		doc, err := signed(doc, forms[styles[int(style)%len(styles)]])
		if err != nil {
			return // no such document can be signed
		}
		agree(t, doc)
	})
}

// FuzzChanged: whatever is done to a signed document, there is no disagreement on it.
func FuzzChanged(f *testing.F) {
	for _, doc := range small() {
		for _, style := range forms {
			f.Add(sign(f, doc, style))
		}
	}
	f.Fuzz(func(t *testing.T, doc string) { agree(t, doc) })
}

// small are documents that a fuzzer gets somewhere with.
func small() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Values(fair)), func(doc string) bool { return len(doc) > 1_000 })
}

func agree(t *testing.T, doc string) {
	t.Helper()
	o := check(t, doc)
	v := judged(t, doc)
	if !about(v) {
		return // it is laxer on form: that is known
	}
	if o.On(v.Verified()) == Disagrees {
		t.Errorf("we say %v; it says %v, %v", v.Reason(), o.Signed, o.Err)
	}
	if o.Skipped == Panicked {
		t.Errorf("%v", o.Err)
	}
}
