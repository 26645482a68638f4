package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// square takes each product of two different limbs once, and doubles the sums before
// the squares of limbs are added: little more than half of multiply's work.
func square() {
	TEXT("square", NOSPLIT, "func(t, a *uint64, blocks int)")
	Pragma("noescape")
	Doc("square sets t, of 2·blocks blocks, to the columns of a·a.")
	t, a := Load(Param("t"), GP64()), Load(Param("a"), GP64())
	w := newWalk(Load(Param("blocks"), GP64()))
	c := newColumns()
	diagonal := GP64()
	MOVQ(a, diagonal)

	// Two blocks of columns hold the squares of the limbs of one block.
	Label("square_pair")
	w.different(a)
	c.tiles("square_even", w.x, w.y, w.count)
	c.within(w.x)
	c.squares(t, diagonal, 0)
	w.advance(t, &c)

	w.different(a)
	c.tiles("square_odd", w.x, w.y, w.count)
	c.squares(t, diagonal, limbs)
	w.advance(t, &c)

	ADDQ(I32(blockSize), diagonal)
	CMPQ(w.column, w.end())
	JNE(LabelRef("square_pair"))
	VZEROUPPER()
	RET()
}

// different finds the tiles of a column whose first block is below the second: as many
// as (column+1)/2 less the first.
func (w *walk) different(a Register) {
	w.first(a, a)
	half := GP64()
	MOVQ(w.column, half)
	INCQ(half)
	SHRQ(U8(1), half)
	SUBQ(w.count, half)
	MOVQ(half, w.count)
}

// within adds the products of different limbs of one block.
func (c *columns) within(x Register) {
	a := load(x)
	for d := 1; d < limbs; d++ {
		for i := 0; i+d < limbs; i++ {
			c.add(a[i], a[i+d], i, i+d)
		}
	}
}

// squares doubles the lower block of columns, adds the squares of limbs that fall into
// it, of those at diagonal from its column first on, and stores it.
func (c *columns) squares(t, diagonal Register, first int) {
	sum := ZMM()
	factor := ZMM()
	for i := range limbs {
		if column := first + i; i == 0 || column%2 == 0 {
			VMOVDQU64(limb(diagonal, column/2), factor)
		}
		VPADDQ(c[i], c[i], sum)
		if (first+i)%2 == 0 {
			VPMADD52LUQ(factor, factor, sum)
		} else {
			VPMADD52HUQ(factor, factor, sum)
		}
		VMOVDQU64(sum, limb(t, i))
	}
}

// advance goes on to the next block of columns.
func (w *walk) advance(t Register, c *columns) {
	c.next()
	ADDQ(I32(blockSize), t)
	INCQ(w.column)
}

// end is how many blocks of columns there are.
func (w *walk) end() Register {
	end := GP64()
	LEAQ(Mem{Base: w.blocks, Index: w.blocks, Scale: 1}, end)
	return end
}

func multiply() {
	TEXT("multiply", NOSPLIT, "func(t, a, b *uint64, blocks int)")
	Pragma("noescape")
	Doc("multiply sets t, of 2·blocks blocks, to the columns of a·b.")
	t, a, b := Load(Param("t"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	w := newWalk(Load(Param("blocks"), GP64()))
	c := newColumns()

	Label("multiply_column")
	w.first(a, b)
	w.all()
	c.tiles("multiply_tile", w.x, w.y, w.count)
	for i := range limbs {
		VMOVDQU64(c[i], limb(t, i))
	}
	w.advance(t, &c)
	CMPQ(w.column, w.end())
	JNE(LabelRef("multiply_column"))
	VZEROUPPER()
	RET()
}

// all turns count from a column's first block into how many there are up to
// min(column, blocks-1).
func (w *walk) all() {
	last := GP64()
	MOVQ(w.blocks, last)
	DECQ(last)
	CMPQ(w.column, last)
	CMOVQLT(w.column, last)
	SUBQ(w.count, last)
	INCQ(last)
	MOVQ(last, w.count)
}
