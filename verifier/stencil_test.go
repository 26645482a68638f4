package verifier

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// fits reads documents one after the other with one reading, and reports whether the last
// one's SignedInfo fitted a stencil.
func fits(t *testing.T, profile string, docs ...string) bool {
	t.Helper()
	r := newReading(newEngine(t, profile))
	var fitted bool
	for _, doc := range docs {
		r.read([]byte(doc))
		fitted = r.parts.stencil != nil
		r.release()
	}
	return fitted
}

func TestStencilFits(t *testing.T) {
	good := sign(t, sample, form{})
	digest := strings.TrimSuffix(strings.TrimPrefix(between(t, good, "<DigestValue>", "</DigestValue>"), "<DigestValue>"), "</DigestValue>")
	other := strings.Repeat("A", len(digest)-1) + "="
	edit := func(old, new string) string { return replaceOnce(t, good, old, new) }
	exclusive := sign(t, sample, form{method: uriExc, transform: uriExc})
	tests := []struct {
		name, first, second string
		want                bool
	}{
		{"the same again", good, good, true},
		{"another document", good, sign(t, strings.Replace(sample, ">100<", ">200<", 1), form{}), true},
		{"another signer", good, sign(t, sample, form{by: new(bob())}), true},
		{"another digest", good, edit(digest, other), true},
		{"exclusive", exclusive, strings.Replace(exclusive, digest, other, 1), true},
		{"another algorithm", good, sign(t, sample, form{digest: "http://www.w3.org/2001/04/xmlenc#sha512"}), false},
		{"another prefix", good, sign(t, sample, form{prefix: "s:"}), false},
		{"a blank more", good, edit("<SignedInfo>", "<SignedInfo >"), false},
		{"a blank in the digest", good, edit(digest, digest[:9]+" "+digest[9:]), false},
		{"a shorter digest", good, edit(digest, digest[:8]), false},
		{"a reference in the digest", good, edit(digest, "&#65;"+digest[5:]), false},
		{"markup in the digest", good, edit(digest, "<!--x-->"+digest[8:]), false},
		{"a letter beyond ASCII in the digest", good, edit(digest, "é"+digest[2:]), false},
		{"another default namespace around", good, edit("urn:wco:datamodel:TW:N5203:R-00-05", "urn:wco:datamodel:TW:N5203:R-00-06"), false},
		{"another prefix around", good, edit("xmlns:ds=", `xmlns:x="urn:x:1" xmlns:ds=`), false},
		{"another xml:lang around", good, edit(`xml:lang="zh-TW"`, `xml:lang="zh-tw"`), false},
		{"no xml:lang around", good, edit(` xml:lang="zh-TW"`, ""), false},
		{"xml:space around", good, edit(`xml:lang=`, `xml:space="preserve" xml:lang=`), false},
		{"a refused one before", edit("rsa-sha256", "rsa-sha255"), edit("rsa-sha256", "rsa-sha255"), false},
		{"cut off", good, good[:strings.Index(good, "</SignedInfo>")+5], false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fits(t, "cpt", tt.first, tt.second); got != tt.want {
				t.Errorf("fits: %v, want %v", got, tt.want)
			}
			checkSkimmedReading(t, "cpt", []byte(tt.first))
			checkSkimmedReading(t, "cpt", []byte(tt.second))
			checkSkimmedReading(t, "interop", []byte(tt.second))
		})
	}
}

// TestStencilOfADecoy: what looks like the digest, but isn't the content of DigestValue, is
// not cut out; else one signed digest could be shown for another.
func TestStencilOfADecoy(t *testing.T) {
	good := sign(t, sample, form{method: uriExc, transform: uriExc})
	digest := strings.TrimSuffix(strings.TrimPrefix(between(t, good, "<DigestValue>", "</DigestValue>"), "<DigestValue>"), "</DigestValue>")
	info := between(t, good, "<SignedInfo>", "</SignedInfo>")
	hidden := strings.Replace(info, digest, "&#"+"65;"+digest[1:], 1) // what it stands for has the digest's length
	for name, decoy := range map[string]string{
		"in a namespace that is not rendered": strings.Replace(hidden, "<SignedInfo>", `<SignedInfo xmlns:x="urn:`+digest+`">`, 1),
		"in an Id":                            strings.Replace(hidden, "<SignedInfo>", `<SignedInfo Id="`+digest+`">`, 1),
		"between blanks":                      strings.Replace(info, "<DigestValue>", "\n"+"<DigestValue>", 1),
	} {
		t.Run(name, func(t *testing.T) {
			first := replaceOnce(t, good, info, decoy)
			second := strings.Replace(first, digest, strings.Repeat("B", len(digest)-1)+"=", 1)
			for range 2 {
				checkSkimmedReading(t, "cpt", []byte(first))
				checkSkimmedReading(t, "cpt", []byte(second))
			}
		})
	}
}

// TestStencilsAreBounded: the one used longest ago goes.
func TestStencilsAreBounded(t *testing.T) {
	r := newReading(newEngine(t, "cpt"))
	doc := func(i int) []byte {
		return []byte(sign(t, `<a xmlns:p="urn:p:`+strings.Repeat("x", i)+`">{signature}</a>`, form{}))
	}
	fits := func(doc []byte) bool {
		defer r.release()
		r.read(doc)
		return r.parts.stencil != nil
	}
	docs := [][]byte{doc(1)}
	fits(docs[0])
	for i := 1; i < maxStencils+3; i++ {
		docs = append(docs, doc(1+i))
		if fits(docs[i]) {
			t.Errorf("a new one fits")
		}
		if !fits(docs[0]) {
			t.Fatalf("the first one is gone, though in use, after %d", i)
		}
	}
	if len(r.stencils.kept) != maxStencils {
		t.Errorf("%d are kept", len(r.stencils.kept))
	}
	if fits(docs[2]) {
		t.Error("one that was not used for long is still there")
	}
}

// TestStencilsAreSmall: what no program writes is not kept, however good it is; the sender
// of it needs no certificate.
func TestStencilsAreSmall(t *testing.T) {
	var namespaces strings.Builder
	for i := range 900 {
		fmt.Fprintf(&namespaces, ` xmlns:p%d="urn:%s"`, i, strings.Repeat("x", 1000))
	}
	exclusive := form{method: uriExc, transform: uriExc}
	wide := func(info string) string {
		return strings.Replace(info, "<SignatureMethod", strings.Repeat(" ", 60<<10)+"<SignatureMethod", 1)
	}
	for name, doc := range map[string]string{
		"many namespaces around": sign(t, "<a"+namespaces.String()+"></a>", exclusive),
		"a long xml:lang around": sign(t, `<a xml:lang="`+strings.Repeat("z", 60<<10)+`"></a>`, exclusive),
		"a long SignedInfo":      sign(t, "<a></a>", form{info: wide}),
	} {
		t.Run(name, func(t *testing.T) {
			r := newReading(newEngine(t, "cpt"))
			if m := r.read([]byte(doc)); m.refused.reason != Unjudged {
				t.Fatal(m.refused.what)
			}
			r.release()
			if len(r.stencils.kept) != 0 || cap(r.stencils.around) > 64<<10 {
				t.Errorf("%d are kept, and room for %d bytes", len(r.stencils.kept), cap(r.stencils.around))
			}
		})
	}
}

// TestStencilAtLimits puts each limit at each number that a document with its SignedInfo may
// reach, and reads documents by a stencil that come to more than the one it was made of.
func TestStencilAtLimits(t *testing.T) {
	var docs []string
	for _, of := range []string{
		"<a>{signature}</a>", "<a>{signature}<b/></a>", `<a><b c="1" d="2"/>{signature}</a>`, `<a><b><c/></b>{signature}<b c="1"/></a>`,
		`<a><b xmlns:p="urn:p"><p:c d=""/></b>{signature}</a>`, `<a xmlns:p="urn:p" xml:lang="zh">{signature}<b xmlns:q="urn:q" xml:lang="en"/></a>`,
		"<a><b>{signature}</b></a>", "<a><b><c>{signature}<d/></c></b></a>", "<a><b><c><d>{signature}<b/></d></c></b></a>",
	} {
		docs = append(docs, sign(t, of, form{}), sign(t, of, form{method: uriExc, transform: uriExc}))
	}
	fields := map[string]func(l *Limits) *int{
		"depth": func(l *Limits) *int { return &l.Depth }, "elements": func(l *Limits) *int { return &l.Elements },
		"all attributes": func(l *Limits) *int { return &l.AllAttributes }, "namespaces": func(l *Limits) *int { return &l.Namespaces },
	}
	for name, field := range fields {
		passed := 0
		for n := 1; n < 24; n++ {
			var engines [2]*Engine
			for i := range engines {
				engines[i] = newEngine(t, "interop")
				*field(&engines[i].limits) = n
			}
			engines[1].plainly = true
			r := newReading(engines[0])
			for range 2 {
				for _, doc := range docs {
					got := r.read([]byte(doc))
					if r.parts.stencil != nil {
						passed++
					}
					r.release()
					checkSameReading(t, got, engines[1].Read([]byte(doc)), fmt.Sprintf("%s %d, %q", name, n, doc))
				}
			}
		}
		if passed == 0 {
			t.Errorf("%s: nothing was read by a stencil", name)
		}
	}
}

// TestStencilsMutated changes signed documents by little, so that stencils nearly fit, and
// holds what becomes known against a plain reading.
func TestStencilsMutated(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 16))
	var signed []string
	for _, f := range []form{{}, {method: uriExc, transform: uriExc}, {prefix: "s:"}, {digest: "http://www.w3.org/2001/04/xmlenc#sha512"}} {
		signed = append(signed, sign(t, sample, f))
	}
	const alphabet = "AZaz09+/= \n<>&\"'"
	for range 6_000 {
		doc := []byte(signed[random.IntN(len(signed))])
		info := strings.Index(string(doc), "SignedInfo")
		for range random.IntN(3) {
			at := info + random.IntN(len(doc)-info)
			if random.IntN(3) > 0 {
				at = info + random.IntN(700)
			}
			doc[at] = alphabet[random.IntN(len(alphabet))]
		}
		checkSkimmedReading(t, "cpt", doc)
		checkSkimmedReading(t, "interop", doc)
	}
}
