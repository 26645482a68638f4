package xmltext

import (
	"bytes"
	"unicode/utf8"
)

// A Skim tells [Tokenizer.Skim] which start tags to leave although they are plain, and
// takes what it has to say of those that it read.
type Skim struct {
	// Local is a local name, in whatever namespace.
	Local string

	// Watched are local names that are left where the element would be that deep.
	Watched []string
	Depth   int

	// Declares says that a tag that uses a prefix whose namespace name is not the one
	// in Rendered is to be left: exclusive canonicalisation declares it there.
	Declares bool
	Rendered [][]byte // by PrefixID; absent ones are empty

	// Cuts are the offsets of the CR of line ends CR LF among what was read, which are
	// no part of its canonical form.
	Cuts []int
}

// skimmed bounds what one Skim reads, in bytes, so that its caller finds them in the cache.
const skimmed = 32 << 10

// Skim reads on, inside the root, over tags and texts that are written as Canonical XML
// writes them, and returns from where to where; the last thing read is a tag. It decides
// nothing: whatever it isn't sure of it leaves, from the token's start, to Next. The
// end of an element is left too if its start was. The fields that describe a token mean
// nothing until the next Next.
//
// It is what makes reading fast: it makes no tokens, for nine tenths of a real message.
func (t *Tokenizer) Skim(s *Skim) (begin, finish int) {
	s.Cuts = s.Cuts[:0]
	begin = t.pos
	if len(t.open) == 0 || t.emptyTag {
		return begin, begin
	}
	for t.pos < begin+skimmed {
		cuts := len(s.Cuts)
		tag := t.skimText(s)
		next := 0
		if tag >= 0 && tag+1 < len(t.doc) {
			if t.doc[tag+1] == '/' {
				next = t.skimEnd(tag)
			} else {
				next = t.skimStart(tag, s)
			}
		}
		if next == 0 {
			s.Cuts = s.Cuts[:cuts]
			break
		}
		t.pos = next
	}
	t.Kind, t.Finish = EOF, t.pos
	return begin, t.pos
}

// skimText returns where the text at pos, which may be empty, is ended by a '<', and -1
// where it isn't or isn't plain.
func (t *Tokenizer) skimText(s *Skim) int {
	doc := t.doc
	for i := t.pos; i < len(doc); i++ {
		c := doc[i]
		if classes[c]&textStop == 0 {
			continue
		}
		switch {
		case c == '<':
			return i
		case c >= utf8.RuneSelf:
			size := charSize(doc[i:])
			if size == 0 {
				return -1
			}
			i += size - 1
		case c == '&':
			size := canonicalInText(doc[i:])
			if size == 0 {
				return -1
			}
			i += size - 1
		case c == '\r' && i+1 < len(doc) && doc[i+1] == '\n':
			s.Cuts = append(s.Cuts, i)
		default:
			return -1
		}
	}
	return -1
}

// skimEnd reads the end tag at offset and returns its end, 0 to leave it.
func (t *Tokenizer) skimEnd(offset int) int {
	top := t.open[len(t.open)-1]
	begin := offset + len("</")
	end := begin + int(top.end-top.begin)
	if !top.skimmed || end >= len(t.doc) || t.doc[end] != '>' ||
		string(t.doc[begin:end]) != string(t.doc[top.begin:top.end]) {
		return 0
	}
	t.open = t.open[:len(t.open)-1]
	return end + 1
}

// skimStart reads the start tag at offset and returns its end, 0 to leave it.
func (t *Tokenizer) skimStart(offset int, s *Skim) int {
	begin := offset + 1
	end, colon := t.skimName(begin)
	if end == 0 || len(t.open) >= t.limits.Depth || t.elements >= t.limits.Elements {
		return 0
	}
	local := t.doc[begin:end]
	if colon > 0 {
		local = t.doc[colon+1 : end]
	}
	if string(local) == s.Local || len(t.open)+1 == s.Depth && s.watches(local) || !t.settled(begin, colon, s) {
		return 0
	}
	next := end + 1
	if t.doc[end] != '>' {
		if next = t.skimAttributes(end, s); next == 0 {
			return 0
		}
	}
	t.elements++
	t.open = append(t.open, element{begin: int32(begin), end: int32(end), bindings: int32(len(t.space.bindings)), skimmed: true})
	return next
}

func (s *Skim) watches(local []byte) bool {
	for _, name := range s.Watched {
		if string(local) == name {
			return true
		}
	}
	return false
}

// settled reports whether a name's prefix, from begin to the colon, which is 0 without
// one, is declared, and need not be anew. The prefix xml never is settled: its
// attributes are inherited.
func (t *Tokenizer) settled(begin, colon int, s *Skim) bool {
	id := Default
	if colon > 0 {
		var known bool
		if id, known = t.space.find(t.doc[begin:colon]); !known || id == XML || t.space.prefixes[id].top == unbound {
			return false
		}
	}
	if !s.Declares {
		return true
	}
	var rendered []byte
	if int(id) < len(s.Rendered) {
		rendered = s.Rendered[id]
	}
	return bytes.Equal(t.space.uri(id), rendered)
}

// skimName reads a QName in ASCII and returns its end, 0 to leave it, and where its
// colon is, 0 without one. A byte follows it.
func (t *Tokenizer) skimName(begin int) (end, colon int) {
	doc := t.doc
	if begin >= len(doc) || classes[doc[begin]]&nameStart == 0 {
		return 0, 0
	}
	for i := begin + 1; i < len(doc); i++ {
		c := doc[i]
		switch {
		case classes[c]&nameChar != 0:
		case c == ':' && colon == 0 && i+1 < len(doc) && classes[doc[i+1]]&nameStart != 0:
			colon = i
		case i-begin > t.limits.Name:
			return 0, 0
		default:
			return i, colon
		}
	}
	return 0, 0
}

// skimmedAttributes is how many of one tag are skimmed.
const skimmedAttributes = 8

// skimAttributes reads attributes up to the end of the tag, and returns it, 0 to leave
// the tag. Those without a prefix stand in the order of their names, and at most one
// with a prefix behind them: so they are in the order of Canonical XML, and none is
// there twice.
func (t *Tokenizer) skimAttributes(offset int, s *Skim) (next int) {
	doc := t.doc
	var last []byte
	for n := 1; ; n++ {
		if doc[offset] != ' ' || n > skimmedAttributes || t.attributes+n > t.limits.AllAttributes || n > t.limits.Attributes {
			return 0
		}
		begin := offset + 1
		end, colon := t.skimName(begin)
		if end == 0 {
			return 0
		}
		name := doc[begin:end]
		if colon > 0 && !t.settled(begin, colon, s) || string(name) == "xmlns" || bytes.Compare(name, last) <= 0 && colon == 0 {
			return 0
		}
		if offset = t.skimValue(end); offset == 0 {
			return 0
		}
		if doc[offset] == '>' {
			t.attributes += n
			return offset + 1
		}
		if colon > 0 {
			return 0
		}
		last = name
	}
}

// skimValue reads ="value" at offset and returns its end, 0 to leave it. A byte follows it.
func (t *Tokenizer) skimValue(offset int) int {
	doc := t.doc
	if offset+2 >= len(doc) || doc[offset] != '=' || doc[offset+1] != '"' {
		return 0
	}
	begin := offset + 2
	for i := begin; i < len(doc); i++ {
		c := doc[i]
		if classes[c]&valueStop == 0 {
			continue
		}
		size := 1
		switch {
		case c == '"':
			if i-begin > t.limits.Value || i+1 >= len(doc) {
				return 0
			}
			return i + 1
		case c == '\'':
		case c >= utf8.RuneSelf:
			size = charSize(doc[i:])
		case c == '&':
			size = canonicalInValue(doc[i:])
		default:
			return 0
		}
		if size == 0 {
			return 0
		}
		i += size - 1
	}
	return 0
}
