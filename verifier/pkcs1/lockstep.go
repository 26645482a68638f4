package pkcs1

import (
	"math/big"
	"sync"
)

// lanes is how many numbers go in lockstep.
const lanes = 8

// A wide is what the lockstep arithmetic needs of a key, with R = 2^(52·len(n)).
type wide struct {
	blocks int
	n      []uint64
	down   []uint64 // n/2^52
	unwind []uint64 // R^e mod n
	factor uint64   // -1/n mod 2^52
}

// lockstepE is the only exponent that goes in lockstep: nobody uses another.
const lockstepE = 1<<16 + 1

// prepareWide returns nil for a key that can't go in lockstep.
func prepareWide(n *big.Int, e uint) *wide {
	if !hasLockstep || e != lockstepE {
		return nil
	}
	blocks := blocksOf(n.BitLen())
	limb := new(big.Int).Lsh(big.NewInt(1), limbBits)
	r := new(big.Int).Lsh(big.NewInt(1), uint(limbBits*blockLimbs*blocks))
	return &wide{
		blocks: blocks,
		n:      radix52(n, blocks),
		down:   radix52(new(big.Int).Rsh(n, limbBits), blocks),
		unwind: radix52(r.Exp(r, big.NewInt(int64(e)), n), blocks),
		factor: -new(big.Int).ModInverse(n, limb).Uint64() & limbMask,
	}
}

// is reports whether z, below twice the modulus, is a number below the modulus, big-endian,
// but for a multiple of the modulus.
func (k *wide) is(z []uint64, number []byte) bool {
	var p padded
	p.set(number)
	var extra []uint64 // what z has too much
	if !below(z, k.n) {
		extra = k.n
	}
	var carry uint64
	for i, limb := range z {
		want := p.limb(i) + carry
		if extra != nil {
			want += extra[i]
		}
		if limb != want&limbMask {
			return false
		}
		carry = want >> limbBits
	}
	return true
}

// A vector is a limb of each lane; a number of each lane is its limbs' vectors.
type vector [lanes]uint64

// A lockstep is eight exponentiations by 65537, of numbers of one size by moduli of one
// size. The allocator puts what is as large as this at the start of a page, so that no
// vector lies across two cache lines; if it did, that would be slower and no more.
type lockstep struct {
	z, s, n, unwind [maxBlocks * blockLimbs]vector
	t               [2 * maxBlocks * blockLimbs]vector // columns of a product
	factor          vector
}

var locksteps = sync.Pool{New: func() any { return new(lockstep) }}

// load puts a number below its key's modulus, big-endian, into a lane. Lanes that nothing
// is put into have what was in them before.
func (l *lockstep) load(lane int, k *wide, number []byte) {
	var p padded
	p.set(number)
	for i := range k.n {
		l.s[i][lane] = p.limb(i)
		l.n[i][lane] = k.n[i]
		l.unwind[i][lane] = k.unwind[i]
	}
	l.factor[lane] = k.factor
}

// raise sets z to s^65537 mod n in each lane, or that plus n. As in limbs.raise, s is taken
// as it is, and what the reductions divided by is made good at the end.
//
// Every product is of factors below 2n, and n < R/2^32, so that it is below 4n²  and
// reduced to less than (4n² + R·n)/R < 2n: no subtraction is needed on the way.
func (l *lockstep) raise(blocks int) {
	z, s, t, n, f := &l.z[0][0], &l.s[0][0], &l.t[0][0], &l.n[0][0], &l.factor[0]
	square(t, s, blocks)
	reduce(z, t, n, f, blocks)
	for range 15 {
		square(t, z, blocks)
		reduce(z, t, n, f, blocks)
	}
	multiply(t, z, s, blocks)
	reduce(z, t, n, f, blocks)
	multiply(t, z, &l.unwind[0][0], blocks)
	reduce(z, t, n, f, blocks)
}

// result copies a lane's result.
func (l *lockstep) result(lane int, k *wide, z []uint64) []uint64 {
	for i := range k.n {
		z[i] = l.z[i][lane]
	}
	return z[:len(k.n)]
}
