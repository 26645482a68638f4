package secondopinion

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
	"unicode/utf8"

	"turnkey-gateway/verifier/xmltext"
)

// A survey is what a document's tokens tell before goxmldsig sees it: what it would cost,
// and which of the deviations it may meet.
type survey struct {
	limits Limits
	copies int             // so far
	scopes []int           // bindings in scope, by depth
	known  map[string]bool // whether encoding/xml reads a name beyond ASCII

	comments   bool // in the root
	undeclared bool // xmlns="" is there
}

// read goes over the document once.
func (s *survey) read(doc []byte, limits Limits) Reason {
	s.limits, s.scopes = limits, append(s.scopes[:0], 0)
	var t xmltext.Tokenizer
	t.Reset(doc, xmltext.Limits{Bytes: limits.Bytes, Depth: limits.Depth, Elements: limits.Elements})
	for {
		kind, err := t.Next()
		if err != nil {
			return refused(err)
		}
		if kind == xmltext.EOF {
			return Asked
		}
		if skipped := s.token(&t); skipped != Asked {
			return skipped
		}
		if s.copies > limits.Copies {
			return TooLarge
		}
	}
}

func refused(err error) Reason {
	if fault := (*xmltext.Error)(nil); errors.As(err, &fault) && fault.Fault == xmltext.TooLarge {
		return TooLarge
	}
	return Unreadable
}

func (s *survey) token(t *xmltext.Tokenizer) Reason {
	depth := t.Depth()
	switch t.Kind {
	case xmltext.Start:
		return s.start(t, depth)
	case xmltext.End:
		s.scopes = s.scopes[:depth]
		return Asked
	case xmltext.Comment:
		s.comments = s.comments || depth > 0
	case xmltext.Instruction:
		if depth == 0 || bytes.IndexByte(t.Data, '\r') >= 0 {
			return Instructions
		}
		if !s.readable(t.QName) {
			return Names
		}
	}
	s.copies += depth + always
	return Asked
}

// always is how often a node is copied whatever its depth.
const always = 6

func (s *survey) start(t *xmltext.Tokenizer, depth int) Reason {
	scope := s.scopes[depth-1] + len(t.Declarations)
	s.scopes = append(s.scopes[:depth], scope)
	s.copies += (depth+always)*(1+len(t.Attrs)+len(t.Declarations)) + 2*scope

	for i := range t.Declarations {
		d := &t.Declarations[i]
		switch {
		case d.ID == xmltext.XML:
			return XMLDeclared
		case d.ID == xmltext.Default && len(d.Namespace) == 0:
			s.undeclared = true
		}
		if !s.readable(d.Prefix) {
			return Names
		}
	}
	var prefix []byte // of the attributes that have one
	for i := range t.Attrs {
		name := &t.Attrs[i].Name
		switch {
		case len(name.Prefix) == 0:
		case prefix == nil:
			prefix = name.Prefix
		case !bytes.Equal(prefix, name.Prefix):
			return AttributeOrder
		}
		if !s.readable(name.Local) {
			return Names // prefixes were looked at where they are declared
		}
	}
	if !s.readable(t.QName) {
		return Names
	}
	return blanks(t)
}

// blanks looks for literal white space other than a space in the values of a start tag.
func blanks(t *xmltext.Tokenizer) Reason {
	for i := range t.Attrs {
		if bytes.ContainsAny(t.Attrs[i].Raw, "\t\n\r") {
			return AttributeBlanks
		}
	}
	// A namespace name can't hold any, as no absolute URI does, unless it was refused.
	return Asked
}

// readable reports whether encoding/xml takes a name: its tables of characters beyond
// ASCII are those of the fourth edition. It is asked itself, once for each name.
func (s *survey) readable(name []byte) bool {
	if isASCII(name) {
		return true
	}
	readable, asked := s.known[string(name)]
	if !asked {
		token, err := xml.NewDecoder(strings.NewReader("<" + string(name) + "/>")).RawToken()
		_, isStart := token.(xml.StartElement)
		readable = err == nil && isStart
		if s.known == nil {
			s.known = make(map[string]bool)
		}
		s.known[string(name)] = readable
	}
	return readable
}

func isASCII(name []byte) bool {
	for _, c := range name {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
