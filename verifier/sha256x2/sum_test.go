package sha256x2

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"testing"
)

func check(t *testing.T, texts ...[]byte) {
	t.Helper()
	jobs := make([]Job, len(texts))
	for i := range jobs {
		jobs[i].Text = texts[i]
	}
	Do(jobs)
	for i := range jobs {
		if jobs[i].Sum != sha256.Sum256(texts[i]) {
			t.Errorf("job %d of %d, of %d bytes: %x", i, len(jobs), len(texts[i]), jobs[i].Sum)
		}
	}
}

func someBytes(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// TestDo holds sums against crypto/sha256: every pair of lengths about the blocks' ends,
// and any number of jobs of any length.
func TestDo(t *testing.T) {
	random := rand.New(rand.NewPCG(256, 2))
	check(t)
	var lengths []int
	for _, end := range []int{0, 64, 128, 192, 1024} {
		for _, by := range []int{-10, -9, -8, -1, 0, 1, 2} {
			if end+by >= 0 {
				lengths = append(lengths, end+by)
			}
		}
	}
	for _, a := range lengths {
		check(t, someBytes(random, a))
		for _, b := range lengths {
			check(t, someBytes(random, a), someBytes(random, b))
		}
	}
	for range 500 {
		texts := make([][]byte, random.IntN(9))
		for i := range texts {
			texts[i] = someBytes(random, random.IntN(1<<random.IntN(14)))
		}
		check(t, texts...)
	}
}

// TestDoChangesNothing puts texts in the middle of others.
func TestDoChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	text := someBytes(random, 5000)
	before := bytes.Clone(text)
	check(t, text[1:4000], text[:70], text[3:3], text[100:164])
	if !bytes.Equal(text, before) {
		t.Error("a text was changed")
	}
}

// TestStreams cuts two texts into pieces of any length, and takes them in together.
func TestStreams(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 256))
	var a, b Stream
	piece := func(rest *[]byte) []byte {
		n := min(len(*rest), random.IntN(1<<random.IntN(10)))
		p := (*rest)[:n]
		*rest = (*rest)[n:]
		return p
	}
	for range 2_000 {
		p, q := someBytes(random, random.IntN(1<<random.IntN(12))), someBytes(random, random.IntN(1<<random.IntN(12)))
		a.Reset()
		b.Reset()
		for restP, restQ := p, q; len(restP)+len(restQ) > 0; {
			switch random.IntN(4) {
			case 0:
				a.Write(piece(&restP))
			case 1:
				b.Write(piece(&restQ))
			default:
				WriteBoth(&a, &b, piece(&restP), piece(&restQ))
			}
		}
		if a.Sum() != sha256.Sum256(p) || b.Sum() != sha256.Sum256(q) {
			t.Fatalf("texts of %d and %d bytes: wrong", len(p), len(q))
		}
	}
}

func FuzzDo(f *testing.F) {
	f.Add([]byte("abc"), []byte(""), []byte("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) { check(t, a, b, c) })
}

// BenchmarkDo is two texts of 8 KB, beside crypto/sha256 one after the other.
func BenchmarkDo(b *testing.B) {
	const size = 8 << 10
	jobs := []Job{{Text: make([]byte, size)}, {Text: make([]byte, size)}}
	b.Run("two at a time", func(b *testing.B) {
		b.SetBytes(2 * size)
		b.ReportAllocs()
		for b.Loop() {
			Do(jobs)
		}
	})
	b.Run("crypto-sha256", func(b *testing.B) {
		b.SetBytes(2 * size)
		for b.Loop() {
			for i := range jobs {
				jobs[i].Sum = sha256.Sum256(jobs[i].Text)
			}
		}
	})
}
