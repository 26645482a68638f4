package verifier

import (
	"bytes"

	"turnkey-gateway/verifier/xmltext"
)

// A stencil is a SignedInfo that was read and found good, with the digest cut out. The
// programs that sign write the same one into every message of a kind but for that, so that
// most need not be tokenised, canonicalised and read again, which takes longer than all of a
// small document besides.
//
// It decides nothing of its own. What was found is a function of the bytes of the element
// and of the namespaces and xml: attributes around it; where these are equal, so is what is
// found. One text of DigestValue, and that alone, may be another: letters of base64 stand
// for themselves wherever character data may stand, so that a text of other such letters is
// read and canonicalised alike.
type stencil struct {
	around []byte // namespaces in scope and inherited attributes

	before, after                   []byte // as written, up to the digest and from it on
	canonicalBefore, canonicalAfter []byte
	digest                          int // length of its text

	info signedInfo // without the digest

	elements, attributes int // for the limits

	behind int // bytes from it to the document's end, where it was seen last
}

// stencils are those used last, the latest first.
type stencils struct {
	kept   []*stencil
	around []byte // of the current SignedInfo
}

// maxStencils is more than a gateway meets at a time: one for each program that signs, and
// under inclusive canonicalisation for each type of message.
const maxStencils = 16

// maxStencil is the longest SignedInfo that one is made of, in bytes: as written, in
// canonical form, and with what is around it. Real ones have 2 or 3 KB, and whoever may send
// may have them kept.
const maxStencil = 16 << 10

// fit returns the stencil of the SignedInfo whose start tag is the current token of t and
// that m marks, and where its digest is; nil where there is none.
func (s *stencils) fit(t *xmltext.Tokenizer, m *xmltext.Mark, doc []byte) (known *stencil, digest span) {
	s.around = m.AppendAround(s.around[:0])
	for i, known := range s.kept {
		begin := t.Begin + len(known.before)
		finish := begin + known.digest
		if finish+len(known.after) <= len(doc) &&
			bytes.Equal(known.before, doc[t.Begin:begin]) && bytes.Equal(known.after, doc[finish:finish+len(known.after)]) &&
			bytes.Equal(known.around, s.around) && isBase64(doc[begin:finish]) {
			copy(s.kept[1:i+1], s.kept[:i])
			s.kept[0] = known
			return known, span{begin, finish}
		}
	}
	return nil, span{}
}

// keep makes a stencil of the current SignedInfo, which was found good, if it can be one.
func (s *stencils) keep(r *reading, info *signedInfo) {
	p := &r.parts
	if len(info.references) != 1 || p.digests != 1 {
		return
	}
	value, canonical := info.references[0].value, r.canonical.Bytes()
	text := r.doc[p.digest.begin:p.digest.finish]
	if len(s.around)+p.info.finish-p.info.begin+len(canonical) > maxStencil {
		return
	}
	if !isBase64(text) || !bytes.Equal(text, canonical[value.begin:value.finish]) {
		return
	}
	known := &stencil{
		around:          bytes.Clone(s.around),
		before:          bytes.Clone(r.doc[p.info.begin:p.digest.begin]),
		after:           bytes.Clone(r.doc[p.digest.finish:p.info.finish]),
		canonicalBefore: bytes.Clone(canonical[:value.begin]),
		canonicalAfter:  bytes.Clone(canonical[value.finish:]),
		digest:          len(text),
		info:            *info,
		elements:        p.elements,
		attributes:      p.attributes,
	}
	known.info.references = append([]reference(nil), info.references...)
	if len(s.kept) == maxStencils {
		s.kept = s.kept[:maxStencils-1]
	}
	s.kept = append([]*stencil{known}, s.kept...)
}

// ends reports whether doc ends with what may be such a SignedInfo.
func (known *stencil) ends(doc []byte) bool {
	begin := len(doc) - len(known.after) - known.digest - len(known.before)
	return begin >= 0 && bytes.HasSuffix(doc, known.after) && bytes.HasPrefix(doc[begin:], known.before)
}

// guess is that of a document which has such a SignedInfo.
func (known *stencil) guess() guess {
	ref := &known.info.references[0]
	return guess{form: ref.form, hash: ref.digestBy.hash}
}

// put makes the canonical form and the content of the SignedInfo with that digest. It does
// nothing and returns false if that is none, which its letters don't tell.
func (known *stencil) put(text []byte, canonical *bytes.Buffer, info *signedInfo) bool {
	var d digest
	value, err := decodeBase64(d.value[:0], text)
	if err != nil || len(value) != known.info.references[0].expected.size {
		return false
	}
	d.size = copy(d.value[:], value) // it need not be there already
	references := append(info.references, known.info.references...)
	*info = known.info
	info.references, references[0].expected = references, d
	canonical.Write(known.canonicalBefore)
	canonical.Write(text)
	canonical.Write(known.canonicalAfter)
	return true
}

// isBase64 reports whether there are only letters of base64, with padding perhaps.
func isBase64(text []byte) bool {
	for _, c := range text {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if (c < '0' || c > '9') && c != '+' && c != '/' && c != '=' {
				return false
			}
		}
	}
	return len(text) > 0
}
