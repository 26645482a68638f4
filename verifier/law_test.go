package verifier

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/verifier/c14n"
)

// checkSpelling holds that how a document is spelt, in what leaves its meaning as it is,
// changes neither its canonical forms nor the verdict on it.
func checkSpelling(t *testing.T, engines []*Engine, doc []byte, seed uint64) {
	t.Helper()
	spelt, ok := respell(doc, rand.New(rand.NewPCG(seed, 1)))
	if !ok {
		return
	}
	for _, opts := range []c14n.Options{{}, {Comments: true}, {Method: c14n.Exclusive}, {Method: c14n.Exclusive, PrefixList: []string{"p", "#default"}}} {
		want, _ := c14n.Canonicalize(doc, opts)
		if got, err := c14n.Canonicalize(spelt, opts); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%+v: canonical form of %q:\n%q, %v; spelt %q\n%q", opts, doc, want, err, spelt, got)
		}
	}
	for _, e := range engines {
		want, got := judge(e, string(doc), registered(alice())), judge(e, string(spelt), registered(alice()))
		if got.Reason() != want.Reason() || !bytes.Equal(got.SignedBytes(), want.SignedBytes()) || got.Info() != want.Info() {
			t.Fatalf("%q: %v %+v; spelt %q: %v %+v: %s", doc, want.Reason(), want.Info(), spelt, got.Reason(), got.Info(), got.Detail().JSON())
		}
	}
}

// speltSeeds are short documents, most of them signed.
func speltSeeds(t testing.TB) (docs [][]byte) {
	for _, a := range attacks(t) {
		if len(a.doc) <= maxSpelt {
			docs = append(docs, []byte(a.doc))
		}
	}
	for _, doc := range append(slices.Collect(maps.Values(awkward)), sample, typed) {
		docs = append(docs, []byte(sign(t, doc, form{method: uriExc, transform: uriExc})), []byte(sign(t, doc, form{keyInfo: "-"})))
	}
	return docs
}

func TestSpelling(t *testing.T) {
	engines := []*Engine{newEngine(t, "cpt"), newEngine(t, "interop")}
	for _, doc := range speltSeeds(t) {
		for seed := range uint64(20) {
			checkSpelling(t, engines, doc, seed)
		}
	}
}

func FuzzSpelling(f *testing.F) {
	for i, doc := range speltSeeds(f) {
		f.Add(doc, uint64(i))
	}
	engines := []*Engine{newEngine(f, "cpt"), newEngine(f, "interop")}
	f.Fuzz(func(t *testing.T, doc []byte, seed uint64) {
		// Spelt otherwise the parts of a longer one would be longer than is read, as is a
		// text of references with many zeros.
		if len(doc) <= maxSpelt && !bytes.Contains(doc, []byte("&#0")) && !bytes.Contains(doc, []byte("&#x0")) {
			checkSpelling(t, engines, doc, seed)
		}
	})
}

// maxSpelt is the longest document whose spelling is changed: SignatureValue is read up to
// twice that length.
const maxSpelt = 4 << 10

// FuzzFlippedBits: bits of a signed document flipped, at two places, have it refused or
// leave its signed octets as they were.
func FuzzFlippedBits(f *testing.F) {
	type signed struct{ doc, octets []byte }
	var all []signed
	e := newEngine(f, "cpt")
	for _, doc := range []string{sample, typed, awkward["namespaces redeclared"], awkward["line ends"]} {
		for _, form := range []form{{}, {method: uriExc, transform: uriExc, inside: ""}, {keyInfo: "-"}} {
			text := sign(f, doc, form)
			v := judge(e, text, registered(alice()))
			want(f, v, Verified)
			all = append(all, signed{[]byte(text), v.SignedBytes()})
		}
	}
	for i := range all {
		for at := range uint32(40) {
			f.Add(uint8(i), at*at*7, uint8(1)<<(at%8), at*31, uint8(0))
			f.Add(uint8(i), at*13, uint8(1)<<(at%8), at*13+1, uint8(0xFF))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint32, flip uint8, other uint32, otherFlip uint8) {
		s := all[int(which)%len(all)]
		doc := bytes.Clone(s.doc)
		doc[int(at)%len(doc)] ^= flip
		doc[int(other)%len(doc)] ^= otherFlip
		if v := judge(e, string(doc), registered(alice())); v.Verified() && !bytes.Equal(v.SignedBytes(), s.octets) {
			t.Errorf("%q is verified, with other octets than %q", doc, s.octets)
		}
	})
}

// FuzzCost: a document eight times as long, of whatever repeated parts, costs about eight
// times as much; what is more is bounded.
func FuzzCost(f *testing.F) {
	for _, s := range [][3]string{
		{"<a>", "<b/>", "</a>"}, {`<a xml:lang="zh">`, "", "</a>"}, {`<a xml:base="a/">`, "", "</a>"}, {`<p:a xmlns:p="urn:x:1">`, "<p:b/>", "</p:a>"},
		{`<a xmlns:p="urn:x:1"><p:a xmlns:p="urn:x:2">`, "", "</p:a></a>"}, {"<a>", "&amp;\r\n>", "</a>"}, {"<a>", "<![CDATA[]]>", "</a>"},
		{"<a>", "<!---->", "</a>"}, {"<a>", "12<!---->", "</a>"}, {"<a>", "]]&gt;", "</a>"}, {"<a>", "&#x0000041;", "</a>"}, {"<a>", `<b c="1" d="2">3</b>`, "</a>"},
		{"<a>", "<?p?>", "</a>"}, {"<a>", `<b xmlns=""/>`, "</a>"}, {"<a>", "<Signature></Signature>", "</a>"}, {"<a>", "<b>1<c/>", "</b></a>"},
		{"<a>", "<b c='<", "</a>"}, {"<a>", "<!--", "</a>"}, {"<a>", "<![CDATA[", "</a>"}, {"<a>", "&", "</a>"}, {"<a>", " ", "</a>"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	cpt, interop := newEngine(f, "cpt"), newEngine(f, "interop")
	doc := sign(f, "<a></a>", form{method: uriC14N11, transform: uriExc})
	signature := between(f, doc, "<Signature", "</Signature>")
	f.Fuzz(func(t *testing.T, open, leaf, end string) {
		if len(open)+len(leaf)+len(end) > 256 {
			return
		}
		for _, e := range []*Engine{cpt, interop} {
			of := func(n int) []byte {
				depth := n / 5 // they may not be as deep as they may be many
				return []byte(strings.Repeat(open, depth) + strings.Repeat(leaf, n) + signature + strings.Repeat(end, depth))
			}
			const n = 500
			small, smallBytes := costOf(e, of(n))
			large, largeBytes := costOf(e, of(8*n))
			for try := 0; try < 3 && large > 24*small+20*time.Millisecond; try++ { // the machine may have been busy
				small, smallBytes = costOf(e, of(n))
				large, largeBytes = costOf(e, of(8*n))
			}
			if large > 24*small+20*time.Millisecond {
				t.Errorf("%q %q %q: %v, eight times as many %v", open, leaf, end, small, large)
			}
			if largeBytes > 24*smallBytes+2<<20 {
				t.Errorf("%q %q %q: %d bytes, eight times as many %d", open, leaf, end, smallBytes, largeBytes)
			}
		}
	})
}

// costOf returns the time of reading and judging a document, the least of three, and the
// bytes allocated.
func costOf(e *Engine, doc []byte) (least time.Duration, allocated uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for try := range 3 {
		begin := time.Now()
		e.Read(doc).Judge(registered(alice()), Moment{Received: now, Decided: now})
		if took := time.Since(begin); try == 0 || took < least {
			least = took
		}
	}
	runtime.ReadMemStats(&after)
	return least, (after.TotalAlloc - before.TotalAlloc) / 3
}
