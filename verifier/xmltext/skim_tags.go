package xmltext

import "encoding/binary"

// plainTags remembers the start tags that one Skim read. A document says the same few over
// and over, and what becomes of one, nothing but its bytes decides there: bindings, what is
// rendered and the limits of one tag stay as they are as long as nothing but plain tags is
// read. What else counts, [Tokenizer.skimStart] looks at each time.
type plainTags struct {
	slots [1 << tagSlots]plainTag
	round uint64 // the current Skim; what was noted in another means nothing
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
}

// find returns the tag that begins at offset and ends with the byte at end, which is behind
// it or the document's; where it isn't known, the one that it is to take the place of. Its
// first and its last bytes, and how many there are, tell real tags apart.
func (p *plainTags) find(doc []byte, offset, end int) (tag *plainTag, known bool) {
	const odd, other = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
	hash := uint64(end - offset)
	if end-offset >= 8 {
		hash += binary.LittleEndian.Uint64(doc[offset:offset+8])*odd + binary.LittleEndian.Uint64(doc[end-8:end])
	}
	i := hash * other >> (64 - tagSlots)
	if tag = &p.slots[i]; tag.round != p.round || tag.same(doc, offset, end) {
		return tag, tag.round == p.round
	}
	tag = &p.slots[i^1]
	return tag, tag.round == p.round && tag.same(doc, offset, end)
}

// same reports whether the tag stands at offset, too. It ends with its first '>'.
func (p *plainTag) same(doc []byte, offset, end int) bool {
	return end < len(doc) && end+1-offset == int(p.size) && string(doc[offset:end+1]) == string(doc[p.begin:p.begin+p.size])
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
