// Command blocks writes sha256x2's compression functions for the SHA extensions of x86:
//
//	go run ./internal/blocks -out blocks_amd64.s -stubs blocks_stubs_amd64.go -pkg sha256x2
//
// One SHA256RNDS2 waits for the one before, so that one stream leaves the unit idle half of
// the time. Two streams, an instruction of each in turn, fill it.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	blockSize = 64
	groups    = 16 // of four rounds
)

func main() {
	ConstraintExpr("!purego")
	constants, swap := tables()
	function(constants, swap, "a")
	function(constants, swap, "a", "b")
	hasSHA()
	Generate()
}

// tables are the round constants (FIPS 180-4, 4.2.2) and the mask that makes words of bytes.
func tables() (constants, swap Mem) {
	constants = GLOBL("constants", RODATA|NOPTR)
	for i, k := range roundConstants {
		DATA(4*i, U32(k))
	}
	swap = GLOBL("swap", RODATA|NOPTR)
	DATA(0, U64(0x0405060700010203))
	DATA(8, U64(0x0c0d0e0f08090a0b))
	return constants, swap
}

// A stream is one message. Its state is ABEF in one register and CDGH in the other, as
// the instructions want it, in registers and in memory.
type stream struct {
	state, text Register
	abef, cdgh  VecVirtual
	words       [4]VecVirtual // four words of the message schedule each
	moved       VecVirtual
}

func function(constants, swap Mem, names ...string) {
	name := fmt.Sprintf("blocks%d", len(names))
	parameters := ""
	for _, n := range names {
		parameters += fmt.Sprintf("%[1]s *[8]uint32, text%[1]s *byte, ", n)
	}
	TEXT(name, NOSPLIT, "func("+parameters+"blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s takes so many blocks, 64 bytes each and at least one, of each text into its state.", name))
	var all []*stream
	for _, n := range names {
		s := &stream{state: Load(Param(n), GP64()), text: Load(Param("text"+n), GP64()), abef: XMM(), cdgh: XMM(), moved: XMM()}
		for i := range s.words {
			s.words[i] = XMM()
		}
		all = append(all, s)
	}
	blocks := Load(Param("blocks"), GP64())
	for _, s := range all {
		MOVOU(s.saved(0), s.abef)
		MOVOU(s.saved(1), s.cdgh)
	}
	Label("block")
	for group := range groups {
		for _, s := range all {
			s.rounds(group, constants, swap)
		}
	}
	for _, s := range all {
		s.add()
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	RET()
}

func (s *stream) saved(half int) Mem { return Mem{Base: s.state, Disp: 16 * half} }

// rounds does four rounds, and as much of the message schedule as it has the words for
// (FIPS 180-4, 6.2.2): group g's words are made of those of the four groups before.
func (s *stream) rounds(group int, constants, swap Mem) {
	now, next, last := s.words[group%4], s.words[(group+1)%4], s.words[(group+3)%4]
	if group < 4 {
		MOVOU(Mem{Base: s.text, Disp: 16 * group}, now)
		PSHUFB(swap, now)
	}
	MOVO(now, X0)
	PADDD(constants.Offset(16*group), X0)
	SHA256RNDS2(X0, s.abef, s.cdgh)
	if group >= 3 && group < groups-1 {
		MOVO(now, s.moved)
		PALIGNR(U8(4), last, s.moved)
		PADDD(s.moved, next)
		SHA256MSG2(now, next)
	}
	PSHUFD(U8(0x0E), X0, X0)
	SHA256RNDS2(X0, s.cdgh, s.abef)
	if group >= 1 && group <= groups-4 {
		SHA256MSG1(now, last)
	}
}

// add adds what was before the block.
func (s *stream) add() {
	for half, r := range []VecVirtual{s.abef, s.cdgh} {
		MOVOU(s.saved(half), s.moved)
		PADDD(s.moved, r)
		MOVOU(r, s.saved(half))
	}
	ADDQ(I8(blockSize), s.text)
}

// hasSHA asks the processor: leaf 7, EBX, bit 29.
func hasSHA() {
	TEXT("hasSHA", NOSPLIT, "func() bool")
	Doc("hasSHA tells whether the processor has the SHA extensions.")
	const leaf = 7
	XORL(EAX, EAX)
	CPUID()
	MOVL(EAX, R8L)
	XORL(EBX, EBX)
	CMPL(R8L, U8(leaf))
	JLT(LabelRef("answer"))
	MOVL(U32(leaf), EAX)
	XORL(ECX, ECX)
	CPUID()
	SHRL(U8(29), EBX)
	ANDL(U8(1), EBX)
	Label("answer")
	Store(BL, ReturnIndex(0))
	RET()
}
