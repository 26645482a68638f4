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
