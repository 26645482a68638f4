package xmltext

import (
	"fmt"
	"strings"
	"testing"
)

// inRoot returns a tokenizer and a Skim behind the root's start tag.
func inRoot(t testing.TB, doc string, declares bool) (*Tokenizer, *Skim) {
	t.Helper()
	tokens := new(Tokenizer)
	tokens.Reset([]byte(doc), Limits{})
	if kind, err := tokens.Next(); kind != Start {
		t.Fatal(kind, err)
	}
	return tokens, &Skim{Declares: declares}
}

// TestSkimPutsInLittle: what one Skim puts in is bounded, by tags that it read before, too.
func TestSkimPutsInLittle(t *testing.T) {
	uri := "urn:" + strings.Repeat("x", 1000)
	tokens, s := inRoot(t, `<a xmlns:p="`+uri+`">`+strings.Repeat("<p:b/>", 5000)+"</a>", true)
	skims := 0
	for begin, finish := tokens.Skim(s); finish > begin; begin, finish = tokens.Skim(s) {
		size := 0
		for i := range s.Edits {
			size += len(s.Text(&s.Edits[i]))
		}
		if size > skimmed+2*len(uri) {
			t.Fatalf("%d bytes in %d edits", size, len(s.Edits))
		}
		skims++
	}
	if skims < 5000*1000/skimmed {
		t.Errorf("%d skims", skims)
	}
}

// BenchmarkSkim reads tags of a real message, which it has read before, and others of as many
// bytes, each of another name.
func BenchmarkSkim(b *testing.B) {
	item := func(n string) string {
		return "\n  <Item" + n + ">\n    <Name" + n + ">text</Name" + n + ">\n    <Classification" + n + ` schemeID='CCC' listID="HS">1234</Classification` + n +
			">\n    <p:Measure" + n + ` p:unitCode="KGM">7.5</p:Measure` + n + ">\n  </Item" + n + ">"
	}
	for _, different := range []bool{false, true} {
		var doc strings.Builder
		doc.WriteString(`<a xmlns:p="urn:wco:datamodel:WCO:DS:1">`)
		for i := range 100 {
			n := 100
			if different {
				n += i
			}
			doc.WriteString(item(fmt.Sprint(n)))
		}
		doc.WriteString("</a>")
		for _, declares := range []bool{false, true} {
			b.Run(fmt.Sprintf("different=%v/declares=%v", different, declares), func(b *testing.B) {
				b.SetBytes(int64(doc.Len()))
				tokens, s := inRoot(b, doc.String(), declares)
				for b.Loop() {
					tokens.Reset(tokens.doc, Limits{})
					tokens.Next()
					for begin, finish := tokens.Skim(s); finish > begin; begin, finish = tokens.Skim(s) {
					}
				}
			})
		}
	}
}
