// Package pieces works on large slices a piece at a time. A copy or a checksum of 100 MB in
// one call takes 20 ms or more in which its goroutine can't be interrupted, so that a
// garbage collection which begins then has every other goroutine wait as long.
package pieces

import "hash/crc32"

// size is a piece's, in bytes: some 20 us of work.
const size = 256 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum returns the CRC-32C of b, as Kafka's record batches have it.
func Checksum(b []byte) (sum uint32) {
	for len(b) > size {
		sum = crc32.Update(sum, castagnoli, b[:size])
		b = b[size:]
	}
	return crc32.Update(sum, castagnoli, b)
}

// Append appends b to a slice that has room for it.
func Append(to, b []byte) []byte {
	for len(b) > size {
		to = append(to, b[:size]...)
		b = b[size:]
	}
	return append(to, b...)
}
