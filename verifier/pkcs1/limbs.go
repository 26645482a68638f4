package pkcs1

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// limbs is Montgomery arithmetic on 64-bit limbs, least significant first, in plain Go.
// With R = 2^(64·count), multiply(x, y) is x·y/R mod n.
type limbs struct {
	n      []uint64
	factor uint64   // -1/n mod 2^64
	unwind []uint64 // R^e mod n
	e      uint
}

const maxLimbs = maxBits / 64

func prepareLimbs(n *big.Int, e uint) *limbs {
	count := (n.BitLen() + 63) / 64
	word := new(big.Int).Lsh(big.NewInt(1), 64)
	factor := new(big.Int).ModInverse(n, word)
	r := new(big.Int).Lsh(big.NewInt(1), uint(64*count))
	return &limbs{
		n:      limbsOf(n, count),
		factor: -factor.Uint64(),
		unwind: limbsOf(r.Exp(r, big.NewInt(int64(e)), n), count),
		e:      e,
	}
}

func limbsOf(x *big.Int, count int) []uint64 {
	v := make([]uint64, count)
	readLimbs(v, x.FillBytes(make([]byte, 8*count)))
	return v
}

// raise takes s as it is, which leaves s^e/R^(e-1) after e-1 multiplications, and one
// by R^e puts that right: as cheap as entering Montgomery's form by R^2, and the last
// result needs no conversion.
func (m *limbs) raise(out, s []byte) {
	var base, result [maxLimbs]uint64
	count := len(m.n)
	b, z := base[:count], result[:count]
	readLimbs(b, s)
	copy(z, b)
	for i := bits.Len(m.e) - 2; i >= 0; i-- {
		m.multiply(z, z, z)
		if m.e>>i&1 == 1 {
			m.multiply(z, z, b)
		}
	}
	m.multiply(z, z, m.unwind)
	if !below(z, m.n) {
		subtract(z, m.n)
	}
	writeLimbs(out, z)
}

// multiply sets z to x·y/R mod n, which is below R and, where x or y is below n, below
// 2n. z may be x or y.
func (m *limbs) multiply(z, x, y []uint64) {
	var sum [maxLimbs]uint64
	n := m.n
	count := len(n)
	t, y := sum[:count], y[:count]
	var top uint64 // 0 or 1, above t
	for _, xi := range x[:count] {
		top = row(t, y, n, xi, m.factor, top)
	}
	if top != 0 {
		subtract(t, n) // t + R < R + n before, so t < R after, and the borrow pays top
	}
	copy(z, t)
}

// row sets t, with top above it, to (t + xi·y + q·n)/2^64 and returns the new top. q
// makes the sum's lowest limb zero.
func row(t, y, n []uint64, xi, factor, top uint64) uint64 {
	y, n = y[:len(t)], n[:len(t)]
	carryY, low := addProduct(xi, y[0], t[0], 0)
	q := low * factor
	carryN, _ := addProduct(q, n[0], low, 0)
	for j := 1; j < len(t); j++ {
		carryY, low = addProduct(xi, y[j], t[j], carryY)
		carryN, t[j-1] = addProduct(q, n[j], low, carryN)
	}
	last, c := bits.Add64(carryY, carryN, 0)
	last, d := bits.Add64(last, top, 0)
	t[len(t)-1] = last
	return c + d
}

// addProduct returns x·y + a + b, which two limbs always hold.
func addProduct(x, y, a, b uint64) (high, low uint64) {
	high, low = bits.Mul64(x, y)
	low, c := bits.Add64(low, a, 0)
	high += c
	low, c = bits.Add64(low, b, 0)
	return high + c, low
}

func below(x, y []uint64) bool {
	for i := len(x) - 1; i >= 0; i-- {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return false
}

// subtract sets x to x-y and drops the borrow.
func subtract(x, y []uint64) {
	var borrow uint64
	for i := range x {
		x[i], borrow = bits.Sub64(x[i], y[i], borrow)
	}
}

// readLimbs reads a big-endian number that v has room for.
func readLimbs(v []uint64, from []byte) {
	for i := range v {
		if len(from) >= 8 {
			v[i] = binary.BigEndian.Uint64(from[len(from)-8:])
			from = from[:len(from)-8]
			continue
		}
		v[i] = 0
		for _, b := range from {
			v[i] = v[i]<<8 | uint64(b)
		}
		from = nil
	}
}

// writeLimbs writes v in big-endian; what doesn't fit is zero.
func writeLimbs(to []byte, v []uint64) {
	for _, limb := range v {
		if len(to) >= 8 {
			binary.BigEndian.PutUint64(to[len(to)-8:], limb)
			to = to[:len(to)-8]
			continue
		}
		for i := len(to) - 1; i >= 0; i-- {
			to[i] = byte(limb)
			limb >>= 8
		}
		to = nil
	}
}
