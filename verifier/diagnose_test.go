package verifier

import (
	"runtime"
	"strings"
	"testing"
)

// TestSearchIsBounded holds what a rejection may cost: the sender of a changed document
// chooses its shape, and needs no valid signature value for the search to begin.
func TestSearchIsBounded(t *testing.T) {
	const deep, leaves = 900, 20_000
	tests := []struct {
		name, doc string
		form      form
	}{
		{"indenting many leaves at great depth", strings.Repeat("<a>", deep) + strings.Repeat("<b/>", leaves) + strings.Repeat("</a>", deep), form{}},
		{"a long namespace declared anew on many siblings",
			`<a xmlns:p="urn:` + strings.Repeat("x", 150) + `"><!--` + strings.Repeat("x", 370<<10) + "-->" +
				strings.Repeat("<p:b/>", leaves) + "</a>", form{method: uriExc, transform: uriExc}},
		{"a text of many blanks", "<a>" + strings.Repeat("x ", 60<<10) + "</a>", form{}},
		{"many numbers", "<a>" + strings.Repeat("<b>AA 1500000001</b>", 6<<10) + "</a>", form{}},
	}
	// Some ten originals of at most maxHashed each, and buffers that grow.
	most := uint64(96 << 20)
	if raceBuild {
		most *= 2
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(sign(t, tt.doc, tt.form), "<Signature", "<c/><Signature", 1)
			v := judge(e, changed, registered(alice()))
			want(t, v, DigestMismatch)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			v.Detail().JSON()
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("the search allocated %d MiB, more than %d", got>>20, most>>20)
			}
		})
	}
}

// TestExpansionIsBounded holds what exclusive canonicalisation may cost before any key
// was looked at.
func TestExpansionIsBounded(t *testing.T) {
	doc := func(siblings int) string {
		return `<a xmlns:p="urn:` + strings.Repeat("x", 1000) + `">` + strings.Repeat("<p:b/>", siblings) + "</a>"
	}
	e := newEngine(t, "cpt")
	exclusive := form{method: uriExc, transform: uriExc}
	want(t, judge(e, sign(t, doc(50), exclusive), registered(alice())), Verified)
	want(t, judge(e, sign(t, doc(5000), exclusive), registered(alice())), TooLarge)
	// The same document signed otherwise expands by nothing, whatever was guessed.
	want(t, judge(e, sign(t, doc(5000), form{}), registered(alice())), Verified)
	want(t, judge(e, sign(t, doc(5000), form{method: uriExc}), registered(alice())), Verified)

	// What was read before helps to guess, and decides nothing: about as long as may be
	// kept until it is digested, and longer than a document of that length may become.
	listed := form{method: uriExc, transform: uriExc, inside: `<InclusiveNamespaces xmlns="` + uriExc + `" PrefixList="q"></InclusiveNamespaces>`}
	plain := newEngine(t, "cpt")
	plain.plainly = true
	reasons := make(map[Reason]int)
	for siblings := 80; siblings < 130; siblings++ {
		doc := sign(t, doc(siblings), listed)
		reason := judge(plain, doc, registered(alice())).Reason()
		for range 2 {
			want(t, judge(e, doc, registered(alice())), reason)
		}
		reasons[reason]++
	}
	if reasons[Verified] == 0 || reasons[TooLarge] == 0 {
		t.Errorf("the documents are all on one side of the bound: %v", reasons)
	}
}
