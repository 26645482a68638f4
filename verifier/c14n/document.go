package c14n

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"turnkey-gateway/verifier/xmltext"
)

// SignatureNamespace is that of XML Signature.
const SignatureNamespace = "http://www.w3.org/2000/09/xmldsig#"

// ErrTwoSignatures says that it is not clear which Signature to leave out.
var ErrTwoSignatures = errors.New("the document has more than one Signature")

// Canonicalize returns the canonical form of a document. An error is an
// [*xmltext.Error]: the document has none.
func Canonicalize(doc []byte, opts Options) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(doc))
	if _, err := Write(&out, doc, opts, false, xmltext.Limits{}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// CanonicalizeUnsigned returns the canonical form of a document without its Signature
// element, wherever that is: what an enveloped signature of the document is over. A
// document without one is canonicalised whole; two are an error.
func CanonicalizeUnsigned(doc []byte, opts Options) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(doc))
	signatures, err := Write(&out, doc, opts, true, xmltext.Limits{})
	switch {
	case err != nil:
		return nil, err
	case signatures > 1:
		return nil, ErrTwoSignatures
	}
	return out.Bytes(), nil
}

// A pass is what one canonicalisation needs. They are reused.
type pass struct {
	t    xmltext.Tokenizer
	c    Canonicalizer
	skim xmltext.Skim
}

var passes = sync.Pool{New: func() any { return new(pass) }}

// release lets go of the document and keeps the memory for the next.
func (p *pass) release() {
	p.t.Release()
	p.c.Release()
	p.skim.Release()
	passes.Put(p)
}

// Write writes the canonical form of a document, without its Signature elements if
// unsigned is set, of which it returns the number. On an error what was written means
// nothing.
func Write(w io.Writer, doc []byte, opts Options, unsigned bool, limits xmltext.Limits) (signatures int, err error) {
	p := passes.Get().(*pass)
	defer p.release()
	t, c := &p.t, &p.c
	t.Reset(doc, limits)
	c.Reset(w, opts)
	p.skim.Local = "Signature"
	for {
		c.Skim(t, &p.skim)
		kind, err := t.Next()
		switch {
		case err != nil:
			return 0, err
		case kind == xmltext.EOF:
			return signatures, c.Close()
		case kind == xmltext.Start && t.Name.Is(SignatureNamespace, "Signature"):
			signatures++
			if unsigned && c.skipped == 0 {
				c.Leave()
				continue
			}
		}
		if c.Token(t); c.err != nil { // w's: the rest would be for nothing
			return 0, c.err
		}
	}
}

// WriteElement writes the canonical form of the one element at m in a document that was
// found well-formed, with what it inherits from the elements around it.
func WriteElement(w io.Writer, doc []byte, m *xmltext.Mark, opts Options, limits xmltext.Limits) error {
	p := passes.Get().(*pass)
	defer p.release()
	t, c := &p.t, &p.c
	t.Resume(doc, m, limits)
	c.Reset(w, opts)
	p.skim.Local = ""
	for {
		c.Skim(t, &p.skim)
		kind, err := t.Next()
		switch {
		case err != nil:
			return err
		case kind == xmltext.EOF:
			return c.Close()
		}
		if c.Token(t); c.err != nil {
			return c.err
		}
	}
}
