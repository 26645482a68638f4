package verifier

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

var (
	errNotCovered = errors.New("no Reference covers the document")
	errVoid       = errors.New("nothing was canonicalised")
)

func (f *canonicalForm) equal(o canonicalForm) bool {
	return f.method == o.method && f.comments == o.comments && slices.Equal(f.prefixes, o.prefixes)
}

// is reports whether the canonical form of a whole document is the one guessed. The
// versions of inclusive canonicalisation differ only in elements without their ancestors.
func (r *reference) is(g guess) bool {
	same := r.form.method == g.form.method || r.form.method != c14n.Exclusive && g.form.method != c14n.Exclusive
	return same && r.form.comments == g.form.comments && slices.Equal(r.form.prefixes, g.form.prefixes) && r.digestBy.hash == g.hash
}

// write writes the canonical form of what the reference is to.
func (r *reference) write(w io.Writer, doc []byte, limits Limits) (covers bool, err error) {
	if r.uri == "" {
		_, err := c14n.Write(w, doc, r.form.options(), true, limits)
		return true, err
	}
	return r.writeByID(w, doc, limits)
}

// writeByID writes the element with the reference's Id. Every attribute that some parser
// might take for an Id counts, and the Id must be on one element only.
func (r *reference) writeByID(w io.Writer, doc []byte, limits Limits) (covers bool, err error) {
	var (
		t      xmltext.Tokenizer
		c      c14n.Canonicalizer
		id     = r.uri[1:]
		found  = 0
		depth  = 0 // of the element; 0 unless inside it
		signed = false
	)
	t.Reset(doc, limits)
	c.Reset(w, r.form.options())
	for {
		kind, err := t.Next()
		if err != nil {
			return false, err
		}
		if kind == xmltext.EOF {
			break
		}
		if kind == xmltext.Start {
			if n := countID(t.Attrs, id); n > 0 {
				found += n
				if found == 1 {
					depth = t.Depth()
					covers = depth == 1 && r.enveloped
				}
			}
			if depth > 0 && depth < t.Depth() && isSignature(&t) && r.enveloped {
				signed = true
				c.Leave()
				continue
			}
		}
		if depth > 0 {
			c.Token(&t)
			if kind == xmltext.End && t.Depth() == depth {
				depth = 0
			}
		}
	}
	switch {
	case found == 0:
		return false, errors.New("no element has that Id")
	case found > 1:
		return false, fmt.Errorf("%d attributes hold that Id", found)
	case r.enveloped && !signed:
		return false, errors.New("the element does not hold the Signature that enveloped-signature is to leave out")
	case c.Written() == 0:
		return false, errVoid
	}
	return covers, c.Close()
}

// countID counts the attributes that hold id and that some parser may take for an Id.
func countID(attrs []xmltext.Attr, id string) (n int) {
	for i := range attrs {
		a := &attrs[i]
		switch string(a.Name.Local) {
		case "Id", "ID", "id", "iD":
			// xml:id (4) takes blanks off a value, as validating parsers do.
			if string(bytes.Trim(a.Value(), " ")) == id {
				n++
			}
		}
	}
	return n
}
