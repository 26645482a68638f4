package secondopinion

import (
	"fmt"
	"strings"
	"testing"
)

// hostile are documents that cost goxmldsig much more than their size, or that are big.
func hostile() map[string]string {
	deep := func(depth, leaves int) string {
		return strings.Repeat("<b>", depth) + strings.Repeat("<c/>", leaves) + strings.Repeat("</b>", depth)
	}
	var namespaces strings.Builder
	for i := range 900 {
		fmt.Fprintf(&namespaces, " xmlns:p%d='urn:p:%d'", i, i)
	}
	return map[string]string{
		"deep and broad":  "<a>" + deep(99, 5_000) + "{signature}</a>",
		"too deep":        "<a>" + deep(100, 1) + "{signature}</a>",
		"many elements":   "<a>" + strings.Repeat("<b/>", 20_000) + "{signature}</a>",
		"many texts":      "<a>" + strings.Repeat("x<?y?>", 40_000) + "<z/>{signature}</a>",
		"many namespaces": "<a" + namespaces.String() + ">" + strings.Repeat("<b/>", 1_000) + "{signature}</a>",
		"many attributes": "<a>" + strings.Repeat("<b q='' w='' e='' r='' t='' y='' u='' i='' o='' p=''/>", 5_000) + "{signature}</a>",
		"many bytes":      "<a><b>" + strings.Repeat("x", 1<<20) + "</b>{signature}</a>",
	}
}

func TestHostileDocumentsAreNotShown(t *testing.T) {
	for name, doc := range hostile() {
		t.Run(name, func(t *testing.T) {
			if o := check(t, sign(t, doc, form{method: inclusive})); o.Skipped != TooLarge {
				t.Errorf("skipped %q, err %v", o.Skipped, o.Err)
			}
		})
	}
}

// The most that an opinion can cost within the default limits, for each way to spend it.
func costly() map[string]string {
	var namespaces strings.Builder
	for i := range 180 {
		fmt.Fprintf(&namespaces, " xmlns:p%d='urn:p:%d'", i, i)
	}
	deep := strings.Repeat("<b>", 98) + strings.Repeat("<c/>", 3_700) + strings.Repeat("</b>", 98)
	return map[string]string{
		"depth":      "<a>" + deep + "{signature}</a>",
		"elements":   "<a>" + strings.Repeat("<b>1</b>", 18_000) + "{signature}</a>",
		"namespaces": "<a" + namespaces.String() + ">" + strings.Repeat("<b/>", 1_050) + "{signature}</a>",
		"attributes": "<a>" + strings.Repeat("<b q='' w='' e='' r='' t='' y='' u='' i='' o='' p=''/>", 4_400) + "{signature}</a>",
		"bytes":      "<a><b>" + strings.Repeat("&amp;", 200_000) + "</b>{signature}</a>",
	}
}

// BenchmarkCheck is what the limits let an opinion cost at most, and what a message costs.
func BenchmarkCheck(b *testing.B) {
	docs := costly()
	docs["message"] = declaration
	docs["3,000 elements"] = fair["3,000 elements"]
	cert := certificate(b).X509()
	for name, doc := range docs {
		for style, f := range map[string]form{"inclusive": {method: inclusive}, "exclusive": {method: exclusively, transform: exclusively}} {
			signed := []byte(sign(b, doc, f))
			b.Run(name+"/"+style, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if o := Check(signed, cert, now, Limits{}); !o.Signed {
						b.Fatalf("skipped %q, %v", o.Skipped, o.Err)
					}
				}
			})
		}
	}
}
