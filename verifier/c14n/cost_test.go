package c14n

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"turnkey-gateway/verifier/xmltext"
)

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// roomy limits let the shapes grow.
var roomy = xmltext.Limits{Bytes: 1 << 30, Depth: 1 << 20, Elements: 1 << 24, Attributes: 1 << 20, AllAttributes: 1 << 24, Namespaces: 1 << 20}

// shapes are those that cost some canonicaliser the square of their size (attack 25).
var shapes = map[string]func(n int) string{
	"deep": func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) },
	"deep with namespaces": func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `<a xmlns:p%d="urn:x:%d">`, i, i)
		}
		return b.String() + strings.Repeat("</a>", n)
	},
	"deep, a prefix rebound": func(n int) string {
		return strings.Repeat(`<p:a xmlns:p="urn:x:1"><p:a xmlns:p="urn:x:2">`, n) + strings.Repeat("</p:a></p:a>", n)
	},
	"deep with leaves": func(n int) string {
		return strings.Repeat("<a>", 900) + strings.Repeat("<b/>", n) + strings.Repeat("</a>", 900)
	},
	"attributes": func(n int) string {
		var b strings.Builder
		b.WriteString("<a")
		for i := range n {
			fmt.Fprintf(&b, ` b%d=""`, n-i)
		}
		return b.String() + "/>"
	},
	"namespaces on children": func(n int) string {
		var b strings.Builder
		b.WriteString("<a")
		for i := range n / 10 {
			fmt.Fprintf(&b, ` xmlns:p%d="urn:x:%d"`, i, i)
		}
		b.WriteString(">")
		for i := range n {
			fmt.Fprintf(&b, `<p%d:b/>`, i%(n/10))
		}
		return b.String() + "</a>"
	},
	"siblings":   func(n int) string { return "<a>" + strings.Repeat(`<b c="1">2</b>`, n) + "</a>" },
	"text":       func(n int) string { return "<a>" + strings.Repeat("&amp;\r\n>", n) + "</a>" },
	"brackets":   func(n int) string { return "<a><![CDATA[" + strings.Repeat("]", n) + "]]></a>" },
	"hyphens":    func(n int) string { return "<a><!--" + strings.Repeat("- ", n) + "--></a>" },
	"references": func(n int) string { return "<a>" + strings.Repeat("&#x0000041;", n) + "</a>" },
	"xml:lang":   func(n int) string { return strings.Repeat(`<a xml:lang="zh">`, n) + strings.Repeat("</a>", n) },
}

// TestCostIsLinear compares documents of n and of 2n parts: what is written and what is
// allocated must at most double, with room for slices that grow by powers of two.
func TestCostIsLinear(t *testing.T) {
	for name, shape := range shapes {
		for _, opts := range []Options{{}, {Method: Exclusive}, {Method: Exclusive, PrefixList: []string{"p1", "p2", "#default"}}} {
			t.Run(fmt.Sprintf("%s/%v%v", name, opts.Method, opts.PrefixList), func(t *testing.T) {
				const n = 4000
				small, smallAlloc := cost(t, shape(n), opts)
				large, largeAlloc := cost(t, shape(2*n), opts)
				if large > small*5/2 {
					t.Errorf("%d bytes are written, twice as many parts give %d", small, large)
				}
				if largeAlloc > smallAlloc*5+1<<16 {
					t.Errorf("%d bytes are allocated, for twice as many parts %d", smallAlloc, largeAlloc)
				}
			})
		}
	}
}

// cost returns the bytes written and allocated in canonicalising doc.
func cost(t *testing.T, doc string, opts Options) (written counter, allocated uint64) {
	t.Helper()
	var tok xmltext.Tokenizer
	var c Canonicalizer
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tok.Reset([]byte(doc), roomy)
	c.Reset(&written, opts)
	for {
		kind, err := tok.Next()
		if err != nil {
			t.Fatal(err)
		}
		if kind == xmltext.EOF {
			break
		}
		c.Token(&tok)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return written, after.TotalAlloc - before.TotalAlloc
}

// BenchmarkShapes is for comparing the time of n and 2n parts by eye.
func BenchmarkShapes(b *testing.B) {
	for name, shape := range shapes {
		for _, n := range []int{5000, 10000} {
			doc := []byte(shape(n))
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.SetBytes(int64(len(doc)))
				for b.Loop() {
					var out counter
					if _, err := Write(&out, doc, Options{Method: Exclusive}, false, roomy); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func benchmark(b *testing.B, doc []byte, opts Options) {
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		var out counter
		if _, err := Write(&out, doc, opts, true, xmltext.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonicalize(b *testing.B) {
	for _, size := range []int{8 << 10, 300 << 10} {
		var doc strings.Builder
		doc.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05" xmlns:ds="urn:wco:datamodel:WCO:DS:1">`)
		for i := 0; doc.Len() < size; i++ {
			fmt.Fprintf(&doc, "\n  <GoodsItem>\n    <SequenceNumeric>%d</SequenceNumeric>\n    <Description>不鏽鋼螺絲 M%d</Description>\n    <ds:Weight unitCode=\"KGM\">%d.5</ds:Weight>\n  </GoodsItem>", i, i%12, i)
		}
		doc.WriteString("\n</Declaration>\n")
		for _, m := range []Method{Inclusive10, Exclusive} {
			b.Run(fmt.Sprintf("%dKB/%v", size>>10, m), func(b *testing.B) { benchmark(b, []byte(doc.String()), Options{Method: m}) })
		}
	}
}

// TestLongTexts puts what a text may not be cut inside at every place about where it is
// cut, and holds that a long text costs no memory of its own.
func TestLongTexts(t *testing.T) {
	for _, piece := range []string{"&#x00000D;", "&amp;", "\r\n", "\r", "\r&#10;", "\r\r\n", "報", "&#10;"} {
		for n := range 80 {
			raw := strings.Repeat(">", chunk-n) + piece + piece + ">"
			want := "<a>" + string(appendText(nil, []byte(raw))) + "</a>"
			if got, err := Canonicalize([]byte("<a>"+raw+"</a>"), Options{}); err != nil || string(got) != want {
				t.Fatalf("%q at %d: written otherwise than at once: %v", piece, chunk-n, err)
			}
			want = "<a>" + string(appendCDATA(nil, []byte(raw))) + "</a>"
			if got, err := Canonicalize([]byte("<a><![CDATA["+raw+"]]></a>"), Options{}); err != nil || string(got) != want {
				t.Fatalf("CDATA, %q at %d: written otherwise than at once: %v", piece, chunk-n, err)
			}
		}
	}
	for _, doc := range []string{"<a>" + strings.Repeat(">", 8<<20) + "</a>", "<a><![CDATA[" + strings.Repeat("<", 8<<20) + "]]></a>"} {
		if _, allocated := cost(t, doc, Options{}); allocated > uint64(len(doc))+1<<20 { // the document itself is copied
			t.Errorf("%.20q...: %d KiB allocated", doc, allocated>>10)
		}
	}
}
