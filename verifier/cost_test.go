package verifier

import (
	"runtime"
	"strings"
	"testing"
)

// TestSignedInfoIsBounded holds what a SignedInfo may cost before any key was looked at
// (25): it is canonicalised into memory, with what it inherits.
func TestSignedInfoIsBounded(t *testing.T) {
	good := sign(t, "<a></a>", form{method: uriExc})
	expanding := func(siblings int) string {
		return replaceOnce(t, good, "<SignatureMethod", `<x xmlns:p="urn:`+strings.Repeat("x", 1000)+`">`+strings.Repeat("<p:b/>", siblings)+"</x><SignatureMethod")
	}
	deep := func(method, root string) string {
		signature := between(t, sign(t, "<a></a>", form{method: method}), "<Signature", "</Signature>")
		return root + strings.Repeat(`<a xml:base="a">`, 900) + signature + strings.Repeat("</a>", 901)
	}
	tests := []struct {
		name, profile, doc string
		most               uint64 // bytes allocated
	}{
		{"a namespace declared anew on many siblings", "cpt", expanding(10_000), 4 << 20},
		{"longer than is read", "cpt", expanding(200_000), 8 << 20},
		{"a long base joined often, no child of the root", "cpt", deep(uriC14N11, `<a xml:base="`+strings.Repeat("a/", 30_000)+`">`), 4 << 20},
		{"a long base joined often", "interop", deep(uriC14N11, `<a xml:base="`+strings.Repeat("a/", 30_000)+`">`), 8 << 20},
		{"a base that grows", "interop", strings.ReplaceAll(deep(uriC14N11, `<a xml:base="">`), `"a"`, `"aaaaaaaaaaaa/"`), 32 << 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEngine(t, tt.profile)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			v := judge(e, tt.doc, registered(alice()))
			runtime.ReadMemStats(&after)
			want(t, v, ProfileViolation)
			if got := after.TotalAlloc - before.TotalAlloc; got > tt.most {
				t.Errorf("%d KiB were allocated for a document of %d KiB", got>>10, len(tt.doc)>>10)
			}
		})
	}
}
