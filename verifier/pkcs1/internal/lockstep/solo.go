package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A solo is Montgomery multiplication of one number, its limbs side by side in vectors of
// eight. It goes limb by limb, each of which needs the one before: eight in lockstep, none
// of which waits for another, are done sooner than six alone.
//
// What the next limb waits for is the multiple of n, q: the product with factor, spread to
// all lanes, and added. Everything else is kept off that way: the carry is known without q
// (see columns.clear), a's products are added to the lowest vector beside it, and q is
// multiplied with n moved down by a limb instead of moving down what it was added to.
//
// No sum overflows: at each of 80 limbs a column is added four terms below 2^52, or less,
// and it goes out at the last; what is carried into it is below 2^12.
type solo struct {
	vectors    int // of a number
	sums       []VecVirtual
	b, n, down func(i int) Op // vectors of b, of n, and of n moved down by a limb
	x          VecVirtual     // the current limb of a in each lane
	factor     VecVirtual
	mask       VecVirtual // 2^52-1 in each lane
	zero       VecVirtual
	lowest     Register // a mask of lane 0 alone
}

func soloMultiply(vectors int) {
	name := fmt.Sprintf("soloMultiply%d", vectors)
	TEXT(name, NOSPLIT, "func(z, a, b, n, down *uint64, factor uint64, limbs int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets z to (a·b + q·n)/2^(52·limbs) for the q below that power that makes", name),
		fmt.Sprintf("it whole. Numbers are %d vectors of eight limbs; z may be a or b. down is n/2^52.", vectors))
	s := newSolo(vectors)
	a, limbs := Load(Param("a"), GP64()), Load(Param("limbs"), GP64())
	VPBROADCASTQ(Mem{Base: a}, s.x)
	for i := range s.sums {
		VPMADD52LUQ(s.b(i), s.x, s.sums[i])
	}
	DECQ(limbs)

	Label(name + "_limb")
	ADDQ(I32(8), a)
	next := ZMM()
	VPBROADCASTQ(Mem{Base: a}, next)
	s.step(next)
	VMOVDQA64(next, s.x)
	DECQ(limbs)
	JNZ(LabelRef(name + "_limb"))
	s.step(s.zero)

	s.normalize()
	z := Load(Param("z"), GP64())
	for i, sum := range s.sums {
		VMOVDQU64(sum, limb(z, i))
	}
	VZEROUPPER()
	RET()
}

func newSolo(vectors int) *solo {
	s := &solo{vectors: vectors, x: ZMM(), factor: ZMM(), mask: ZMM(), zero: ZMM(), lowest: K()}
	VPBROADCASTQ(Load(Param("factor"), GP64()), s.factor)
	VPBROADCASTQ(constant(1<<52-1), s.mask)
	clear512(s.zero)
	one := GP32()
	MOVL(U32(1), one)
	KMOVW(one, s.lowest)
	for range vectors {
		sum := ZMM()
		clear512(sum)
		s.sums = append(s.sums, sum)
	}
	// As many as the registers hold.
	s.n = s.operand("n", true)
	s.b = s.operand("b", vectors <= 8)
	s.down = s.operand("down", vectors <= 5)
	return s
}

// operand returns what gives the vectors of a number, kept in registers or in memory.
func (s *solo) operand(name string, kept bool) func(i int) Op {
	from := Load(Param(name), GP64())
	if !kept {
		return func(i int) Op { return limb(from, i) }
	}
	var all []VecVirtual
	for i := range s.vectors {
		r := ZMM()
		VMOVDQU64(limb(from, i), r)
		all = append(all, r)
	}
	return func(i int) Op { return all[i] }
}

// step finishes the current limb, whose product's low half is in the sums, and begins the
// next one.
func (s *solo) step(next VecVirtual) {
	q, apart := ZMM(), ZMM()
	clear512(q)
	VPMADD52LUQ(s.factor, s.sums[0], q)
	VPBROADCASTQ(q.AsX(), q)
	VPADDQ(s.mask, s.sums[0], apart)
	VPSRLQ_Z(U8(52), apart, s.lowest, apart)
	VPMADD52HUQ(s.b(0), s.x, apart)
	VPMADD52LUQ(s.b(0), next, apart)
	for i := range s.vectors {
		above := s.zero
		if i+1 < s.vectors {
			above = s.sums[i+1]
		}
		VALIGNQ(U8(1), s.sums[i], above, s.sums[i])
	}
	VPADDQ(apart, s.sums[0], s.sums[0])
	for i := 1; i < s.vectors; i++ {
		VPMADD52HUQ(s.b(i), s.x, s.sums[i])
		VPMADD52LUQ(s.b(i), next, s.sums[i])
	}
	for i := range s.vectors {
		VPMADD52LUQ(s.down(i), q, s.sums[i])
		VPMADD52HUQ(s.n(i), q, s.sums[i])
	}
}

// normalize makes limbs of the sums. What they carry is added to the next ones, which may
// make those 2^52 or more, or 2^52-1, that carries on what it gets. With a bit for each
// limb, over for the former and full for the latter, those that get 1 are the bits in
// which 2·over + full differs from full.
func (s *solo) normalize() {
	below := s.zero
	for _, sum := range s.sums {
		carry, moved := ZMM(), ZMM()
		VPSRLQ(U8(52), sum, carry)
		VPANDQ(s.mask, sum, sum)
		VALIGNQ(U8(7), below, carry, moved)
		VPADDQ(moved, sum, sum)
		below = carry
	}
	ones := ZMM()
	VPBROADCASTQ(constant(1), ones)
	over, full := s.bits(6), s.bits(0) // greater than, equal to
	for i := range over {
		if i == 0 {
			ADDQ(over[i], over[i])
		} else {
			ADCQ(over[i], over[i])
		}
	}
	for i := range over {
		if i == 0 {
			ADDQ(full[i], over[i])
		} else {
			ADCQ(full[i], over[i])
		}
		// Not XORQ, which would clear the carry between two words.
	}
	for i := range over {
		XORQ(full[i], over[i])
	}
	for i, sum := range s.sums {
		gets := K()
		KMOVW(over[i/8].(GPVirtual).As32(), gets)
		VPADDQ(ones, sum, gets, sum)
		VPANDQ(s.mask, sum, sum)
		if i%8 != 7 {
			SHRQ(U8(8), over[i/8])
		}
	}
}

// bits returns a bit for each limb that compares so with the mask, 64 in a word.
func (s *solo) bits(predicate uint8) []Register {
	words := make([]Register, (s.vectors+7)/8)
	for i := s.vectors - 1; i >= 0; i-- {
		compares, bits := K(), GP32()
		VPCMPUQ(U8(predicate), s.mask, s.sums[i], compares)
		KMOVW(compares, bits)
		if word := i / 8; words[word] == nil {
			words[word] = bits.As64()
		} else {
			SHLQ(U8(8), words[word])
			ORQ(bits.As64(), words[word])
		}
	}
	return words
}
