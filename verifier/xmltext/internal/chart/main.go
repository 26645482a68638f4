// Command chart writes xmltext's charting of bytes for AVX-512:
//
//	go run ./internal/chart -out chart_amd64.s -stubs chart_stubs_amd64.go -pkg xmltext
//
// It decides nothing about XML: which bytes stop what it takes from a table. What it knows
// itself is which byte sequences are UTF-8 (RFC 3629, 4).
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	block   = 64  // bytes that are looked at at once
	mapSize = 520 // bytes of a map, see xmltext.chart
	maps    = 3
)

func main() {
	ConstraintExpr("!purego")
	TEXT("chartBytes512", NOSPLIT, "func(doc *byte, n int, table *[128]uint8, maps *uint64) (valid bool)")
	Pragma("noescape")
	Doc("chartBytes512 sets bit i of map m where the table has bit m for byte i of doc, or where that",
		"is not ASCII and m is 1. It returns whether all of doc is UTF-8 without U+FFFE and U+FFFF,",
		"but for a character that is cut off at its end. Maps are multiples of 64 bits, in which",
		"what is behind n is set as for a byte 0.")
	c := newCharter()
	c.blocks()
	Generate()
}

// A charter holds the registers.
type charter struct {
	doc, left, out Register
	low, high      VecVirtual // the table
	bits           [maps]VecVirtual
	bounds         map[uint8]VecVirtual // bytes that are compared with, in each lane
	wrong          Register             // bits of what is no UTF-8
	before         Register             // bits of the last bytes of the block before that are not ASCII
	mask           Register             // of the block's bytes
	all            Register             // the same as a mask of lanes
	begun          Register             // 0 in the first block, then all ones
}

func newCharter() *charter {
	c := &charter{doc: Load(Param("doc"), GP64()), left: Load(Param("n"), GP64()), out: Load(Param("maps"), GP64()), bounds: map[uint8]VecVirtual{}}
	table := Load(Param("table"), GP64())
	c.low, c.high = ZMM(), ZMM()
	VMOVDQU64(Mem{Base: table}, c.low)
	VMOVDQU64(Mem{Base: table, Disp: block}, c.high)
	for m := range maps {
		c.bits[m] = everywhere(1 << m)
	}
	for _, b := range []uint8{0x90, 0xA0, 0xBE, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5} {
		c.bounds[b] = everywhere(b)
	}
	c.wrong, c.before, c.begun, c.mask, c.all = GP64(), GP64(), GP64(), GP64(), K()
	for _, r := range []Register{c.wrong, c.before, c.begun} {
		XORQ(r, r)
	}
	return c
}

func everywhere(b uint8) VecVirtual {
	r, v := GP32(), ZMM()
	MOVL(U32(b), r)
	VPBROADCASTB(r, v)
	return v
}

// blocks goes through the blocks, the last of which may be shorter, and reads nothing
// beyond it.
func (c *charter) blocks() {
	Label("block")
	MOVQ(I64(-1), c.mask)
	CMPQ(c.left, I8(block))
	JGE(LabelRef("whole"))
	BZHIQ(c.left, c.mask, c.mask)
	Label("whole")
	KMOVQ(c.mask, c.all)

	text := ZMM()
	VMOVDQU8_Z(Mem{Base: c.doc}, c.all, text)
	c.classify(text)
	c.characters(text)

	MOVQ(I64(-1), c.begun)
	ADDQ(I8(block), c.doc)
	ADDQ(I8(8), c.out)
	SUBQ(I8(block), c.left)
	JG(LabelRef("block"))

	valid := GP8()
	TESTQ(c.wrong, c.wrong)
	SETEQ(valid)
	Store(valid, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// classify looks all bytes up at once. The look-up ignores their highest bit.
func (c *charter) classify(text VecVirtual) {
	class := ZMM()
	VMOVDQA64(text, class)
	VPERMI2B(c.high, c.low, class)
	foreign, ascii := K(), K()
	VPMOVB2M(text, foreign)
	KNOTQ(foreign, ascii)
	for m := range maps {
		stops := K()
		VPTESTMB(c.bits[m], class, ascii, stops)
		if m == 1 {
			KORQ(foreign, stops, stops)
		}
		KMOVQ(stops, Mem{Base: c.out, Disp: m * mapSize})
	}
}

// characters checks the UTF-8 of a block that holds any, or whose forerunner's last bytes
// may have begun a character.
func (c *charter) characters(text VecVirtual) {
	foreign, either := GP64(), GP64()
	k := K()
	VPMOVB2M(text, k)
	KMOVQ(k, foreign)
	MOVQ(foreign, either)
	ORQ(c.before, either)
	JZ(LabelRef("ascii"))

	one, two, three := c.earlier(1), c.earlier(2), c.earlier(3)
	// A byte continues a character exactly where one of the three bytes before it says so
	// by its size: C2 to DF begin two bytes, E0 to EF three, F0 to F4 four.
	continues, due, also := K(), K(), K()
	VPCMPUB(below, c.bounds[0xC0], text, k, continues)
	VPCMPUB(reaches, c.bounds[0xC2], one, c.all, due)
	VPCMPUB(reaches, c.bounds[0xE0], two, c.all, also)
	KORQ(also, due, due)
	VPCMPUB(reaches, c.bounds[0xF0], three, c.all, also)
	KORQ(also, due, due)
	faults := K()
	KXORQ(continues, due, faults)

	// C0 and C1 would begin what is written in one byte, F5 to FF what is no character.
	beginning := K()
	VPCMPUB(reaches, c.bounds[0xF5], text, also)
	KORQ(also, faults, faults)
	VPCMPUB(below, c.bounds[0xC2], text, beginning)
	VPCMPUB(reaches, c.bounds[0xC0], text, beginning, also)
	KORQ(also, faults, faults)

	// Overlong ones, surrogates, and what is beyond U+10FFFF show in the second byte.
	for _, second := range []struct {
		first, bound uint8
		wrong        U8
	}{
		{0xE0, 0xA0, below}, {0xED, 0xA0, reaches}, {0xF0, 0x90, below}, {0xF4, 0x90, reaches},
	} {
		VPCMPUB(equal, c.bounds[second.first], one, c.all, also)
		VPCMPUB(second.wrong, c.bounds[second.bound], text, also, also)
		KORQ(also, faults, faults)
	}

	// U+FFFE is EF BF BE, U+FFFF is EF BF BF.
	VPCMPUB(equal, c.bounds[0xEF], two, c.all, also)
	VPCMPUB(equal, c.bounds[0xBF], one, also, also)
	VPCMPUB(reaches, c.bounds[0xBE], text, also, also)
	KORQ(also, faults, faults)

	found := GP64()
	KMOVQ(faults, found)
	ORQ(found, c.wrong)
	Label("ascii")
	MOVQ(foreign, c.before)
	SHRQ(U8(block-3), c.before)
}

// Predicates of VPCMPUB.
const (
	equal   = U8(0)
	below   = U8(1)
	reaches = U8(5)
)

// earlier returns the bytes that stand so many before the block's: 0 for those before the
// first byte of all.
func (c *charter) earlier(by int) VecVirtual {
	mask := GP64()
	MOVQ(I64(-1<<by), mask)
	ORQ(c.begun, mask)
	ANDQ(c.mask, mask)
	readable, bytes := K(), ZMM()
	KMOVQ(mask, readable)
	VMOVDQU8_Z(Mem{Base: c.doc, Disp: -by}, readable, bytes)
	return bytes
}
