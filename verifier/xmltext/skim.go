package xmltext

import "bytes"

// A Skim tells [Tokenizer.Skim] which start tags to leave although they are plain, and
// takes what it has to say of those that it read.
type Skim struct {
	// Local is a local name, in whatever namespace.
	Local string

	// Watched are local names that are left where the element would be that deep.
	Watched []string
	Depth   int

	// Declares says that Rendered has what is declared around: exclusive canonicalisation
	// declares there what a tag uses and is not. A tag that may have an xsi:type, whose value
	// uses a prefix too, is left.
	Declares bool
	Rendered [][]byte // by PrefixID; absent ones are empty

	// Edits are what of the bytes read is written otherwise in canonical form, in their
	// order.
	Edits []Edit

	kept           int    // how many edits are of what was read for good
	made           []byte // what is put in
	before         int    // how much of it belongs to edits
	size           int    // of all that the edits put in
	defaultSettled bool   // the default namespace needs no declaration
	attrs          plainAttrs
	tags           plainTags
}

// An Edit replaces bytes of the document.
type Edit struct {
	At, Skip   int // where, and how many
	begin, end int // of what is put in, in Skim.made
}

// Text returns what an edit puts in.
func (s *Skim) Text(e *Edit) []byte { return s.made[e.begin:e.end] }

// Release drops what a rare document made large.
func (s *Skim) Release() { s.made = Shed(s.made) }

// put adds a name or value between two texts to what the next edit puts in.
func (s *Skim) put(before string, name []byte, after string) {
	s.made = append(append(append(s.made, before...), name...), after...)
}

// edit notes an edit, which puts in what was put since the last one.
func (s *Skim) edit(at, skip int) {
	s.Edits = append(s.Edits, Edit{At: at, Skip: skip, begin: s.before, end: len(s.made)})
	s.size += len(s.made) - s.before
	s.before = len(s.made)
}

// skimmed bounds what one Skim reads, and roughly what it puts in, in bytes, so that its
// caller finds them in the cache.
const skimmed = 32 << 10

// maxEdits bounds the edits of one Skim: of lines that hold anything there are fewer in what
// it reads.
const maxEdits = 8 << 10

// Skim reads on, inside the root, over tags and texts whose canonical form is what is
// written but for a few edits, and returns from where to where; the last thing read is a
// tag. It decides nothing: whatever it isn't sure of it leaves, from the token's start, to
// Next. The end of an element is left too if its start was. The fields that describe a
// token mean nothing until the next Next.
//
// It is what makes reading fast: it makes no tokens, for nine tenths of a real message.
func (t *Tokenizer) Skim(s *Skim) (begin, finish int) {
	s.Edits, s.kept, s.made, s.before, s.size = s.Edits[:0], 0, s.made[:0], 0, 0
	s.tags.round++
	begin = t.pos
	if len(t.open) == 0 || t.emptyTag {
		return begin, begin
	}
	if t.chart == nil {
		t.chart = new(chart)
	}
	s.defaultSettled = !s.Declares || bytes.Equal(t.space.uri(Default), s.rendered(Default))
	for tag := t.skimText(t.pos, s); tag >= 0 && tag+1 < len(t.doc) && t.pos < begin+skimmed && s.size < skimmed; {
		next := 0
		if t.doc[tag+1] == '/' {
			next = t.skimEnd(tag)
		} else {
			next = t.skimStart(tag, s)
		}
		if next == 0 {
			break
		}
		t.pos, s.kept = next, len(s.Edits)
		tag = t.skimText(next, s)
	}
	s.Edits = s.Edits[:s.kept]
	t.Kind, t.Finish = EOF, t.pos
	return begin, t.pos
}

// skimText returns where the text from there on, which may be empty, is ended by a '<', and
// -1 where it isn't or isn't plain.
func (t *Tokenizer) skimText(from int, s *Skim) int {
	doc := t.doc
	for i := t.stop(stopsText, from); i < len(doc); i = t.stop(stopsText, i) {
		switch c := doc[i]; {
		case c == '<':
			return i
		case c == '&':
			size := canonicalInText(doc[i:])
			if size == 0 {
				return -1
			}
			i += size
		case c == '\r' && i+1 < len(doc) && doc[i+1] == '\n' && len(s.Edits) < maxEdits:
			s.edit(i, 1) // the line end is LF (XML 1.0, 2.11)
			i++
		default:
			size := charSize(doc[i:])
			if size < 2 { // or it is no Char, or a control, or >
				return -1
			}
			i += size
		}
	}
	return -1
}

// skimEnd reads the end tag at offset and returns its end, 0 to leave it.
func (t *Tokenizer) skimEnd(offset int) int {
	top := &t.open[len(t.open)-1]
	if !top.skimmed {
		return 0
	}
	end := t.endOf(offset, t.doc[top.begin:top.end])
	if end > 0 {
		t.open = t.open[:len(t.open)-1]
	}
	return end
}

// endOf returns the end of the end tag at offset, 0 if it is none of that name or has blanks.
func (t *Tokenizer) endOf(offset int, name []byte) int {
	begin := offset + len("</")
	end := begin + len(name)
	if end >= len(t.doc) || t.doc[end] != '>' || string(t.doc[begin:end]) != string(name) {
		return 0
	}
	return end + 1
}

// skimStart reads the start tag at offset and returns its end, 0 to leave it. An element
// that must declare what it uses is read to its end, if there is nothing but text in it:
// nothing can depend on what it declares.
func (t *Tokenizer) skimStart(offset int, s *Skim) int {
	if len(t.open) >= t.limits.Depth || t.elements >= t.limits.Elements {
		return 0
	}
	tag, known := t.find(&s.tags, offset)
	switch {
	case !known:
		edits := len(s.Edits)
		read, ok := t.skimTag(offset, s)
		if !ok {
			return 0
		}
		read.round, read.edits, read.edited, read.next = s.tags.round, int32(edits), int32(len(s.Edits)), tag.next
		*tag = read
	case len(t.open)+1 == s.Depth && s.watches(tag.local(t.doc)), t.attributes+int(tag.attributes) > t.limits.AllAttributes:
		return 0
	default:
		s.repeat(tag, offset)
	}
	next := offset + int(tag.size)
	if !tag.empty {
		next = t.skimInside(next, element{begin: int32(offset + 1), end: int32(offset) + int32(tag.name)}, tag.declares, s)
	}
	if next > 0 {
		t.elements++
		t.attributes += int(tag.attributes)
	}
	return next
}

// skimTag reads the start tag at offset alone; ok is false to leave it.
func (t *Tokenizer) skimTag(offset int, s *Skim) (tag plainTag, ok bool) {
	begin := offset + 1
	end, colon := t.skimName(begin)
	if end == 0 || end-offset > maxPlainName {
		return tag, false
	}
	local := begin
	if colon > 0 {
		local = colon + 1
	}
	if name := t.doc[local:end]; string(name) == s.Local || len(t.open)+1 == s.Depth && s.watches(name) {
		return tag, false
	}
	var u usage
	if !t.use(&u, begin, colon, s) {
		return tag, false
	}
	next := end
	s.attrs.count = 0
	if t.doc[end] == ' ' {
		if next = t.skimAttributes(end, &u, s); next == 0 {
			return tag, false
		}
	}
	if u.declares {
		s.declare(end, t.doc[u.prefix:u.colon], t.space.uri(u.declared))
	}
	if s.attrs.count > 0 {
		s.editAttributes(t.doc, end, next)
	}
	switch {
	case t.doc[next] == '>':
		next++
	case t.doc[next] == '/' && next+1 < len(t.doc) && t.doc[next+1] == '>':
		s.put("></", t.doc[begin:end], ">")
		s.edit(next, len("/>"))
		next += len("/>")
		tag.empty = true
	default:
		return tag, false
	}
	tag.begin, tag.size = int32(offset), int32(next-offset)
	tag.prefix, tag.name = int16(local-offset), int16(end-offset)
	tag.attributes, tag.declares = uint8(s.attrs.count), u.declares
	return tag, true
}

// skimInside reads on behind a start tag: to the end of the element if it holds nothing but
// text, as most do, and else no further. It returns 0 if that must not be.
func (t *Tokenizer) skimInside(from int, e element, mustBeLeaf bool, s *Skim) int {
	edits := len(s.Edits)
	if text := t.skimText(from, s); text >= 0 && text+1 < len(t.doc) && t.doc[text+1] == '/' {
		if end := t.endOf(text, t.doc[e.begin:e.end]); end > 0 {
			return end
		}
	}
	if mustBeLeaf {
		return 0
	}
	s.Edits = s.Edits[:edits]
	e.bindings, e.skimmed = int32(len(t.space.bindings)), true
	t.open = append(t.open, e)
	return from
}

// declare declares a prefix in the tag whose name ends there.
func (s *Skim) declare(at int, prefix, uri []byte) {
	s.put(" xmlns:", prefix, `="`)
	s.put("", uri, `"`)
	s.edit(at, 0)
}

func (s *Skim) watches(local []byte) bool {
	for _, name := range s.Watched {
		if string(local) == name {
			return true
		}
	}
	return false
}

func (s *Skim) rendered(id PrefixID) []byte {
	if int(id) < len(s.Rendered) {
		return s.Rendered[id]
	}
	return nil
}

// A usage is the one prefix that a tag must declare in canonical form, if it must.
type usage struct {
	declares      bool
	declared      PrefixID
	prefix, colon int // where it stands
}

// use reports whether a name in a tag may use its prefix, from begin to the colon, which is
// 0 without one: it is declared, and need not be in canonical form, or can be. The prefix
// xml never may: its attributes are inherited.
func (t *Tokenizer) use(u *usage, begin, colon int, s *Skim) bool {
	if colon == 0 {
		return s.defaultSettled
	}
	id, known := t.space.find(t.doc[begin:colon])
	if !known || id == XML || t.space.prefixes[id].top == unbound {
		return false
	}
	if !s.Declares || u.declares && u.declared == id {
		return true
	}
	uri := t.space.uri(id)
	if bytes.Equal(uri, s.rendered(id)) {
		return true
	}
	if u.declares || bytes.ContainsAny(uri, "&<\"\t\n\r") {
		return false
	}
	*u = usage{declares: true, declared: id, prefix: begin, colon: colon}
	return true
}

// skimName reads a QName in ASCII and returns its end, 0 to leave it, and where its
// colon is, 0 without one. A byte follows it.
func (t *Tokenizer) skimName(begin int) (end, colon int) {
	doc := t.doc
	if begin >= len(doc) || classes[doc[begin]]&nameStart == 0 {
		return 0, 0
	}
	end = t.stop(stopsName, begin)
	if end < len(doc) && doc[end] == ':' {
		colon = end
		if colon+1 >= len(doc) || classes[doc[colon+1]]&nameStart == 0 {
			return 0, 0
		}
		end = t.stop(stopsName, colon+1)
	}
	if end >= len(doc) || end-begin > t.limits.Name || doc[end] == ':' || doc[end] >= 0x80 {
		return 0, 0
	}
	return end, colon
}
