package pkcs1

import (
	"encoding/binary"
	"math/big"
)

// Numbers for the lockstep arithmetic: limbs of 52 bits, least significant first, in
// blocks of five.
const (
	limbBits   = 52
	limbMask   = 1<<limbBits - 1
	blockLimbs = 5
	maxBlocks  = 16
)

// blocksOf is how many blocks a modulus of that many bits takes: as many as one of
// RSA-2048, -3072 or -4096, so that there are few sizes. At least 32 bits stay free, for
// what lockstep.raise says of bounds.
func blocksOf(bits int) int {
	switch {
	case bits <= 2048:
		return 8
	case bits <= 3072:
		return 12
	}
	return maxBlocks
}

// radix52 returns a number's limbs. Behind them there is room, of zeros, to a multiple of
// eight.
func radix52(x *big.Int, blocks int) []uint64 {
	v := make([]uint64, (blocks*blockLimbs+7)/8*8)[:blocks*blockLimbs]
	var p padded
	p.set(x.Bytes())
	for i := range v {
		v[i] = p.limb(i)
	}
	return v
}

// padded is a big-endian number at its end, with room before it for any limb to be read
// as eight bytes.
type padded [16 + maxBytes]byte

func (p *padded) set(number []byte) {
	begin := len(p) - len(number)
	clear(p[:begin])
	copy(p[begin:], number)
}

// limb returns the i-th limb. Two limbs are 13 bytes.
func (p *padded) limb(i int) uint64 {
	at := len(p) - 8 - 13*i/2
	return binary.BigEndian.Uint64(p[at:at+8]) >> (4 * (i & 1)) & limbMask
}
