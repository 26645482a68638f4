package c14n

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"turnkey-gateway/verifier/xmltext"
)

// Options say which canonical form is meant.
type Options struct {
	Method   Method
	Comments bool

	// PrefixList names the prefixes that Exclusive treats as inclusive methods do;
	// "#default" is the default namespace. Other methods ignore it.
	PrefixList []string

	// Types has Exclusive fail where it leaves out what the type of an element depends
	// on: the declaration of the prefix of an xsi:type, which is no visible use of it.
	Types bool
}

// A Canonicalizer writes the canonical form of the tokens it is given, from the first
// start tag to the end of that element, and the instructions and comments around the
// root. The zero Canonicalizer must be Reset before use.
type Canonicalizer struct {
	w       io.Writer
	opts    Options
	err     error // the first of w
	untyped error // the first of checkType
	out     []byte
	most    int // of out, before it is handed on
	written int64
	depth   int // open elements that were written, skimmed ones aside
	skipped int // open elements that were not, inside one that Leave left out

	// Exclusive only: what the innermost written element has rendered for each prefix,
	// and how to get back to what the elements around it had.
	rendered [][]byte // by prefix
	undo     []change

	scope []xmltext.Declaration // namespace nodes of the current tag
	attrs []xmltext.Attr        // attributes of an apex
}

type change struct {
	id    xmltext.PrefixID
	uri   []byte
	depth int
}

const (
	chunk = 16 << 10  // how much output is gathered before it is handed on
	kept  = 256 << 10 // the largest buffer that is kept for the next document
)

// Reset makes c write to w.
func (c *Canonicalizer) Reset(w io.Writer, opts Options) {
	c.w, c.opts, c.err, c.untyped = w, opts, nil, nil
	c.out, c.most, c.written = c.out[:0], chunk, 0
	c.depth, c.skipped = 0, 0
	c.rendered, c.undo, c.scope, c.attrs = c.rendered[:0], c.undo[:0], c.scope[:0], c.attrs[:0]
}

// Hold makes c hand nothing on of a canonical form that is no longer than most bytes. What
// is longer goes to w as ever.
func (c *Canonicalizer) Hold(most int) { c.most = max(most, chunk) }

// Held returns the canonical form if none of it was handed on. It is good until Reset or
// Release.
func (c *Canonicalizer) Held() (octets []byte, all bool) {
	return c.out, c.written == 0 && c.err == nil && c.untyped == nil
}

// Release lets go of the document and the writer, so that c can be kept.
func (c *Canonicalizer) Release() {
	c.Reset(nil, Options{})
	if cap(c.out) > kept {
		c.out = nil
	}
	c.rendered = xmltext.Forget(c.rendered)
	c.undo = xmltext.Forget(c.undo)
	c.scope = xmltext.Forget(c.scope)
	c.attrs = xmltext.Forget(c.attrs)
}

// Written returns how many bytes of canonical form there are so far.
func (c *Canonicalizer) Written() int64 { return c.written + int64(len(c.out)) }

// Close hands on what is left and returns the writer's first error, else why the form says
// too little. The writer's comes first wherever it is met: where that is hangs on how much was
// handed on at once.
func (c *Canonicalizer) Close() error {
	c.flush()
	if c.err == nil {
		return c.untyped
	}
	return c.err
}

// full hands on what there is if it is enough.
func (c *Canonicalizer) full() {
	if len(c.out) >= c.most {
		c.most = chunk
		c.flush()
	}
}

func (c *Canonicalizer) flush() {
	if c.err == nil && len(c.out) > 0 {
		_, c.err = c.w.Write(c.out)
	}
	c.written += int64(len(c.out))
	c.out = c.out[:0]
}

// Leave takes the current start tag of t and leaves that element out. It is to be called
// only where the elements around it are written.
func (c *Canonicalizer) Leave() { c.skipped++ }

// Skim has t read on over what is canonical as it stands but for a few edits, and takes
// that over, see [xmltext.Tokenizer.Skim]; s says which tags to leave. It reports whether
// there was any.
func (c *Canonicalizer) Skim(t *xmltext.Tokenizer, s *xmltext.Skim) bool {
	if c.skipped > 0 || c.depth == 0 {
		return false
	}
	// Where nothing is written any more nothing needs be declared.
	s.Declares, s.Rendered = c.opts.Method == Exclusive && c.err == nil, c.rendered
	begin, finish := t.Skim(s)
	s.Rendered = nil
	if begin == finish {
		return false
	}
	if c.err != nil {
		return true
	}
	for i := range s.Edits {
		e := &s.Edits[i]
		c.verbatim(t.Slice(begin, e.At))
		c.out = append(c.out, s.Text(e)...)
		c.full()
		begin = e.At + e.Skip
	}
	c.verbatim(t.Slice(begin, finish))
	return true
}

// direct is from which length on input is handed on where it is.
const direct = 512

func (c *Canonicalizer) verbatim(b []byte) {
	if len(b) < direct || c.most > chunk {
		c.out = append(c.out, b...)
		c.full()
		return
	}
	c.flush()
	if c.err == nil {
		_, c.err = c.w.Write(b)
	}
	c.written += int64(len(b))
}

// Token takes the current token of t.
func (c *Canonicalizer) Token(t *xmltext.Tokenizer) {
	if c.err != nil {
		return // the rest would be for nothing
	}
	if c.skipped > 0 {
		switch t.Kind {
		case xmltext.Start:
			c.skipped++
		case xmltext.End:
			c.skipped--
		}
		return
	}
	switch t.Kind {
	case xmltext.Start:
		c.start(t)
	case xmltext.End:
		c.end(t)
	case xmltext.Text:
		c.text(t, appendText)
	case xmltext.CDATA:
		c.text(t, appendCDATA)
	case xmltext.Comment:
		if c.opts.Comments {
			c.apart(t, "<!--", nil, t.Data, "-->")
		}
	case xmltext.Instruction:
		c.apart(t, "<?", t.QName, t.Data, "?>")
	}
	c.full()
}

// text writes character data, a long one in pieces: escaped it may be four times as long.
func (c *Canonicalizer) text(t *xmltext.Tokenizer, escape func(dst, raw []byte) []byte) {
	if t.Clean {
		c.verbatim(t.Data)
		return
	}
	for raw := t.Data; len(raw) > 0; {
		size := pieceOf(raw)
		c.out = escape(c.out, raw[:size])
		raw = raw[size:]
		c.full()
	}
}

// pieceOf returns the length of the start of raw, about a chunk, that cuts neither a
// reference nor a line end.
func pieceOf(raw []byte) int {
	if len(raw) <= chunk {
		return len(raw)
	}
	size := chunk
	if and := bytes.LastIndexByte(raw[size-xmltext.MaxReference:size], '&'); and >= 0 {
		size += and - xmltext.MaxReference
	}
	if raw[size-1] == '\r' {
		size--
	}
	return size
}

// apart writes a comment or an instruction; outside the root each has a line of its own
// (Canonical XML, 2.3).
func (c *Canonicalizer) apart(t *xmltext.Tokenizer, open string, target, data []byte, end string) {
	outside := c.depth == 0
	if outside && t.Rooted() {
		c.out = append(c.out, '\n')
	}
	c.out = append(c.out, open...)
	c.out = append(c.out, target...)
	if target != nil && len(data) > 0 {
		c.out = append(c.out, ' ')
	}
	c.out = xmltext.AppendLineEnds(c.out, data)
	c.out = append(c.out, end...)
	if outside && !t.Rooted() {
		c.out = append(c.out, '\n')
	}
}

func (c *Canonicalizer) start(t *xmltext.Tokenizer) {
	c.depth++
	c.out = append(c.out, '<')
	c.out = append(c.out, t.QName...)
	for _, d := range c.namespaceNodes(t) {
		c.namespace(d)
	}
	attrs := t.Attrs
	if c.depth == 1 && c.opts.Method != Exclusive {
		attrs = c.apexAttrs(t)
	}
	for i := range attrs {
		c.attribute(&attrs[i])
	}
	c.out = append(c.out, '>')
	if c.opts.Types && c.opts.Method == Exclusive {
		c.checkType(t)
	}
}

const instanceNamespace = "http://www.w3.org/2001/XMLSchema-instance"

// checkType has Close fail if what an xsi:type's prefix means is not what the form says.
func (c *Canonicalizer) checkType(t *xmltext.Tokenizer) {
	for i := range t.Attrs {
		a := &t.Attrs[i]
		if len(a.Name.Prefix) == 0 || !a.Name.Is(instanceNamespace, "type") {
			continue
		}
		prefix, _, found := bytes.Cut(bytes.TrimLeft(a.Value(), " \t\r\n"), []byte(":"))
		if !found {
			prefix = nil
		}
		var rendered []byte
		id, declared := t.Prefix(prefix)
		if int(id) < len(c.rendered) {
			rendered = c.rendered[id]
		}
		if declared && id != xmltext.XML && !bytes.Equal(t.Namespace(id), rendered) && c.untyped == nil {
			c.untyped = fmt.Errorf("the type of <%s> depends on the namespace of prefix %q, which the canonical form leaves out: put it on the PrefixList", t.QName, prefix)
		}
	}
}

func (c *Canonicalizer) end(t *xmltext.Tokenizer) {
	c.out = append(c.out, "</"...)
	c.out = append(c.out, t.QName...)
	c.out = append(c.out, '>')
	if t.Skimmed {
		return
	}
	for n := len(c.undo); n > 0 && c.undo[n-1].depth == c.depth; n-- {
		c.rendered[c.undo[n-1].id] = c.undo[n-1].uri
		c.undo = c.undo[:n-1]
	}
	c.depth--
}

func (c *Canonicalizer) namespace(d xmltext.Declaration) {
	c.out = append(c.out, " xmlns"...)
	if len(d.Prefix) > 0 {
		c.out = append(c.out, ':')
		c.out = append(c.out, d.Prefix...)
	}
	c.out = append(c.out, `="`...)
	c.out = appendEscapedValue(c.out, d.Namespace)
	c.out = append(c.out, '"')
}

func (c *Canonicalizer) attribute(a *xmltext.Attr) {
	c.out = append(c.out, ' ')
	if len(a.Name.Prefix) > 0 {
		c.out = append(c.out, a.Name.Prefix...)
		c.out = append(c.out, ':')
	}
	c.out = append(c.out, a.Name.Local...)
	c.out = append(c.out, `="`...)
	if a.Clean {
		c.out = append(c.out, a.Raw...)
	} else {
		c.out = appendValue(c.out, a.Raw)
	}
	c.out = append(c.out, '"')
}

// namespaceNodes returns the declarations that the current start tag gets, in order.
func (c *Canonicalizer) namespaceNodes(t *xmltext.Tokenizer) []xmltext.Declaration {
	c.scope = c.scope[:0]
	switch {
	case c.opts.Method == Exclusive:
		c.exclusiveNodes(t)
	case c.depth == 1:
		t.InScope(func(d xmltext.Declaration) { c.scope = append(c.scope, d) })
	default:
		c.inclusiveNodes(t)
		return c.scope // t.Declarations are in order
	}
	if len(c.scope) > 1 {
		slices.SortFunc(c.scope, func(a, b xmltext.Declaration) int { return bytes.Compare(a.Prefix, b.Prefix) })
	}
	return c.scope
}

// inclusiveNodes keeps of the tag's declarations those that change something: the
// element around it is written too, with all its namespaces (Canonical XML, 2.3; xmlns=""
// counts only where a default namespace is undeclared by it).
func (c *Canonicalizer) inclusiveNodes(t *xmltext.Tokenizer) {
	for _, d := range t.Declarations {
		if d.ID != xmltext.XML && !bytes.Equal(d.Namespace, d.Shadowed) {
			c.scope = append(c.scope, d)
		}
	}
}

// exclusiveNodes renders the prefixes that the tag visibly utilises (Exclusive XML
// Canonicalization, 3), and those on the PrefixList wherever their binding may have
// changed: at the apex and where they are declared.
func (c *Canonicalizer) exclusiveNodes(t *xmltext.Tokenizer) {
	c.render(t, t.Name.ID, t.Name.Prefix)
	for i := range t.Attrs {
		if n := &t.Attrs[i].Name; len(n.Prefix) > 0 && n.ID != xmltext.XML {
			c.render(t, n.ID, n.Prefix)
		}
	}
	if len(c.opts.PrefixList) == 0 {
		return
	}
	if c.depth == 1 {
		t.InScope(func(d xmltext.Declaration) { c.renderListed(t, d) })
		return
	}
	for _, d := range t.Declarations {
		c.renderListed(t, d)
	}
}

func (c *Canonicalizer) renderListed(t *xmltext.Tokenizer, d xmltext.Declaration) {
	name := string(d.Prefix)
	if d.ID == xmltext.Default {
		name = "#default"
	}
	if d.ID != xmltext.XML && slices.Contains(c.opts.PrefixList, name) {
		c.render(t, d.ID, d.Prefix)
	}
}

func (c *Canonicalizer) render(t *xmltext.Tokenizer, id xmltext.PrefixID, prefix []byte) {
	if id == xmltext.XML {
		return
	}
	for int(id) >= len(c.rendered) {
		c.rendered = append(c.rendered, nil)
	}
	uri := t.Namespace(id)
	before := c.rendered[id]
	if bytes.Equal(uri, before) {
		return
	}
	c.rendered[id] = uri
	c.undo = append(c.undo, change{id: id, uri: before, depth: c.depth})
	c.scope = append(c.scope, xmltext.Declaration{Prefix: prefix, ID: id, Namespace: uri})
}
