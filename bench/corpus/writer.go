package corpus

import (
	"strings"
)

// A writer writes elements one a line in a party's style. It is not for documents that
// others made: nothing here reads or rewrites XML.
type writer struct {
	buf   []byte
	style style
	depth int
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// open starts an element; tag may go on with attributes.
func (w *writer) open(tag string) {
	w.line()
	w.put("<", tag, ">")
	w.depth++
}

// leaf writes an element that holds text only; tag may go on with attributes.
func (w *writer) leaf(tag, text string) {
	w.line()
	name, _, _ := strings.Cut(tag, " ")
	w.put("<", tag, ">", escape.Replace(text), "</", name, ">")
}

// close ends the element that open started.
func (w *writer) close(name string) {
	w.depth--
	w.line()
	w.put("</", name, ">")
}

// line ends the line before, unless nothing was written yet, and indents.
func (w *writer) line() {
	if len(w.buf) > 0 && string(w.buf) != byteOrderMark {
		w.put(w.style.eol)
	}
	for range w.depth {
		w.put(w.style.indent)
	}
}

func (w *writer) put(parts ...string) {
	for _, part := range parts {
		w.buf = append(w.buf, part...)
	}
}

const byteOrderMark = "\ufeff"
