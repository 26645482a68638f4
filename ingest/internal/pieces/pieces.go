// Package pieces works on large slices a piece at a time. A checksum of 100 MB in one call
// takes 10 ms or more in which its goroutine can't be interrupted, so that a garbage
// collection which begins then has every other goroutine wait as long.
package pieces

import "hash/crc32"

// size is a piece's, in bytes: some 20 us of work.
const size = 256 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Update adds b to a CRC-32C, as Kafka's record batches have it; the first is 0.
func Update(sum uint32, b []byte) uint32 {
	for len(b) > size {
		sum = crc32.Update(sum, castagnoli, b[:size])
		b = b[size:]
	}
	return crc32.Update(sum, castagnoli, b)
}
