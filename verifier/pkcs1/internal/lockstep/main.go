// Command lockstep writes pkcs1's arithmetic on eight numbers at once, for AVX-512 IFMA:
//
//	go run ./internal/lockstep -out lockstep_amd64.s -stubs lockstep_stubs_amd64.go
//
// A number has blocks of five limbs of 52 bits. Limb i of eight numbers, the lanes, fills
// one 512-bit register, and a number in memory is its limbs one after the other, 64 bytes
// each. VPMADD52LUQ and VPMADD52HUQ add the low and the high 52 bits of a product of two
// limbs to a 64-bit sum; they ignore what is above bit 51 of the factors.
//
// All is done by blocks. A tile is the product of two blocks, 25 products of limbs that
// fall into ten columns, whose sums stay in registers as long as tiles of one block of
// columns follow each other (product scanning). Fifty independent additions hide each
// other's latency, and ten loads for fifty of them leave the loads idle.
//
// No sum overflows: a column of a square or product of 80 limbs has at most 160 terms
// below 2^52, the reduction adds as many, and 320·2^52 < 2^61.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	limbs     = 5 // of a block
	limbSize  = 64
	blockSize = limbs * limbSize
)

func main() {
	ConstraintExpr("!purego")
	square()
	multiply()
	reduce()
	for _, vectors := range []int{5, 8, 10} {
		soloMultiply(vectors)
	}
	Generate()
}

// columns are the sums of two blocks of columns.
type columns [2 * limbs]VecVirtual

func newColumns() (c columns) {
	for i := range c {
		c[i] = ZMM()
		clear512(c[i])
	}
	return c
}

func clear512(r Register) { VPXORQ(r, r, r) }

// next makes the upper block the lower one.
func (c *columns) next() {
	for i := range limbs {
		VMOVDQA64(c[limbs+i], c[i])
		clear512(c[limbs+i])
	}
}

// add adds a product of two limbs of blocks.
func (c *columns) add(x, y Op, i, j int) {
	VPMADD52LUQ(y, x, c[i+j])
	VPMADD52HUQ(y, x, c[i+j+1])
}

// tile adds the product of the blocks at x and y. Additions to one column stand apart.
func (c *columns) tile(x, y Register) {
	a, b := load(x), load(y)
	for j := range limbs {
		for i := range limbs {
			VPMADD52LUQ(b[j], a[i], c[i+j])
		}
		for i := range limbs {
			VPMADD52HUQ(b[j], a[i], c[i+j+1])
		}
	}
}

func load(from Register) (block [limbs]VecVirtual) {
	for i := range block {
		block[i] = ZMM()
		VMOVDQU64(limb(from, i), block[i])
	}
	return block
}

func limb(of Register, i int) Mem { return Mem{Base: of, Disp: i * limbSize} }

// tiles adds the products of count pairs of blocks, count being 0 perhaps: those from x
// on upwards, with those from y on downwards.
func (c *columns) tiles(label string, x, y, count Register) {
	TESTQ(count, count)
	JZ(LabelRef(label + "_done"))
	Label(label)
	c.tile(x, y)
	ADDQ(I32(blockSize), x)
	SUBQ(I32(blockSize), y)
	DECQ(count)
	JNZ(LabelRef(label))
	Label(label + "_done")
}

// A walk goes through the blocks of columns of a product of two numbers.
type walk struct {
	blocks Register // of a factor
	column Register // the current block of columns
	x, y   Register // where its tiles begin
	count  Register // of its tiles
}

func newWalk(blocks Register) *walk {
	w := &walk{blocks: blocks, column: GP64(), x: GP64(), y: GP64(), count: GP64()}
	XORQ(w.column, w.column)
	return w
}

// first sets count to the first block of x that falls into the column, max(0, column -
// blocks + 1), and x and y to its tile.
func (w *walk) first(x, y Register) {
	zero := GP64()
	XORQ(zero, zero)
	MOVQ(w.column, w.count)
	SUBQ(w.blocks, w.count)
	INCQ(w.count)
	CMOVQLT(zero, w.count)
	IMUL3Q(I32(blockSize), w.count, w.x)
	MOVQ(w.column, w.y)
	SUBQ(w.count, w.y)
	IMUL3Q(I32(blockSize), w.y, w.y)
	ADDQ(x, w.x)
	ADDQ(y, w.y)
}
