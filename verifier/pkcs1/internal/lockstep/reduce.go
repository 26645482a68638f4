package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// reduce is Montgomery's reduction by blocks. The lower half of t becomes the multiples
// of n that are added.
func reduce() {
	TEXT("reduce", NOSPLIT, "func(z, t, n, factor *uint64, blocks int)")
	Pragma("noescape")
	Doc("reduce sets z to (t + q·n)/2^(260·blocks) for the q below that power that makes",
		"it whole. The columns of t are used up; factor is -1/n mod 2^52, a limb.")
	z, t, n := Load(Param("z"), GP64()), Load(Param("t"), GP64()), Load(Param("n"), GP64())
	factor := ZMM()
	VMOVDQU64(Mem{Base: Load(Param("factor"), GP64())}, factor)
	w := newWalk(Load(Param("blocks"), GP64()))
	c := newColumns()
	multiples := GP64()
	MOVQ(t, multiples)
	mask := ZMM()
	VPBROADCASTQ(constant(1<<52-1), mask)

	Label("reduce_low")
	c.take(t)
	w.first(multiples, n)
	MOVQ(w.column, w.count) // all blocks but the one that is sought
	c.tiles("reduce_low_tile", w.x, w.y, w.count)
	c.clear(t, n, factor, mask)
	w.advance(t, &c)
	CMPQ(w.column, w.blocks)
	JNE(LabelRef("reduce_low"))

	Label("reduce_high")
	c.take(t)
	w.first(multiples, n)
	w.all()
	c.tiles("reduce_high_tile", w.x, w.y, w.count)
	c.carry(z, mask)
	ADDQ(I32(blockSize), z)
	w.advance(t, &c)
	CMPQ(w.column, w.end())
	JNE(LabelRef("reduce_high"))
	VZEROUPPER()
	RET()
}

func constant(x uint64) Register {
	r := GP64()
	MOVQ(U64(x), r)
	return r
}

// take adds a block of columns.
func (c *columns) take(t Register) {
	for i := range limbs {
		VPADDQ(limb(t, i), c[i], c[i])
	}
}

// clear finds the block of multiples that makes the lower block of columns zero below
// what is carried out of it, adds it times n's first block, and stores it at t. The sum
// of column i and q·n's low half is divisible by 2^52 by the choice of q, so that what it
// carries is known from the column alone: 1 more than its own unless it was divisible.
func (c *columns) clear(t, n Register, factor, mask VecVirtual) {
	first := load(n)
	carry := ZMM()
	for i := range limbs {
		q := ZMM()
		clear512(q)
		VPMADD52LUQ(factor, c[i], q)
		VPADDQ(mask, c[i], carry)
		VPSRLQ(U8(52), carry, carry)
		VPADDQ(carry, c[i+1], c[i+1])
		VPMADD52HUQ(first[0], q, c[i+1])
		for j := 1; j < limbs; j++ {
			VPMADD52LUQ(first[j], q, c[i+j])
		}
		for j := 1; j < limbs; j++ {
			VPMADD52HUQ(first[j], q, c[i+j+1])
		}
		VMOVDQU64(q, limb(t, i))
	}
}

// carry stores the lower block of columns as limbs.
func (c *columns) carry(z Register, mask VecVirtual) {
	out, over := ZMM(), ZMM()
	for i := range limbs {
		VPANDQ(mask, c[i], out)
		VMOVDQU64(out, limb(z, i))
		VPSRLQ(U8(52), c[i], over)
		VPADDQ(over, c[i+1], c[i+1])
	}
}
