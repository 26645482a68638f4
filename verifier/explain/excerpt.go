package explain

import (
	"bytes"
	"crypto"
	"errors"
	"hash"
	"io"
	"unicode/utf8"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// An Excerpt shows bytes that were digested, shortened and escaped: \n, \r and \t can be
// told from blanks, and nothing in it is invisible.
type Excerpt struct {
	Name  string `json:"name"`  // of a file to write the bytes to, "reference-1.xml"
	Bytes int    `json:"bytes"` // how many there are
	Head  string `json:"head"`
	Tail  string `json:"tail"` // the end, where Head is not all

	write func(io.Writer) error
}

// WriteTo writes the bytes themselves, whole. They are made anew: the document must not
// have been changed.
func (x *Excerpt) WriteTo(w io.Writer) (int64, error) {
	n := counting{w: w}
	err := x.write(&n)
	return n.n, err
}

type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

const (
	// excerptEnd is how many bytes of each end an excerpt shows.
	excerptEnd = 120

	// maxWork bounds the bytes read and written, all in all, to recompute what is shown.
	// Past it the rest is left out: no honest message comes near.
	maxWork = 256 << 20

	// Exclusive canonicalisation may make a form hundreds of times as long as the
	// document: so many times its length, and so many bytes more, are made.
	maxExpansion = 8
	freeBytes    = 64 << 10
)

var (
	errWork      = errors.New("too much would have to be recomputed")
	errExpansion = errors.New("the canonical form is many times as long as the document")
	errNoID      = errors.New("no element of this document has that Id")
)

// A capture digests what is written, and keeps both ends of it.
type capture struct {
	h    hash.Hash // nil: nothing is digested
	head []byte
	tail []byte // the last bytes; excerptEnd of them count
	n    int
	most int
}

func (c *capture) Write(p []byte) (int, error) {
	if len(p) > c.most-c.n {
		return 0, errExpansion
	}
	c.n += len(p)
	if c.h != nil {
		c.h.Write(p)
	}
	if room := 2*excerptEnd - len(c.head); room > 0 {
		c.head = append(c.head, p[:min(room, len(p))]...)
	}
	if len(p) >= excerptEnd {
		c.tail = append(c.tail[:0], p[len(p)-excerptEnd:]...)
	} else if c.tail = append(c.tail, p...); len(c.tail) > excerptEnd {
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-excerptEnd:]...)
	}
	return len(p), nil
}

// excerpt shows what was captured, of which write writes all.
func (c *capture) excerpt(name string, write func(io.Writer) error) *Excerpt {
	x := &Excerpt{Name: name, Bytes: c.n, write: write}
	if c.n <= 2*excerptEnd {
		x.Head = escape(string(c.head))
		return x
	}
	head, tail := c.head[:excerptEnd], c.tail
	for len(head) > 0 && !utf8.Valid(head) {
		head = head[:len(head)-1]
	}
	for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	x.Head, x.Tail = escape(string(head)), escape(string(tail))
	return x
}

// A scope is what a Reference covers, in a canonical form.
type scope struct {
	uri       string
	enveloped bool // without the Signature
	opts      c14n.Options
}

// write writes the canonical form of a scope.
func (s scope) write(w io.Writer, doc []byte) error {
	if s.uri != "" {
		return s.writeElement(w, doc)
	}
	signatures, err := c14n.Write(w, doc, s.opts, s.enveloped, xmltext.Limits{})
	if err == nil && s.enveloped && signatures > 1 {
		return c14n.ErrTwoSignatures
	}
	return err
}

// writeElement writes the first element that has the Id.
func (s scope) writeElement(w io.Writer, doc []byte) error {
	var (
		t     xmltext.Tokenizer
		c     c14n.Canonicalizer
		depth = 0 // of the element; 0 unless inside it
	)
	if len(s.uri) < 2 || s.uri[0] != '#' {
		return errNoID
	}
	t.Reset(doc, xmltext.Limits{})
	c.Reset(w, s.opts)
	for {
		kind, err := t.Next()
		if err != nil {
			return err
		}
		if kind == xmltext.EOF {
			return errNoID
		}
		if kind == xmltext.Start {
			switch {
			case depth == 0 && hasID(t.Attrs, s.uri[1:]):
				depth = t.Depth()
			case depth > 0 && s.enveloped && t.Name.Is(c14n.SignatureNamespace, "Signature"):
				c.Leave()
				continue
			}
		}
		if depth == 0 {
			continue
		}
		c.Token(&t)
		if kind == xmltext.End && t.Depth() == depth {
			return c.Close()
		}
	}
}

func hasID(attrs []xmltext.Attr, id string) bool {
	for i := range attrs {
		switch a := &attrs[i]; string(a.Name.Local) {
		case "Id", "ID", "id":
			if string(bytes.Trim(a.Value(), " ")) == id {
				return true
			}
		}
	}
	return false
}

// captured digests the canonical form of a scope by hash, if that is one, within what may
// still be done.
func (e *explaining) captured(s scope, by crypto.Hash) (*capture, error) {
	c := &capture{most: maxExpansion*len(e.doc) + freeBytes}
	if by != 0 {
		c.h = by.New()
	}
	if e.work -= 2 * len(e.doc); e.work < 0 {
		return nil, errWork
	}
	c.most = min(c.most, e.work)
	err := s.write(c, e.doc)
	e.work -= c.n
	return c, err
}
