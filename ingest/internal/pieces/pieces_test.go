package pieces

import (
	"hash/crc32"
	"math/rand/v2"
	"testing"
)

func TestPiecesMakeTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, size - 1, size, size + 1, 3 * size, 3*size + 7} {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		if got, want := Update(0, b), crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)); got != want {
			t.Errorf("checksum of %d bytes: %08x, want %08x", n, got, want)
		}
	}
}
