package verifier

import (
	"fmt"
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

// TestReadingKeepsLittle reads large documents of the shapes for which memory grows, and
// holds what one reading, of which the engine keeps some, still has afterwards.
func TestReadingKeepsLittle(t *testing.T) {
	const size = 8 << 20
	signature := between(t, sign(t, "<a></a>", form{method: uriExc}), "<Signature", "</Signature>")
	many := func(s string) string { return strings.Repeat(s, size/len(s)) }
	e := newEngine(t, "cpt")
	for name, body := range map[string]string{
		"line ends CR LF":      many("\r\n"),
		"a text":               many("a"),
		"a text that expands":  many(">"),
		"a CDATA section":      "<![CDATA[" + many("<") + "]]>",
		"namespace names":      many(`<b xmlns="urn:&#120;"/>`),
		"prefixes":             manyPrefixes(100_000),
		"values":               many(`<b c="&gt;"/>`),
		"a long SignedInfo":    strings.Replace(signature, "<SignatureMethod", many(" ")+"<SignatureMethod", 1),
		"a long certificate":   strings.Replace(signature, "<X509Certificate>", "<X509Certificate>"+many("AAAA"), 1),
		"many texts and cuts":  many("<b>1\r\n</b>"),
		"a comment in a value": many("<b>1<!---->2</b>"),
		"many and long edits": "<b/>" + strings.Repeat("\r\n", 8_000) + strings.Repeat(`<b a='' b='' c='' d='' e='' f='' g='' h=''/>`, 400) +
			strings.Repeat(" ", 32<<10) + "<b/>" + strings.Repeat(disordered(64<<10), 3),
	} {
		t.Run(name, func(t *testing.T) {
			r := newReading(e)
			doc := []byte("<a>" + body + signature + "</a>")
			before := heap()
			m := r.read(doc)
			r.release()
			if m.refused.reason == MalformedXML {
				t.Fatal(m.refused.what)
			}
			m = nil
			if kept := heap() - before; kept > 1<<20 {
				t.Errorf("%d KiB are kept", kept>>10)
			}
			runtime.KeepAlive(doc)
			runtime.KeepAlive(r)
		})
	}
}

// disordered is an element whose attributes, each that long, stand in no order.
func disordered(size int) string {
	var b strings.Builder
	for c := 'h'; c >= 'a'; c-- {
		fmt.Fprintf(&b, ` %c="%s"`, c, strings.Repeat("x", size))
	}
	return "<b" + b.String() + "/>"
}

// heap returns how many bytes are in use.
func heap() int {
	var stats runtime.MemStats
	for range 3 { // what a pool holds goes at the second
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

func manyPrefixes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<b xmlns:p%d="a:b"/>`, i)
	}
	return b.String()
}
