package verifier

import (
	"bytes"
	"crypto/sha512"
	"hash"
	"unicode/utf8"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// Bounds on the search for a likely cause, which is made on a rejection only: larger
// documents are not searched, and at most so many bytes are hashed.
const (
	maxSearched = 512 << 10
	maxHashed   = 4 << 20
	maxPaired   = 512 << 10 // of those, for pairs of blanks, unless the search is thorough
)

// A search tries what the signer may have signed, until its digest is the expected one.
type search struct {
	m      *Message
	ref    *reference
	budget int // bytes that may still be hashed

	thorough bool // pairs of blanks may take all that is left of it

	// at is where what was found differs from the canonical form, in offsets of that, in
	// order; none where it is about the Signature.
	at []int

	sum [sha512.Size]byte // room
}

// likelyCause says what happened to the document between signing and receipt, nothing
// where none of what commonly happens explains the digest. It is no guess: a cause is
// given only if undoing it gives the digest that was signed. A person who asks for it gets
// a thorough search, and all places where it shows; a rejection the first, for less.
func (m *Message) likelyCause(ref *reference, thorough bool) (Cause, bool) {
	if len(m.doc) > maxSearched {
		return Cause{}, false
	}
	canonical := bounded{most: maxHashed}
	if _, err := ref.write(&canonical, m.doc, m.engine.limits); err != nil {
		return Cause{}, false
	}
	s := &search{m: m, ref: ref, budget: maxHashed, thorough: thorough}
	found := canonical.Bytes()
	for _, try := range []struct {
		cause CauseKind
		holds func(canonical []byte) bool
	}{
		{BlanksCollapsed, s.numbersCollapsed}, // first, since it takes one digest only
		{CanonicalisedOtherwise, s.otherwiseCanonicalised},
		{SpaceAroundSignature, s.aroundSignature},
		{LineEndsChanged, s.lineEnds},
		{Reencoded, s.reencoded},
		{Reindented, s.reindented},
		{BlanksCollapsed, s.collapsed},
	} {
		if try.holds(found) {
			places := 1
			if thorough {
				places = maxPlaces
			}
			return Cause{Kind: try.cause, Places: s.places(found, try.cause == BlanksCollapsed, places)}, true
		}
	}
	return Cause{}, false
}

// is reports whether the original is what was signed, as long as there is budget.
func (s *search) is(original []byte) bool {
	if s.budget -= len(original); s.budget < 0 {
		return false
	}
	h := s.ref.digestBy.hash.New()
	h.Write(original)
	return s.holds(h)
}

func (s *search) holds(h hash.Hash) bool {
	return bytes.Equal(h.Sum(s.sum[:0]), s.ref.expected.bytes())
}

// became is is, and notes where the canonical form first differs.
func (s *search) became(canonical, original []byte) bool {
	if !s.is(original) {
		return false
	}
	at := 0
	for at < min(len(canonical), len(original)) && canonical[at] == original[at] {
		at++
	}
	s.at = []int{at}
	return true
}

func (s *search) otherwiseCanonicalised([]byte) bool {
	for _, method := range []c14n.Method{c14n.Inclusive10, c14n.Exclusive} {
		for _, comments := range []bool{false, true} {
			ref := *s.ref
			ref.form = canonicalForm{method: method, comments: comments}
			out := bounded{most: maxHashed}
			if _, err := ref.write(&out, s.m.doc, s.m.engine.limits); err == nil && s.is(out.Bytes()) {
				return true
			}
		}
	}
	return false
}

func (s *search) aroundSignature([]byte) bool {
	doc, begin, finish := s.m.doc, s.m.signed.begin, s.m.signed.finish
	before := len(bytes.TrimRight(doc[:begin], " \t\r\n"))
	after := len(doc) - len(bytes.TrimLeft(doc[finish:], " \t\r\n"))
	for _, cut := range [][2]int{{before, after}, {before, finish}, {begin, after}} {
		original := bytes.Join([][]byte{doc[:cut[0]], doc[begin:finish], doc[cut[1]:]}, nil)
		out := bounded{most: maxHashed}
		if _, err := s.ref.write(&out, original, s.m.engine.limits); err == nil && s.is(out.Bytes()) {
			return true
		}
	}
	return false
}

// lineEnds supposes a signer that took CR for data, and one that had none. Line ends
// outside the root are no data.
func (s *search) lineEnds(canonical []byte) bool {
	begin, finish := rootOf(canonical)
	bare := bytes.ReplaceAll(canonical[begin:finish], []byte("&#xD;"), nil)
	for _, root := range [][]byte{
		bare,
		bytes.ReplaceAll(bare, []byte("\n"), []byte("&#xD;\n")),
		bytes.ReplaceAll(bare, []byte("\n"), []byte("\r\n")),
	} {
		if s.became(canonical, bytes.Join([][]byte{canonical[:begin], root, canonical[finish:]}, nil)) {
			return true
		}
	}
	return false
}

// rootOf returns where the root of a well-formed document begins and ends.
func rootOf(doc []byte) (begin, finish int) {
	var t xmltext.Tokenizer
	for t.Reset(doc, xmltext.Limits{}); ; {
		kind, err := t.Next()
		switch {
		case err != nil || kind == xmltext.EOF:
			return begin, finish
		case kind == xmltext.Start && t.Depth() == 1:
			begin = t.Begin
		case kind == xmltext.End && t.Depth() == 1:
			finish = t.Finish
		}
	}
}

// reencoded undoes reading UTF-8 as Latin-1 and writing that as UTF-8.
func (s *search) reencoded(canonical []byte) bool {
	original := make([]byte, 0, len(canonical))
	for _, r := range string(canonical) {
		if r > 0xFF {
			return false
		}
		original = append(original, byte(r))
	}
	return len(original) < len(canonical) && utf8.Valid(original) && s.became(canonical, original)
}

// reindented tries the document on one line, as formatters indent it, and with less
// indentation than it has.
func (s *search) reindented(canonical []byte) bool {
	for _, replace := range indentations() {
		if s.budget <= 0 {
			return false
		}
		if out := reindent(canonical, replace, s.budget); out != nil && s.became(canonical, out) {
			return true
		}
	}
	return false
}

// indentations are what may have stood between two tags instead of space, depth being
// that of the second.
func indentations() []func(space []byte, depth int) []byte {
	all := []func([]byte, int) []byte{func([]byte, int) []byte { return nil }}
	for _, unit := range []string{"", " ", "  ", "    ", "\t"} {
		all = append(all, func(_ []byte, depth int) []byte {
			return append([]byte("\n"), bytes.Repeat([]byte(unit), depth)...)
		})
	}
	for _, less := range []string{"  ", "    ", "\t", " "} {
		all = append(all, func(space []byte, _ int) []byte { return bytes.TrimSuffix(space, []byte(less)) })
	}
	return all
}

// reindent replaces the white space between tags. Depth is that of what follows; an
// element that holds nothing but white space keeps it. It returns nil if the result is
// longer than most bytes, as that of deep and many elements is.
func reindent(canonical []byte, replace func(space []byte, depth int) []byte, most int) []byte {
	out := make([]byte, 0, len(canonical))
	var t xmltext.Tokenizer
	t.Reset(canonical, xmltext.Limits{})
	last := 0 // end of what was taken over
	afterTag, afterStart := false, false
	for {
		kind, err := t.Next()
		if err != nil || kind == xmltext.EOF {
			return out
		}
		if kind == xmltext.Text && xmltext.Blank(t.Data) {
			continue
		}
		tag := kind == xmltext.Start || kind == xmltext.End
		space := canonical[last:t.Begin]
		if leaf := afterStart && kind == xmltext.End; afterTag && tag && !leaf {
			space = replace(space, t.Depth()-1)
		}
		if len(out)+len(space)+t.Finish-t.Begin > most {
			return nil
		}
		out = append(out, space...)
		out = append(out, canonical[t.Begin:t.Finish]...)
		last, afterTag, afterStart = t.Finish, tag, kind == xmltext.Start
	}
}
