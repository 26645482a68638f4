package xmltext

import "encoding/binary"

// plainTags remembers the start tags that one Skim read. A document says the same few over
// and over, and what becomes of one, nothing but its bytes decides there: bindings, what is
// rendered and the limits of one tag stay as they are as long as nothing but plain tags is
// read. What else counts, [Tokenizer.skimStart] looks at each time.
type plainTags struct {
	slots [1 << tagSlots]plainTag
	round uint64 // the current Skim; what was noted in another means nothing
	last  uint8  // slot of the tag before
}

// tagSlots is, as a power of two, enough for what a real document holds within what one
// Skim reads.
const tagSlots = 7

// maxPlainName is the longest name of an element that is skimmed, whatever the limits allow.
const maxPlainName = 1 << 12

// A plainTag is a start tag that was read, and what of it is written otherwise. Lengths are
// from its '<' on. It is small, so that what is remembered stays near.
type plainTag struct {
	round         uint64
	begin         int32 // in the document
	size          int32
	prefix, name  int16 // lengths: with the colon; with the local name
	edits, edited int32 // in Skim.Edits, from and up to there
	attributes    uint8
	declares      bool
	empty         bool
	next          uint8 // slot of the tag that came behind it last
}

// find returns the tag that begins at offset; where it isn't known, the one that it is to
// take the place of. It tries what came behind the tag before when that was last read, which
// needs neither the tag's end nor its place. Else a tag's first and last bytes, and how many
// there are, tell real ones apart.
func (t *Tokenizer) find(p *plainTags, offset int) (tag *plainTag, known bool) {
	before := &p.slots[p.last]
	p.last = before.next
	if tag = &p.slots[p.last]; tag.round == p.round && tag.stands(t.doc, offset) {
		return tag, true
	}
	const odd, other = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
	end := t.stop(stopsText, offset+1) // the tag's, if it is any
	hash := uint64(end - offset)
	if end-offset >= 8 {
		hash += binary.LittleEndian.Uint64(t.doc[offset:offset+8])*odd + binary.LittleEndian.Uint64(t.doc[end-8:end])
	}
	p.last = uint8(hash * other >> (64 - tagSlots))
	tag = &p.slots[p.last]
	if known = tag.round == p.round && tag.stands(t.doc, offset); !known && tag.round == p.round {
		p.last ^= 1
		tag = &p.slots[p.last]
		known = tag.round == p.round && tag.stands(t.doc, offset)
	}
	before.next = p.last
	return tag, known
}

// stands reports whether the same tag stands at offset.
func (p *plainTag) stands(doc []byte, offset int) bool {
	end := offset + int(p.size)
	return end <= len(doc) && string(doc[offset:end]) == string(doc[p.begin:p.begin+p.size])
}

func (p *plainTag) local(doc []byte) []byte {
	return doc[int(p.begin)+int(p.prefix) : int(p.begin)+int(p.name)]
}

// repeat has a tag at offset written as the same one was before.
func (s *Skim) repeat(tag *plainTag, offset int) {
	for i := tag.edits; i < tag.edited; i++ {
		e := s.Edits[i]
		e.At += offset - int(tag.begin)
		s.size += e.end - e.begin
		s.Edits = append(s.Edits, e)
	}
}
