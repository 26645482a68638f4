package xmltext

import "bytes"

// skimmedAttributes is how many of one tag are skimmed.
const skimmedAttributes = 8

// plainAttrs are the attributes of one tag.
type plainAttrs struct {
	all      [skimmedAttributes]plainAttr
	count    int
	quoted   bool // all of them by "
	ordered  bool // as Canonical XML (2.3) has them: by name, that with a prefix last
	prefixed int  // the one that has a prefix; negative where none has
}

// A plainAttr is where one stands whose value is canonical as written, but perhaps for its
// quotes.
type plainAttr struct {
	name, equals, end int // the end is behind the second quote
}

func (a *plainAttr) compare(b *plainAttr, doc []byte) int {
	return bytes.Compare(doc[a.name:a.equals], doc[b.name:b.equals])
}

// skimAttributes reads attributes up to the end of the tag, and returns where that begins;
// 0 to leave the tag. At most one of them may have a prefix, so that no two have the same
// expanded name unless they have the same name.
func (t *Tokenizer) skimAttributes(offset int, u *usage, s *Skim) int {
	a := &s.attrs
	a.count, a.quoted, a.ordered, a.prefixed = 0, true, true, none
	for t.doc[offset] == ' ' {
		if a.count == skimmedAttributes || a.count >= t.limits.Attributes || t.attributes+a.count >= t.limits.AllAttributes {
			return 0
		}
		begin := offset + 1
		end, colon := t.skimName(begin)
		if end == 0 {
			return 0
		}
		if offset = t.skimValue(end); offset == 0 {
			return 0
		}
		a.all[a.count] = plainAttr{begin, end, offset}
		switch {
		case colon > 0:
			if a.prefixed != none || s.Declares && string(t.doc[colon+1:end]) == "type" || !t.use(u, begin, colon, s) {
				return 0
			}
			a.prefixed = a.count
		case string(t.doc[begin:end]) == "xmlns":
			return 0
		case a.count > 0:
			a.ordered = a.ordered && a.prefixed == none && a.all[a.count-1].compare(&a.all[a.count], t.doc) < 0
		}
		a.quoted = a.quoted && t.doc[end+1] == '"'
		a.count++
	}
	if !a.ordered && !a.order(t.doc) {
		return 0
	}
	return offset
}

const none = -1

// order puts them in order. It returns false where two have one name.
func (a *plainAttrs) order(doc []byte) bool {
	plain := a.all[:a.count]
	if a.prefixed != none {
		last := len(plain) - 1
		plain[a.prefixed], plain[last] = plain[last], plain[a.prefixed]
		plain = plain[:last]
	}
	sortFew(plain, func(a, b *plainAttr) int { return a.compare(b, doc) })
	for i := 1; i < len(plain); i++ {
		if plain[i-1].compare(&plain[i], doc) == 0 {
			return false
		}
	}
	return true
}

// editAttributes has the attributes, which stand from begin to end, written in canonical
// form.
func (s *Skim) editAttributes(doc []byte, begin, end int) {
	a := &s.attrs
	all := a.all[:a.count]
	switch {
	case !a.ordered:
		for i := range all {
			s.put(` `, doc[all[i].name:all[i].equals], `="`)
			s.put("", doc[all[i].equals+len(`="`):all[i].end-1], `"`)
		}
		s.edit(begin, end-begin)
	case !a.quoted:
		for i := range all {
			for _, at := range [2]int{all[i].equals + 1, all[i].end - 1} {
				s.put(`"`, nil, "")
				s.edit(at, 1)
			}
		}
	}
}

// skimValue reads ="value" at offset, in quotes of either kind, and returns its end, 0 to
// leave it. A byte follows it.
func (t *Tokenizer) skimValue(offset int) int {
	doc := t.doc
	if offset+2 >= len(doc) || doc[offset] != '=' || doc[offset+1] != '"' && doc[offset+1] != '\'' {
		return 0
	}
	quote, begin := doc[offset+1], offset+2
	for i := t.stop(stopsValue, begin); i < len(doc); i = t.stop(stopsValue, i) {
		switch c := doc[i]; {
		case c == quote:
			if i-begin > t.limits.Value || i+1 >= len(doc) {
				return 0
			}
			return i + 1
		case c == '\'':
			i++
		case c == '&':
			size := canonicalInValue(doc[i:])
			if size == 0 {
				return 0
			}
			i += size
		default:
			size := charSize(doc[i:])
			if size < 2 { // it is no Char, or must be escaped
				return 0
			}
			i += size
		}
	}
	return 0
}
