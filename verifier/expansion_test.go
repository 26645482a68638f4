package verifier

import (
	"fmt"
	"strings"
	"testing"
)

// TestExpansionIsToldAlike: what is wrong with a canonical form that is both too long and
// without a type's prefix hangs neither on how it was written, in pieces or at once, nor on
// whether its form could be guessed from what was read before.
func TestExpansionIsToldAlike(t *testing.T) {
	const instance = `xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`
	list := `<ec:InclusiveNamespaces xmlns:ec="` + uriExc + `" PrefixList="none"/>`
	for _, f := range []form{{method: uriExc, transform: uriExc}, {method: uriExc, transform: uriExc, inside: list}} {
		good := sign(t, `<a `+instance+` xmlns:q="urn:q:1" xmlns:p="urn:`+strings.Repeat("x", 1000)+`">{signature}</a>`, f)
		for siblings := 70; siblings < 150; siblings += 5 {
			body := strings.Repeat("<p:b/>", siblings) + `<b i:type="q:T"/>` + strings.Repeat("<p:b/>", 40)
			doc := []byte(replaceOnce(t, good, "<Signature", body+"<Signature"))
			plain := newEngine(t, "cpt")
			plain.plainly = true
			want := plain.Read(doc)
			r := newReading(newEngine(t, "cpt"))
			for range 2 {
				got := r.read(doc)
				r.release()
				checkSameReading(t, got, want, fmt.Sprintf("%d siblings, %q", siblings, f.inside))
			}
		}
	}
}
