package xmltext

import (
	"math/rand/v2"
	"testing"
)

// TestStop holds what a chart finds against a look at each byte, in documents longer than
// a stretch, from offsets in any order.
func TestStop(t *testing.T) {
	random := rand.New(rand.NewPCG(40, 96))
	for range 200 {
		doc := make([]byte, 0, 3*chartBytes)
		rare := 1 + random.IntN(3000)
		for want := random.IntN(cap(doc) - 4); len(doc) < want; {
			switch {
			case random.IntN(rare) == 0:
				doc = append(doc, "<>&\"'=:\r \x00\xff\xe8"[random.IntN(12)])
			case random.IntN(40) == 0:
				doc = append(doc, "螺"...)
			default:
				doc = append(doc, 'a')
			}
		}
		tokenizer := Tokenizer{doc: doc, chart: new(chart)}
		for range 300 {
			from, of := random.IntN(len(doc)+1), random.IntN(3)
			// Of what is no Char it only promises to stop there.
			want := from
			for want < len(doc) && !stopsAt(doc, want, of) {
				want++
			}
			got := tokenizer.stop(of, from)
			if got > want || got < want && doc[got] < 0x80 {
				t.Fatalf("map %d from %d of %d: %d, want %d", of, from, len(doc), got, want)
			}
		}
	}
}

func stopsAt(doc []byte, at, of int) bool {
	switch c := doc[at]; {
	case c < 0x80:
		return stops[c]>>of&1 == 1
	case of == stopsName:
		return true
	}
	return isFault(doc, at)
}

// isFault reports whether the byte at an offset is of no character.
func isFault(doc []byte, at int) bool {
	for back := 0; back < 3 && back <= at; back++ {
		if size := charSize(doc[at-back:]); size > back && doc[at-back] >= 0xC0 {
			return false
		}
	}
	return true
}
