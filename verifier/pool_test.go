package verifier

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// everything is all that may become known of a message, in words.
func everything(m *Message) string {
	v := m.Judge(registered(alice(), bob()), Moment{Received: now, Decided: now})
	var signed string
	if m.signed != nil {
		signed = fmt.Sprintf("%+v", *m.signed)
	}
	return fmt.Sprintf("%v %s %+v\n%+v %+v %+v\n%s\n%.1000q", v.Reason(), v.Detail().JSON(), m.Hints(), m.refused, m.info, m.claims, signed, v.SignedBytes())
}

// nasty are documents that leave a reading in every state there is.
func nasty(t testing.TB) (docs [][]byte) {
	t.Helper()
	for _, a := range attacks(t) {
		if len(a.doc) <= 2*maxSeed {
			docs = append(docs, []byte(a.doc))
		}
	}
	for _, doc := range faultVectors(t) {
		docs = append(docs, doc)
	}
	exclusive := form{method: uriExc, transform: uriExc}
	for _, doc := range []string{
		sign(t, sample, exclusive), sign(t, sample, form{digest: "http://www.w3.org/2001/04/xmlenc#sha512"}),
		sign(t, strings.ReplaceAll(sample, "\n", "\r\n"), exclusive),
		sign(t, `<p:a xmlns:p="urn:p:1" xmlns="urn:d:1"><p:b xmlns:p="urn:p:2" xmlns=""><c/></p:b>`+manyPrefixes(20)+`</p:a>`, exclusive),
		sign(t, "<a>"+many("Agent", 40)+"</a>", form{keyInfo: "-"}), sign(t, "<a>12{signature}</a>", form{}),
		"<a>12<!--", "<a><b>1<!---->", `<a xmlns="urn:wco:datamodel:TW:N5203:1"><ID>`, `<a xmlns="urn:wco:datamodel:TW:N5203:1"><Agent><ID>12<b>`,
		`<p:a xmlns:p="urn:p:1"><p:b xmlns:p="urn:p:2">`, `<a xml:lang="zh"><b xml:base="c">`, "<?p?><a/><?q?>", "<a>" + strings.Repeat("x\r\n", 20_000), "",
	} {
		docs = append(docs, []byte(doc))
	}
	return docs
}

// TestReadingForgets has one reading read documents one after the other: what it says of
// each is what a new reading says, and stays so once it has read the next.
func TestReadingForgets(t *testing.T) {
	docs := nasty(t)
	random := rand.New(rand.NewPCG(3, 2026))
	for _, profile := range []string{"cpt", "interop"} {
		e := newEngine(t, profile)
		used := newReading(e)
		read := func(r *reading, at int) *Message {
			defer r.release()
			return r.read(docs[at])
		}
		want := make([]string, len(docs))
		for i := range docs {
			want[i] = everything(read(newReading(e), i))
		}
		before := 0
		m := read(used, before)
		for range 1500 {
			at := random.IntN(len(docs))
			next := read(used, at)
			if got := everything(m); got != want[before] {
				t.Fatalf("%s: %.300q, and then %.300q:\n%s, by a new reading\n%s", profile, docs[before], docs[at], got, want[before])
			}
			before, m = at, next
		}
	}
}

// TestMessageOutlivesItsReading changes what a reading holds after it gave a message.
func TestMessageOutlivesItsReading(t *testing.T) {
	e := newEngine(t, "interop")
	for _, doc := range nasty(t) {
		r := newReading(e)
		m := r.read(doc)
		want := everything(m)
		for _, b := range [][]byte{r.walk.scratch, r.infoWalk.scratch, r.der, r.g.texts, r.canonical.Bytes()} {
			b = b[:cap(b)]
			for i := range b {
				b[i] = '#'
			}
		}
		clear(r.g.claims[:cap(r.g.claims)])
		r.release()
		if got := everything(m); got != want {
			t.Errorf("%.300q: %s, before\n%s", doc, got, want)
		}
	}
}

// TestTogether has many goroutines read and judge all documents with one engine.
func TestTogether(t *testing.T) {
	e := newEngine(t, "cpt")
	docs := nasty(t)
	var want []string
	for _, doc := range docs {
		want = append(want, everything(newReading(e).read(doc)))
	}
	t.Run("", func(t *testing.T) {
		for worker := range 8 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for i := range docs {
					at := (i*7 + worker*13) % len(docs)
					if got := everything(e.Read(docs[at])); got != want[at] {
						t.Errorf("%.300q: %s, alone\n%s", docs[at], got, want[at])
					}
				}
			})
		}
	})
}
