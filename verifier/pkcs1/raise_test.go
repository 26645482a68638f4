package pkcs1

import (
	"math/big"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// A power is a number, a modulus, and what the number to 65537 is.
type power struct {
	key    *wide
	number []byte
	want   *big.Int
}

// A source makes moduli and numbers, many of which are at the edge of something.
type source struct{ *rand.Rand }

// octets returns so many bits, at random or in runs of ones and zeros: limbs of all ones,
// and carries through many of them.
func (s source) octets(bits int) *big.Int {
	b := make([]byte, (bits+7)/8)
	if s.IntN(2) == 0 {
		for i := range b {
			b[i] = byte(s.Uint32())
		}
	} else {
		for i := 0; i < len(b); {
			value := []byte{0, 0xff, 0xff, byte(s.Uint32())}[s.IntN(4)]
			for run := 1 + s.IntN(40); run > 0 && i < len(b); run-- {
				b[i] = value
				i++
			}
		}
	}
	x := new(big.Int).SetBytes(b)
	return x.And(x, new(big.Int).Sub(power2(bits), big.NewInt(1)))
}

func power2(bits int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(bits)) }

// modulus returns an odd modulus of that many bits.
func (s source) modulus(bits int) *big.Int {
	n := s.octets(bits)
	switch s.IntN(8) {
	case 0: // just above a power of two
		n = new(big.Int).Add(power2(bits-1), big.NewInt(s.Int64N(1<<40)))
	case 1: // just below one
		n = new(big.Int).Sub(power2(bits), big.NewInt(1+s.Int64N(1<<40)))
	}
	n.SetBit(n, 0, 1)
	return n.SetBit(n, bits-1, 1)
}

// number returns one below n.
func (s source) number(n *big.Int) *big.Int {
	switch s.IntN(10) {
	case 0:
		return big.NewInt(int64(s.IntN(3)))
	case 1:
		return new(big.Int).Sub(n, big.NewInt(int64(1+s.IntN(3))))
	case 2:
		return power2(s.IntN(n.BitLen() - 1))
	}
	x := s.octets(n.BitLen())
	return x.Mod(x, n)
}

// powers makes so many powers of numbers by moduli of one size. A modulus is used twice:
// preparing one takes long.
func (s source) powers(blocks, count int) []power {
	most := map[int]int{8: 2048, 12: 3072, maxBlocks: 4096}[blocks]
	least := map[int]int{8: 2048, 12: 2049, maxBlocks: 3073}[blocks]
	var all []power
	for len(all) < count {
		bits := most
		if s.IntN(4) == 0 {
			bits = least + s.IntN(most-least+1)
		}
		n := s.modulus(bits)
		key := prepareWide(n, lockstepE)
		for range 2 {
			x := s.number(n)
			want := new(big.Int).Set(x)
			for range 16 {
				want.Mul(want, want).Mod(want, n)
			}
			want.Mul(want, x).Mod(want, n)
			all = append(all, power{key, x.FillBytes(make([]byte, (bits+7)/8)), want})
		}
	}
	return all[:count]
}

// cases is how many powers are computed: some thousands, or as many as PKCS1_CASES says.
func cases(t *testing.T) int {
	t.Helper()
	text := os.Getenv("PKCS1_CASES")
	if text == "" {
		return 6_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRaise holds both arithmetics against math/big: numbers, moduli and results whose
// limbs are at their edges, other numbers in the lanes beside, and sizes in turn, so that
// what one leaves behind the next finds.
func TestRaise(t *testing.T) {
	wantLockstep(t)
	s := source{rand.New(rand.NewPCG(2048, 52))}
	l, x := new(lockstep), new(solo)
	counts := make(map[int]int)
	for done := 0; done < cases(t); done += lanes {
		blocks := []int{8, 12, maxBlocks}[s.IntN(3)]
		powers := s.powers(blocks, lanes)
		for lane, p := range powers {
			l.load(lane, p.key, p.number)
		}
		l.raise(blocks)
		var room [soloLimbs]uint64
		for lane, p := range powers {
			checkPower(t, "lockstep", p, l.result(lane, p.key, room[:]))
			x.raise(p.key, p.number)
			checkPower(t, "solo", p, x.z[:len(p.key.n)])
		}
		counts[blocks] += lanes
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("powers by blocks: %v", counts)
}

// TestRaiseAtTheEdges has moduli at both ends of each size, with a lowest limb of 1 and of
// all ones, and numbers of which sums are whole without any multiple of the modulus, each in
// a lane beside the others.
func TestRaiseAtTheEdges(t *testing.T) {
	wantLockstep(t)
	one := big.NewInt(1)
	l, x := new(lockstep), new(solo)
	for _, bits := range []int{2048, 2049, 2050, 2055, 2056, 2057, 2080, 2081, 3071, 3072, 3073, 3120, 3121, 4095, 4096} {
		least, most := power2(bits-1), new(big.Int).Sub(power2(bits), one)
		for _, n := range []*big.Int{
			new(big.Int).Add(least, one), most, new(big.Int).Sub(most, power2(limbBits)), // 1 and all ones below
			new(big.Int).Add(least, big.NewInt(limbMask)), new(big.Int).Sub(most, big.NewInt(limbMask-1)),
		} {
			key := prepareWide(n, lockstepE)
			var powers []power
			for _, number := range []*big.Int{
				new(big.Int), one, new(big.Int).Sub(n, one), new(big.Int).Rsh(n, 1), power2(limbBits), power2(limbBits * (bits/limbBits - 1)),
				new(big.Int).Sub(least, one), new(big.Int).Sub(power2(bits-2), power2(limbBits*7)),
			} {
				want := new(big.Int).Exp(number, big.NewInt(lockstepE), n)
				powers = append(powers, power{key, number.FillBytes(make([]byte, (bits+7)/8)), want})
			}
			for lane, p := range powers {
				l.load(lane, p.key, p.number)
			}
			l.raise(key.blocks)
			var room [soloLimbs]uint64
			for lane, p := range powers {
				checkPower(t, "lockstep", p, l.result(lane, p.key, room[:]))
				x.raise(p.key, p.number)
				checkPower(t, "solo", p, x.z[:len(p.key.n)])
			}
		}
	}
}

// checkPower checks a result, which may be the modulus too much, and what is said of it.
func checkPower(t *testing.T, who string, p power, z []uint64) {
	t.Helper()
	got := new(big.Int)
	for i := len(z) - 1; i >= 0; i-- {
		if z[i] > limbMask {
			t.Errorf("%s: limb %d is %#x", who, i, z[i])
		}
		got.Lsh(got, limbBits).Or(got, new(big.Int).SetUint64(z[i]))
	}
	n := numberOf(p.key.n)
	if got.Cmp(new(big.Int).Lsh(n, 1)) >= 0 {
		t.Errorf("%s: %x^65537 mod %x is %x, twice the modulus or more", who, p.number, n, got)
	}
	if got.Mod(got, n).Cmp(p.want) != 0 {
		t.Errorf("%s: %x^65537 mod %x is %x, not %x", who, p.number, n, got, p.want)
	}
	octets := make([]byte, (n.BitLen()+7)/8)
	if !p.key.is(z, p.want.FillBytes(octets)) {
		t.Errorf("%s: the result is not what it is", who)
	}
	other := new(big.Int).Add(p.want, big.NewInt(1))
	if other.Cmp(n) < 0 && p.key.is(z, other.FillBytes(octets)) {
		t.Errorf("%s: the result is what it is not", who)
	}
}

func numberOf(limbs []uint64) *big.Int {
	x := new(big.Int)
	for i := len(limbs) - 1; i >= 0; i-- {
		x.Lsh(x, limbBits).Or(x, new(big.Int).SetUint64(limbs[i]))
	}
	return x
}

// TestIsBeyondTheModulus: a result that is the modulus too much is the same number.
func TestIsBeyondTheModulus(t *testing.T) {
	wantLockstep(t)
	s := source{rand.New(rand.NewPCG(7, 7))}
	for range 500 {
		blocks := []int{8, 12, maxBlocks}[s.IntN(3)]
		for _, p := range s.powers(blocks, 2) {
			n := numberOf(p.key.n)
			octets := make([]byte, (n.BitLen()+7)/8)
			for extra := int64(0); extra < 3; extra++ {
				sum := new(big.Int).Add(p.want, new(big.Int).Mul(n, big.NewInt(extra)))
				if got := p.key.is(radix52Wide(sum, blocks), p.want.FillBytes(octets)); got != (extra < 2) {
					t.Errorf("%x + %d·%x: %v", p.want, extra, n, got)
				}
			}
		}
	}
}

// radix52Wide is radix52 of a number with more bits than a modulus has.
func radix52Wide(x *big.Int, blocks int) []uint64 {
	v := make([]uint64, blocks*blockLimbs)
	mask, rest := big.NewInt(limbMask), new(big.Int).Set(x)
	for i := range v {
		v[i] = new(big.Int).And(rest, mask).Uint64()
		rest.Rsh(rest, limbBits)
	}
	return v
}
