package fetch

import (
	"testing"
)

// TestBodies: what is taken has the size asked for, and hardly takes more memory than that,
// whatever was given back before.
func TestBodies(t *testing.T) {
	var b bodies
	for _, size := range []int{0, 1, 8 << 10, leastKept - 1, leastKept, 700_000, 720_000, 690_000, 300_000, 1 << 20, 200_000, 16 << 20, 700_000} {
		body := b.take(size)
		if len(body) != size {
			t.Errorf("asked for %d bytes, got %d", size, len(body))
		}
		if most := size + size/8 + keptStep; cap(body) > most {
			t.Errorf("%d bytes take %d, more than %d", size, cap(body), most)
		}
		b.give(body)
	}
}

// BenchmarkBodies is what the memory of one response costs.
func BenchmarkBodies(b *testing.B) {
	var all bodies
	b.ReportAllocs()
	for b.Loop() {
		all.give(all.take(720 << 10))
	}
}
