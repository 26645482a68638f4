package xmltext

import "bytes"

// A Kind is the kind of a token.
type Kind uint8

const (
	EOF         Kind = iota // the document is over, and well-formed
	Start                   // a start tag, or an empty-element tag, which an End follows
	End                     // the end of an element
	Text                    // character data, references unexpanded
	CDATA                   // the inside of a CDATA section
	Comment                 // the inside of a comment
	Instruction             // a processing instruction
)

// A Name is an element's or an attribute's name, with what its prefix means there.
type Name struct {
	Prefix    []byte // as written; empty where there is none
	Local     []byte
	Namespace []byte   // empty: in no namespace
	ID        PrefixID // of Prefix
}

// Is reports whether n is the name {namespace}local.
func (n *Name) Is(namespace, local string) bool {
	return string(n.Local) == local && string(n.Namespace) == namespace
}

// An Attr is an attribute that is not a namespace declaration.
type Attr struct {
	Name   Name
	Raw    []byte // the value as written, between its quotes
	Clean  bool   // Raw is the value, and its canonical form
	Offset int    // of its name
	depth  int32  // of its element
}

// Value returns the attribute's value, a slice of the document where it can be.
func (a *Attr) Value() []byte {
	if a.Clean {
		return a.Raw
	}
	return AppendValue(nil, a.Raw)
}

// A Declaration is a namespace declaration.
type Declaration struct {
	Prefix    []byte // empty: the default namespace
	ID        PrefixID
	Namespace []byte // empty: xmlns=""
	Shadowed  []byte // what Prefix was bound to outside; nil where it wasn't
}

// A Tokenizer reads a document token by token. The fields describe the current token
// and what they refer to is good until the next; slices of the document stay good as
// long as the document does. The zero Tokenizer must be Reset before use.
type Tokenizer struct {
	Kind Kind

	// Begin and Finish bound the token's bytes, markup included.
	Begin, Finish int

	// Data is the raw content of Text, CDATA, Comment, and of an Instruction behind
	// its target and the white space that follows it.
	Data []byte

	// Clean says that Data of Text or CDATA is its own canonical form.
	Clean bool

	// QName is the name as written of Start and End, and the target of an Instruction.
	QName []byte

	// Skimmed says of an End that its start was read by Skim.
	Skimmed bool

	// Name is the resolved name of Start.
	Name Name

	// Attrs are those of Start, by namespace name and then local name, the order of
	// Canonical XML (2.3); no two have the same expanded name.
	Attrs []Attr

	// Declarations are those of Start, by prefix, the default namespace's first.
	Declarations []Declaration

	doc      []byte
	pos      int
	limits   Limits
	fragment bool // reading one element only

	space      namespaces
	open       []element
	xml        []Attr // xml:* attributes of open elements, outermost first
	values     []byte // namespace names that could not be slices of the document
	elements   int
	attributes int
	rooted     bool      // the root was met
	emptyTag   bool      // an End is due
	relative   *Error    // the first relative namespace name, told at the end
	absolute   [4][]byte // namespace names of this document that are absolute URIs, the latest first

	chart *chart // what Skim sees of the document; made when it is first called
}

// An element is an open one.
type element struct {
	begin, end int32 // its QName in the document
	bindings   int32 // how many there were outside it
	skimmed    bool  // its start tag was read by Skim
}

// Reset makes t read doc from its start. It must not change while t is in use.
func (t *Tokenizer) Reset(doc []byte, limits Limits) {
	t.begin(doc, 0, limits)
	t.space.reset()
}

func (t *Tokenizer) begin(doc []byte, offset int, limits Limits) {
	t.doc, t.pos, t.limits, t.fragment = doc, offset, limits.WithDefaults(), false
	t.Kind, t.Begin, t.Finish = EOF, 0, offset
	t.Attrs, t.Declarations = t.Attrs[:0], t.Declarations[:0]
	t.open, t.xml, t.values = t.open[:0], t.xml[:0], t.values[:0]
	t.elements, t.attributes = 0, 0
	t.rooted, t.emptyTag, t.relative = false, false, nil
	clear(t.absolute[:]) // the bytes may be others now
	if t.chart != nil {
		t.chart.size = 0 // it is of another document
	}
}

// Release lets go of the document, so that t can be kept without keeping it.
func (t *Tokenizer) Release() {
	t.doc, t.Data, t.QName, t.Name = nil, nil, nil, Name{}
	clear(t.absolute[:])
	t.Attrs = Forget(t.Attrs)
	t.Declarations = Forget(t.Declarations)
	t.xml = Forget(t.xml)
	t.space.bindings = Forget(t.space.bindings)
	t.space.prefixes = Forget(t.space.prefixes)
	t.space.index = nil
	t.values = Shed(t.values)
}

// Forget empties a slice that is to be used again, so that it keeps nothing alive. One that
// grew large it drops, since emptying that would cost the next document too.
func Forget[T any](s []T) []T {
	if cap(s) > 16 {
		return nil
	}
	clear(s[:cap(s)])
	return s[:0]
}

// Shed is Forget for bytes, which keep nothing alive: it drops a buffer that a rare document
// made large.
func Shed(b []byte) []byte {
	const most = 64 << 10
	if cap(b) > most {
		return nil
	}
	return b[:0]
}

// Slice returns a part of the document.
func (t *Tokenizer) Slice(begin, finish int) []byte { return t.doc[begin:finish] }

// Depth is how many elements are open: at Start and End, those around the element and
// itself.
func (t *Tokenizer) Depth() int {
	if t.Kind == End {
		return len(t.open) + 1
	}
	return len(t.open)
}

// Rooted reports whether the root was met: at depth 0, whether it is behind.
func (t *Tokenizer) Rooted() bool { return t.rooted }

// InScope calls yield for every prefix bound at the current token, in no order; a
// default namespace that was undeclared is none. The prefix xml is left out.
func (t *Tokenizer) InScope(yield func(Declaration)) {
	for id := range t.space.prefixes {
		uri := t.space.uri(PrefixID(id))
		if PrefixID(id) != XML && len(uri) > 0 {
			yield(Declaration{Prefix: t.space.prefixes[id].name, ID: PrefixID(id), Namespace: uri})
		}
	}
}

// Namespace returns what a prefix is bound to at the current token; nil where it isn't.
func (t *Tokenizer) Namespace(id PrefixID) []byte { return t.space.uri(id) }

// Prefix returns the number of a prefix; ok is false where it was never declared.
func (t *Tokenizer) Prefix(name []byte) (id PrefixID, ok bool) { return t.space.find(name) }

// Inherited returns the xml:* attributes of the elements around the current Start,
// outermost first.
func (t *Tokenizer) Inherited() []Attr {
	n := len(t.xml)
	for n > 0 && t.xml[n-1].depth == int32(len(t.open)) {
		n--
	}
	return t.xml[:n]
}

// Next reads the next token and returns its kind. An error is an [*Error]; after one,
// or after EOF, it must not be called again.
func (t *Tokenizer) Next() (Kind, error) {
	kind, err := t.next()
	if err != nil {
		// Not err itself: a nil *Error in an error would not be nil.
		return EOF, err
	}
	t.Kind = kind
	return kind, nil
}

func (t *Tokenizer) next() (Kind, *Error) {
	if t.emptyTag {
		t.emptyTag = false
		t.Begin = t.Finish
		return t.close(), nil
	}
	if t.pos == 0 && !t.fragment {
		if err := t.prolog(); err != nil {
			return EOF, err
		}
	}
	t.Begin = t.pos
	if len(t.open) == 0 {
		return t.outside()
	}
	if t.pos >= len(t.doc) {
		return EOF, t.fail(t.pos, "the document ends inside <%s>", t.innermost())
	}
	if t.doc[t.pos] != '<' {
		return t.text()
	}
	return t.markup()
}

// outside reads what may stand before and after the root: instructions, comments and
// white space (XML 1.0, productions 22 and 27).
func (t *Tokenizer) outside() (Kind, *Error) {
	if t.fragment && t.rooted {
		return EOF, nil
	}
	for t.pos < len(t.doc) && isSpace(t.doc[t.pos]) {
		t.pos++
	}
	t.Begin = t.pos
	if t.pos >= len(t.doc) {
		if !t.rooted {
			return EOF, t.fail(t.pos, "the document has no root element")
		}
		if t.relative != nil {
			return EOF, t.relative
		}
		return EOF, nil
	}
	if t.doc[t.pos] != '<' {
		if t.rooted {
			return EOF, t.fail(t.pos, "text after the root element")
		}
		return EOF, t.fail(t.pos, "text before the root element")
	}
	return t.markup()
}

// markup reads the token that starts with the '<' at pos.
func (t *Tokenizer) markup() (Kind, *Error) {
	rest := t.doc[t.pos:]
	if len(rest) < 2 {
		return EOF, t.fail(t.pos, "the document ends inside a tag")
	}
	switch rest[1] {
	case '/':
		return t.endTag()
	case '?':
		return t.instruction()
	case '!':
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			return t.comment()
		case bytes.HasPrefix(rest, []byte("<![CDATA[")) && len(t.open) > 0:
			return t.cdata()
		case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
			return EOF, newError(t.doc, Forbidden, t.pos, "a document type declaration (DOCTYPE) is not allowed")
		}
		return EOF, t.fail(t.pos, "<! begins neither a comment nor, inside the root, a CDATA section")
	}
	return t.startTag()
}

func (t *Tokenizer) innermost() []byte {
	top := t.open[len(t.open)-1]
	return t.doc[top.begin:top.end]
}

func (t *Tokenizer) fail(offset int, format string, args ...any) *Error {
	return newError(t.doc, Malformed, offset, format, args...)
}

func (t *Tokenizer) tooLarge(offset int, format string, args ...any) *Error {
	return newError(t.doc, TooLarge, offset, format, args...)
}

// badChar is the error for the byte at offset, which begins no legal character.
func (t *Tokenizer) badChar(offset int) *Error {
	c := t.doc[offset]
	if c < 0x80 {
		return t.fail(offset, "character U+%04X is not allowed in XML", c)
	}
	if r := bytes.Runes(t.doc[offset:min(len(t.doc), offset+3)]); len(r) == 1 && (r[0] == 0xFFFE || r[0] == 0xFFFF) {
		return t.fail(offset, "character U+%04X is not allowed in XML", r[0])
	}
	return t.fail(offset, "byte 0x%02X begins no valid UTF-8 character", c)
}
