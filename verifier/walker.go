package verifier

import (
	"slices"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// A walker reads elements by a fixed grammar. Each of its methods begins at an element's
// start tag and, unless it says otherwise, ends at that element's end tag. What is not
// in the grammar is refused, and reading goes on, so that the rest of the document is
// still found to be well-formed or not.
type walker struct {
	t      *xmltext.Tokenizer
	next   func() xmltext.Kind
	refuse func(reason Reason, offset int, format string, args ...any)
	offset func() int // in the document, of the current token

	scratch []byte // of text
}

func (w *walker) violation(format string, args ...any) {
	w.refuse(ProfileViolation, w.offset(), format, args...)
}

// child goes to the next child's start tag; at the end of the element whose children
// these are it returns false. Nothing but white space may stand between them.
func (w *walker) child() bool {
	for {
		switch w.next() {
		case xmltext.Start:
			return true
		case xmltext.End, xmltext.EOF:
			return false
		case xmltext.Text:
			if !xmltext.Blank(w.t.Data) {
				w.violation("text between the elements of the Signature")
			}
		default:
			w.violation("a comment, CDATA section or processing instruction in the Signature")
		}
	}
}

// is reports whether the current start tag is that of an element of XML Signature.
func (w *walker) is(local string) bool { return w.t.Name.Is(c14n.SignatureNamespace, local) }

// skip goes to the end of the current element, refusing what may not stand anywhere in a
// Signature unless lax.
func (w *walker) skip(lax bool) { w.skipEach(lax, func() {}) }

// skipEach is skip, and calls started at each start tag inside.
func (w *walker) skipEach(lax bool, started func()) {
	for depth := 1; depth > 0; {
		switch w.next() {
		case xmltext.Start:
			depth++
			started()
		case xmltext.End:
			depth--
		case xmltext.EOF:
			return
		case xmltext.Text:
		default:
			if !lax {
				w.violation("a comment, CDATA section or processing instruction in the Signature")
			}
		}
	}
}

// unexpected refuses the current element and skips it.
func (w *walker) unexpected(in string) {
	w.violation("element %s is unknown, out of order or there twice in %s", asciiQuote(string(w.t.QName)), in)
	w.skip(true)
}

// empty refuses children and text of the current element.
func (w *walker) empty(name string) {
	for w.child() {
		w.unexpected(name)
	}
}

// text returns the text of the current element, which has no children. Longer than most
// bytes, as written, it is refused. It is good until text is called again.
func (w *walker) text(name string, most int) []byte {
	w.scratch = w.scratch[:0]
	size := 0
	for {
		switch w.next() {
		case xmltext.End, xmltext.EOF:
			return w.scratch
		case xmltext.Text:
			if size += len(w.t.Data); size > most {
				w.violation("%s is longer than %d bytes", name, most)
				continue
			}
			w.scratch = xmltext.AppendText(w.scratch, w.t.Data)
		case xmltext.Start:
			w.unexpected(name)
		default:
			w.violation("a comment, CDATA section or processing instruction in %s", name)
		}
	}
}

// attributes returns the values of the named attributes of the current start tag and
// which of them are there, and refuses all others.
func (w *walker) attributes(element string, names ...string) (values [3][]byte, there [3]bool) {
	for i := range w.t.Attrs {
		a := &w.t.Attrs[i]
		at := slices.IndexFunc(names, func(name string) bool { return name == string(a.Name.Local) })
		if len(a.Name.Prefix) > 0 || at < 0 {
			w.violation("attribute %s is unknown on %s", asciiQuote(string(a.Name.Local)), element)
			continue
		}
		values[at], there[at] = a.Value(), true
	}
	return values, there
}

// algorithm returns the Algorithm of the current start tag.
func (w *walker) algorithm(element string) []byte {
	values, there := w.attributes(element, "Algorithm")
	if !there[0] {
		w.violation("%s has no Algorithm", element)
	}
	return values[0]
}
