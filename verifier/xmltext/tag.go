package xmltext

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// scanName reads a QName (Namespaces in XML 1.0, production 7) at offset and returns
// its end and where its colon is, -1 without one.
func (t *Tokenizer) scanName(offset int) (end, colon int, err *Error) {
	doc := t.doc
	colon = -1
	first := true // the next character begins the prefix or the local part
	i := offset
	for i < len(doc) {
		c := doc[i]
		size := 1
		switch {
		case classes[c]&nameStart != 0:
		case classes[c]&nameChar != 0:
			if first {
				return 0, 0, t.fail(i, "a name begins with %q", c)
			}
		case c == ':':
			if first || colon >= 0 {
				return 0, 0, t.fail(i, "a colon out of place in a name")
			}
			colon = i
		case c >= utf8.RuneSelf:
			var r rune
			r, size = utf8.DecodeRune(doc[i:])
			if r == utf8.RuneError && size <= 1 {
				return 0, 0, t.badChar(i)
			}
			if !isNameChar(r) || first && !isNameStart(r) {
				return 0, 0, t.fail(i, "character %+q has no place here in a name", r)
			}
		default:
			if first {
				return 0, 0, t.nameMissing(i)
			}
			return t.checkName(offset, i, colon)
		}
		first = c == ':'
		i += size
	}
	return 0, 0, t.fail(offset, "the document ends inside a name")
}

func (t *Tokenizer) nameMissing(i int) *Error {
	if classes[t.doc[i]]&space == 0 && t.doc[i] < ' ' {
		return t.badChar(i)
	}
	return t.fail(i, "a name is expected, not %q", t.doc[i])
}

func (t *Tokenizer) checkName(offset, end, colon int) (int, int, *Error) {
	if end-offset > t.limits.Name {
		return 0, 0, t.tooLarge(offset, "a name is longer than %d bytes", t.limits.Name)
	}
	return end, colon, nil
}

func (t *Tokenizer) skipSpace(i int) int {
	for i < len(t.doc) && isSpace(t.doc[i]) {
		i++
	}
	return i
}

// startTag reads a start tag or an empty-element tag.
func (t *Tokenizer) startTag() (Kind, *Error) {
	begin := t.pos + 1
	end, colon, err := t.scanName(begin)
	if err != nil {
		return EOF, err
	}
	if len(t.open) == 0 && t.rooted {
		return EOF, t.fail(t.pos, "a second root element")
	}
	t.rooted = true
	if t.elements++; t.elements > t.limits.Elements {
		return EOF, t.tooLarge(t.pos, "there are more than %d elements", t.limits.Elements)
	}
	if len(t.open) >= t.limits.Depth {
		return EOF, t.tooLarge(t.pos, "elements nest deeper than %d", t.limits.Depth)
	}
	t.open = append(t.open, element{begin: int32(begin), end: int32(end), bindings: int32(len(t.space.bindings))})
	t.QName = t.doc[begin:end]
	t.Name.Prefix, t.Name.Local = split(t.QName, colon-begin)
	t.Attrs, t.Declarations = t.Attrs[:0], t.Declarations[:0]
	if err := t.attributeList(end); err != nil {
		return EOF, err
	}
	return Start, t.resolve()
}

// split parts a QName at its colon, which is negative where there is none.
func split(qname []byte, colon int) (prefix, local []byte) {
	if colon < 0 {
		return nil, qname
	}
	return qname[:colon], qname[colon+1:]
}

// attributeList reads attributes and the end of the tag. Declarations take effect as
// they are met; the names of attributes are resolved afterwards.
func (t *Tokenizer) attributeList(i int) *Error {
	for {
		after := t.skipSpace(i)
		if after >= len(t.doc) {
			return t.fail(t.pos, "the document ends inside tag <%s", t.QName)
		}
		switch t.doc[after] {
		case '>':
			t.pos, t.Finish = after+1, after+1
			return nil
		case '/':
			if after+1 >= len(t.doc) || t.doc[after+1] != '>' {
				return t.fail(after, "/ inside tag <%s is not followed by >", t.QName)
			}
			t.pos, t.Finish = after+2, after+2
			t.emptyTag = true
			return nil
		}
		if after == i {
			return t.fail(i, "white space is missing before an attribute of <%s>", t.QName)
		}
		var err *Error
		if i, err = t.attribute(after); err != nil {
			return err
		}
	}
}

// attribute reads one attribute at offset and returns its end.
func (t *Tokenizer) attribute(offset int) (int, *Error) {
	end, colon, err := t.scanName(offset)
	if err != nil {
		return 0, err
	}
	i := t.skipSpace(end)
	if i >= len(t.doc) || t.doc[i] != '=' {
		return 0, t.fail(end, "attribute %s has no value", quote(t.doc[offset:end]))
	}
	i = t.skipSpace(i + 1)
	if i >= len(t.doc) || t.doc[i] != '"' && t.doc[i] != '\'' {
		return 0, t.fail(i, "the value of attribute %s is not quoted", quote(t.doc[offset:end]))
	}
	finish, clean, err := t.value(i)
	if err != nil {
		return 0, err
	}
	t.attributes++
	switch {
	case len(t.Attrs)+len(t.Declarations) >= t.limits.Attributes:
		return 0, t.tooLarge(offset, "a tag has more than %d attributes", t.limits.Attributes)
	case t.attributes > t.limits.AllAttributes:
		return 0, t.tooLarge(offset, "there are more than %d attributes", t.limits.AllAttributes)
	}
	prefix, local := split(t.doc[offset:end], colon-offset)
	raw := t.doc[i+1 : finish]
	switch {
	case colon < 0 && string(local) == "xmlns":
		err = t.declare(nil, raw, clean, offset)
	case string(prefix) == "xmlns":
		err = t.declare(local, raw, clean, offset)
	default:
		t.Attrs = append(t.Attrs, Attr{Name: Name{Prefix: prefix, Local: local}, Raw: raw, Clean: clean,
			Offset: offset, depth: int32(len(t.open))})
	}
	return finish + 1, err
}

// value checks an attribute value, whose opening quote is at offset, and returns where
// its closing quote is.
func (t *Tokenizer) value(offset int) (end int, clean bool, err *Error) {
	doc, mark := t.doc, t.doc[offset]
	clean = true
	for i := offset + 1; i < len(doc); {
		c := doc[i]
		if classes[c]&valueStop == 0 {
			i++
			continue
		}
		switch {
		case c == mark:
			if i-offset-1 > t.limits.Value {
				return 0, false, t.tooLarge(offset, "an attribute value is longer than %d bytes", t.limits.Value)
			}
			return i, clean, nil
		case c >= utf8.RuneSelf:
			size := charSize(doc[i:])
			if size == 0 {
				return 0, false, t.badChar(i)
			}
			i += size
		case c == '&':
			_, size := Reference(doc[i:])
			if size == 0 {
				return 0, false, t.badReference(i)
			}
			clean = false
			i += size
		case c == '<':
			return 0, false, t.fail(i, "< in an attribute value: write &lt;")
		case c == '\'':
			i++
		case c == '"', c == '\t', c == '\n', c == '\r':
			clean = false
			i++
		default:
			return 0, false, t.badChar(i)
		}
	}
	return 0, false, t.fail(offset, "an attribute value is not ended")
}

// declare binds a prefix, empty for the default namespace, and checks the constraints
// of Namespaces in XML 1.0, section 3.
func (t *Tokenizer) declare(prefix, raw []byte, clean bool, offset int) *Error {
	uri := raw
	if !clean {
		// What was appended before stays good if the slice moves: it is never changed.
		from := len(t.values)
		t.values = AppendValue(t.values, raw)
		uri = t.values[from:len(t.values):len(t.values)]
	}
	switch {
	case string(prefix) == "xmlns", string(uri) == xmlnsNamespace:
		return t.fail(offset, "the prefix xmlns and its namespace may not be declared")
	case (string(prefix) == "xml") != (string(uri) == xmlNamespace):
		return t.fail(offset, "the prefix xml and its namespace belong to each other only")
	case len(prefix) > 0 && len(uri) == 0:
		return t.fail(offset, "the prefix %s is bound to no namespace", quote(prefix))
	case len(uri) > t.limits.Name:
		return t.tooLarge(offset, "a namespace name is longer than %d bytes", t.limits.Name)
	case len(t.space.bindings) > t.limits.Namespaces: // one of them is xml's
		return t.tooLarge(offset, "more than %d namespaces are in scope", t.limits.Namespaces)
	case len(uri) > 0 && t.relative == nil && !t.absoluteName(uri):
		t.relative = newError(t.doc, RelativeNamespace, offset, "the namespace name %s is no absolute URI", quote(uri))
	}
	id := t.space.add(prefix)
	outside := t.space.prefixes[id].top
	if outside != unbound && t.space.bindings[outside].depth == int32(len(t.open)) {
		return t.fail(offset, "the prefix %s is declared twice in one tag", quote(prefix))
	}
	t.Declarations = append(t.Declarations, Declaration{Prefix: prefix, ID: id, Namespace: uri, Shadowed: t.space.uri(id)})
	t.space.bind(id, uri, int32(len(t.open)))
	return nil
}

// absoluteName is isAbsolute, remembering: documents declare the same few namespaces over
// and over.
func (t *Tokenizer) absoluteName(uri []byte) bool {
	for _, known := range t.absolute {
		if bytes.Equal(known, uri) {
			return true
		}
	}
	if !isAbsolute(uri) {
		return false
	}
	copy(t.absolute[1:], t.absolute[:])
	t.absolute[0] = uri
	return true
}

// resolve gives the names of the current start tag their meaning, sorts what is to be
// sorted and refuses duplicates.
func (t *Tokenizer) resolve() *Error {
	if err := t.resolveName(&t.Name, t.Begin+1); err != nil {
		return err
	}
	for i := range t.Attrs {
		a := &t.Attrs[i]
		if len(a.Name.Prefix) == 0 {
			continue // in no namespace, whatever the default is (section 6.2)
		}
		if err := t.resolveName(&a.Name, a.Offset); err != nil {
			return err
		}
	}
	if len(t.Declarations) > 1 {
		sortFew(t.Declarations, func(a, b *Declaration) int { return bytes.Compare(a.Prefix, b.Prefix) })
	}
	if len(t.Attrs) > 1 {
		sortFew(t.Attrs, compareAttrs)
		for i := 1; i < len(t.Attrs); i++ {
			if a, b := &t.Attrs[i-1], &t.Attrs[i]; compareAttrs(a, b) == 0 {
				return t.fail(max(a.Offset, b.Offset), "attribute %s appears twice in one tag", quote(b.Name.Local))
			}
		}
	}
	return t.inherit()
}

// inherit keeps the tag's xml:* attributes for the elements in it.
func (t *Tokenizer) inherit() *Error {
	for i := range t.Attrs {
		if t.Attrs[i].Name.ID != XML {
			continue
		}
		if len(t.xml) >= t.limits.Namespaces {
			return t.tooLarge(t.Attrs[i].Offset, "more than %d xml:* attributes are in scope", t.limits.Namespaces)
		}
		t.xml = append(t.xml, t.Attrs[i])
	}
	return nil
}

func (t *Tokenizer) resolveName(n *Name, offset int) *Error {
	if len(n.Prefix) == 0 {
		n.ID, n.Namespace = Default, t.space.uri(Default)
		return nil
	}
	id, known := t.space.find(n.Prefix)
	if !known || t.space.prefixes[id].top == unbound {
		return t.fail(offset, "the prefix %s is not declared", quote(n.Prefix))
	}
	n.ID, n.Namespace = id, t.space.uri(id)
	return nil
}

func compareAttrs(a, b *Attr) int {
	if c := bytes.Compare(a.Name.Namespace, b.Name.Namespace); c != 0 {
		return c
	}
	return bytes.Compare(a.Name.Local, b.Name.Local)
}

// sortFew sorts in place, fastest where there are few or they are in order already.
func sortFew[T any](s []T, compare func(a, b *T) int) {
	if len(s) > 16 {
		sortMany(s, compare)
		return
	}
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && compare(&s[j-1], &s[j]) > 0; j-- {
			s[j-1], s[j] = s[j], s[j-1]
		}
	}
}

// sortMany sorts numbers instead of what they number, which is large, and moves each of
// that once.
func sortMany[T any](s []T, compare func(a, b *T) int) {
	order := make([]int, len(s))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return compare(&s[a], &s[b]) })
	sorted := make([]T, len(s))
	for i, from := range order {
		sorted[i] = s[from]
	}
	copy(s, sorted)
}

// endTag reads an end tag.
func (t *Tokenizer) endTag() (Kind, *Error) {
	begin := t.pos + len("</")
	if len(t.open) == 0 {
		return EOF, t.fail(t.pos, "an end tag without a start tag")
	}
	name := t.innermost()
	end := begin + len(name)
	// A longer name that begins alike is caught by the search for '>'.
	if !bytes.HasPrefix(t.doc[begin:], name) {
		return EOF, t.fail(t.pos, "an end tag for <%s> is expected here", name)
	}
	end = t.skipSpace(end)
	if end >= len(t.doc) {
		return EOF, t.fail(t.pos, "the document ends inside an end tag")
	}
	if t.doc[end] != '>' {
		return EOF, t.fail(t.pos, "an end tag for <%s> is expected here", name)
	}
	t.pos, t.Finish = end+1, end+1
	return t.close(), nil
}

// close ends the innermost element.
func (t *Tokenizer) close() Kind {
	top := t.open[len(t.open)-1]
	t.QName, t.Skimmed = t.doc[top.begin:top.end], top.skimmed
	for n := len(t.xml); n > 0 && t.xml[n-1].depth == int32(len(t.open)); n-- {
		t.xml = t.xml[:n-1]
	}
	t.open = t.open[:len(t.open)-1]
	t.space.unbind(int(top.bindings))
	return End
}
