package verifier

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"turnkey-gateway/verifier/xmltext"
)

// A respeller writes a document with other bytes that mean the same: attributes in another
// order and other quotes, references and CDATA sections for characters, empty-element tags
// or not, line ends of another kind, a byte order mark and a declaration or none. It leaves
// alone what is white space or a reference to it, and comments and instructions.
type respeller struct {
	random *rand.Rand
	t      xmltext.Tokenizer
	out    bytes.Buffer
	inside int // depth of a Signature, which may hold no CDATA
	opened int // where the last start tag ended in out
}

// respell returns doc spelt otherwise; ok is false if it is none.
func respell(doc []byte, random *rand.Rand) (spelt []byte, ok bool) {
	s := respeller{random: random}
	s.prolog()
	s.t.Reset(doc, xmltext.Limits{})
	for {
		kind, err := s.t.Next()
		if err != nil {
			return nil, false
		}
		switch kind {
		case xmltext.EOF:
			s.out.WriteString(s.one("", "\n", " \r\n"))
			return s.out.Bytes(), true
		case xmltext.Start:
			s.start()
		case xmltext.End:
			s.end()
		case xmltext.Text:
			s.text(s.t.Data)
		case xmltext.CDATA:
			s.cdata(doc)
		default:
			s.out.Write(doc[s.t.Begin:s.t.Finish])
		}
	}
}

func (s *respeller) one(of ...string) string { return of[s.random.IntN(len(of))] }

func (s *respeller) sometimes() bool { return s.random.IntN(16) == 0 }

func (s *respeller) prolog() {
	s.out.WriteString(s.one("", "\ufeff"))
	s.out.WriteString(s.one("", "", "<?xml version='1.0'?>", `<?xml version="1.0" encoding="UTF-8"?>`+"\n", "<?xml  version = '1.0' encoding='utf8'\tstandalone=\"no\" ?>\r"))
}

func (s *respeller) start() {
	if s.inside == 0 && isSignature(&s.t) {
		s.inside = s.t.Depth()
	}
	var attrs []string
	for _, d := range s.t.Declarations {
		name := "xmlns"
		if len(d.Prefix) > 0 {
			name += ":" + string(d.Prefix)
		}
		attrs = append(attrs, name+s.value(d.Namespace))
	}
	for i := range s.t.Attrs {
		a := &s.t.Attrs[i]
		name := string(a.Name.Local)
		if len(a.Name.Prefix) > 0 {
			name = string(a.Name.Prefix) + ":" + name
		}
		attrs = append(attrs, name+s.value(a.Value()))
	}
	s.random.Shuffle(len(attrs), func(i, j int) { attrs[i], attrs[j] = attrs[j], attrs[i] })
	s.out.WriteString("<" + string(s.t.QName))
	for _, a := range attrs {
		s.out.WriteString(s.one(" ", " ", "\n  ", "\t") + a)
	}
	s.out.WriteString(s.one("", "", " ", "\r\n") + ">")
	s.opened = s.out.Len()
}

// value spells an attribute's value, with its =.
func (s *respeller) value(value []byte) string {
	quote := s.one(`"`, "'")
	var b strings.Builder
	for _, r := range string(value) {
		switch {
		case r == '<', r == '&', r == '\t', r == '\n', r == '\r', string(r) == quote:
			b.WriteString(s.reference(r))
		case r == ' ':
			b.WriteString(s.one(" ", " ", "\n", "\t", "\r\n", "&#32;"))
		case s.sometimes():
			b.WriteString(s.reference(r))
		default:
			b.WriteRune(r)
		}
	}
	return s.one("=", "=", " = ") + quote + b.String() + quote
}

func (s *respeller) reference(r rune) string {
	if named := strings.IndexRune(`<>&"'`, r); named >= 0 && s.random.IntN(2) == 0 {
		return []string{"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"}[named]
	}
	return fmt.Sprintf(s.one("&#%d;", "&#x%x;", "&#x%X;", "&#x0%x;"), r)
}

// end writes an end tag, or turns the start tag right before it into an empty one.
func (s *respeller) end() {
	if s.t.Depth() == s.inside {
		s.inside = 0
	}
	if s.out.Len() == s.opened && s.random.IntN(2) == 0 {
		s.out.Truncate(s.opened - len(">"))
		s.out.WriteString("/>")
		return
	}
	s.out.WriteString("</" + string(s.t.QName) + s.one("", "", " ", "\n") + ">")
}

// text spells character data as written.
func (s *respeller) text(raw []byte) {
	for len(raw) > 0 {
		size := 1
		switch c := raw[0]; {
		case c == '&':
			var r rune
			if r, size = xmltext.Reference(raw); strings.ContainsRune(" \t\r\n", r) {
				s.out.Write(raw[:size])
			} else {
				s.character(r)
			}
		case c == '\r', c == '\n':
			s.out.WriteString(s.one("\n", "\n", "\r\n"))
			if c == '\r' && len(raw) > 1 && raw[1] == '\n' {
				size = 2
			}
		case c == ' ', c == '\t':
			s.out.WriteByte(c)
		default:
			var r rune
			r, size = utf8.DecodeRune(raw)
			s.character(r)
		}
		raw = raw[size:]
	}
}

func (s *respeller) character(r rune) {
	switch {
	case s.inside == 0 && s.sometimes():
		s.out.WriteString("<![CDATA[" + string(r) + "]]>")
	case strings.ContainsRune("<>&", r), s.sometimes():
		s.out.WriteString(s.reference(r))
	default:
		s.out.WriteRune(r)
	}
}

// cdata spells a CDATA section as text; one that is blank, or in a Signature, it keeps.
func (s *respeller) cdata(doc []byte) {
	if s.inside > 0 || xmltext.Blank(s.t.Data) {
		s.out.Write(doc[s.t.Begin:s.t.Finish])
		return
	}
	for i, part := range bytes.Split(s.t.Data, []byte("&")) {
		if i > 0 {
			s.character('&') // which begins no reference here
		}
		s.text(part)
	}
}
