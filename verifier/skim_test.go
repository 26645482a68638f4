package verifier

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// checkSkimmedReading holds that reading on over plain tags and texts changes nothing of
// what becomes known: neither what is refused, where and why, nor any digest, claim or hint.
func checkSkimmedReading(t *testing.T, profile string, doc []byte) {
	t.Helper()
	engines := map[string][2]*Engine{"cpt": cptEngines(), "interop": interopEngines()}[profile]
	checkSameReading(t, engines[0].Read(doc), engines[1].Read(doc), fmt.Sprintf("%s, %q", profile, doc))
}

func checkSameReading(t *testing.T, got, want *Message, of string) {
	t.Helper()
	if got.refused != want.refused || got.info != want.info || !reflect.DeepEqual(got.claims, want.claims) || !reflect.DeepEqual(got.Hints(), want.Hints()) {
		t.Fatalf("%s:\n%+v %+v %+v\ntoken by token\n%+v %+v %+v", of, got.refused, got.info, got.claims, want.refused, want.info, want.claims)
	}
	if (got.signed == nil) != (want.signed == nil) || got.signed != nil && !reflect.DeepEqual(got.signed, want.signed) {
		t.Fatalf("%s: signed\n%+v\ntoken by token\n%+v", of, got.signed, want.signed)
	}
}

// cptEngines and interopEngines are one engine that remembers what it read, as the
// gateway's does, and one that reads plainly.
var (
	cptEngines     = sync.OnceValue(func() [2]*Engine { return enginesOf("cpt") })
	interopEngines = sync.OnceValue(func() [2]*Engine { return enginesOf("interop") })
)

func enginesOf(profile string) (both [2]*Engine) {
	for i := range both {
		p, err := ProfileNamed(profile)
		if err != nil {
			panic(err)
		}
		if both[i], err = New(Config{Profile: p, Claims: DefaultClaims()}); err != nil {
			panic(err)
		}
	}
	both[1].plainly = true
	return both
}

// typed has elements whose types are named by prefixes, used and not.
const typed = `<p:a xmlns:p="urn:p:1" xmlns:q="urn:q:1" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><b i:nil="true"></b>` +
	`<b i:type="p:T">1</b><q:b i:type="q:T"></q:b>{signature}</p:a>`

// brittle are pieces that a reader, but not a canonicaliser, has to look at.
var brittle = []string{
	"<!---->", "<!--c-->", "<?p?>", "<![CDATA[1]]>", "<![CDATA[]]>", "12", " ", "\r\n", "&#32;", "<b/>", "<b></b>", "<b>1</b>", `<b i:type="q:T"></b>`, "<ID>2</ID>",
	"<Agent><ID>A12</ID></Agent>", "<b><ID>2</ID></b><ID>2</ID>", "<b><Agent><ID>2</ID></Agent></b><Agent><ID>2</ID></Agent>", `<b c="1">`, "</b>", "<Signature/>", `<Signature xmlns="urn:x"></Signature>`,
	`<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"></s:Signature>`, "<b><d:ID>2</d:ID></b><d:ID>2</d:ID>",
}

// TestSkimmedReading puts brittle pieces at random places of signed documents, the
// Signature among them.
func TestSkimmedReading(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 25))
	var signed []string
	for _, doc := range []string{sample, "<a>{signature}<b>1</b></a>", "<a><b><c>x</c>{signature}</b></a>", "<a>12{signature}</a>", typed,
		`<d:a xmlns:d="urn:wco:datamodel:TW:N5203:1"><b>1</b>{signature}</d:a>`} {
		signed = append(signed, sign(t, doc, form{}), sign(t, doc, form{method: uriExc, transform: uriExc}))
	}
	for range 5_000 {
		doc := signed[random.IntN(len(signed))]
		if random.IntN(2) == 0 { // the Signature elsewhere
			begin, end := strings.Index(doc, "<Signature"), strings.Index(doc, "</Signature>")+len("</Signature>")
			signature, rest := doc[begin:end], doc[:begin]+doc[end:]
			at := place(random, rest)
			doc = rest[:at] + signature + rest[at:]
		}
		for range 1 + random.IntN(3) {
			at := place(random, doc)
			doc = doc[:at] + brittle[random.IntN(len(brittle))] + doc[at:]
		}
		for _, profile := range []string{"cpt", "interop"} {
			checkSkimmedReading(t, profile, []byte(doc))
		}
	}
}

// place returns an offset, mostly one beside a tag.
func place(random *rand.Rand, doc string) int {
	at := random.IntN(len(doc) + 1)
	if random.IntN(8) > 0 {
		if next := strings.IndexAny(doc[at:], "<>"); next >= 0 {
			at += next
			if doc[at] == '>' {
				at++
			}
		}
	}
	return at
}

func FuzzSkimmedReading(f *testing.F) {
	for _, doc := range []string{"<a><b>1</b>{signature}</a>", "<a><b><!---->1</b>{signature}</a>", "<a><b>1<!----></b>{signature}</a>", sample, typed} {
		f.Add([]byte(sign(f, doc, form{})))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		checkSkimmedReading(t, "cpt", bytes.Clone(doc))
		checkSkimmedReading(t, "interop", doc)
	})
}
