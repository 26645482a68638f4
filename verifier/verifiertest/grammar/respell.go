package grammar

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Changes that canonicalisation takes back: neither what is signed nor what SignedInfo
// says is touched.
var spellings = []change{
	{name: "order of attributes", keeps: "cpt", apply: func(m *mutant) bool {
		e, ok := m.anyHeld(func(n *node) bool { return len(n.attrs) > 1 })
		if ok {
			m.Shuffle(len(e.attrs), func(i, j int) { e.attrs[i], e.attrs[j] = e.attrs[j], e.attrs[i] })
		}
		return ok
	}},
	{name: "quotes", keeps: "cpt", apply: func(m *mutant) bool {
		e, ok := m.anyHeld(hasAttributes)
		if ok {
			e.attrs[m.IntN(len(e.attrs))].requote()
		}
		return ok
	}},
	{name: "white space in a tag", keeps: "cpt", apply: func(m *mutant) bool {
		e, _ := m.anyHeld(anyElement)
		blank := pick(m.source, []string{" ", "\t", "\r\n", "\n ", "\r"})
		switch n := len(e.attrs); {
		case n > 0 && m.oneIn(2):
			a := &e.attrs[m.IntN(n)]
			a.before, a.left, a.right = blank, pick(m.source, []string{"", blank}), pick(m.source, []string{"", blank})
		case m.oneIn(2):
			e.gap += blank
		default:
			e.endGap += blank
		}
		return true
	}},
	{name: "empty-element tag", keeps: "cpt", apply: func(m *mutant) bool {
		e, ok := m.anyHeld(func(n *node) bool { return n.kind == element && len(n.children) == 0 })
		if ok {
			e.empty = !e.empty
		}
		return ok
	}},
	{name: "reference for a character", keeps: "cpt", apply: func(m *mutant) bool {
		// A blank that is a reference counts as text to the verifier: it is not judged as before.
		t, ok := m.one(m.outside(func(n *node) bool { return n.kind == text && n.isText() && len(literals(n.raw)) > 0 }))
		if ok {
			t.raw = m.referred(t.raw)
		}
		return ok
	}},
	{name: "reference in a value", keeps: "cpt", apply: func(m *mutant) bool {
		e, ok := m.anyHeld(hasAttributes)
		if !ok {
			return false
		}
		a := &e.attrs[m.IntN(len(e.attrs))]
		if len(literals(a.raw)) == 0 {
			return false
		}
		a.raw = m.referred(a.raw)
		return true
	}},
	{name: "CDATA for text", keeps: "cpt", apply: func(m *mutant) bool {
		t, ok := m.one(m.outside(func(n *node) bool { return n.kind == text && n.apart() && !strings.Contains(expanded(n.raw), "\r") }))
		if ok {
			t.raw = strings.ReplaceAll(expanded(t.raw), "]]>", "]]]]><![CDATA[>")
			t.kind = section
		}
		return ok
	}},
	{name: "text for CDATA", keeps: "cpt", apply: func(m *mutant) bool {
		t, ok := m.one(m.outside(func(n *node) bool { return n.kind == section && n.apart() }))
		if ok {
			t.raw = strings.NewReplacer("&", "&amp;", "<", "&#x3c;", ">", "&gt;").Replace(t.raw)
			t.kind = text
		}
		return ok
	}},
	{name: "CDATA split", keeps: "cpt", apply: func(m *mutant) bool {
		t, ok := m.one(m.outside(func(n *node) bool { return n.kind == section && len(n.raw) > 0 }))
		if !ok {
			return false
		}
		i := m.IntN(len(t.raw))
		if !utf8.RuneStart(t.raw[i]) || i > 0 && t.raw[i-1] == '\r' {
			return false
		}
		t.raw = t.raw[:i] + "]]><![CDATA[" + t.raw[i:]
		return true
	}},
	{name: "empty CDATA", keeps: "cpt", apply: func(m *mutant) bool {
		e, _ := m.one(m.outside(anyElement))
		i := m.IntN(len(e.children) + 1)
		if e.joins(i) {
			return false
		}
		e.insert(i, &node{kind: section})
		return true
	}},
	{name: "line ends", keeps: "cpt", apply: func(m *mutant) bool {
		m.text = m.relined(m.original)
		return true
	}},
	{name: "byte order mark", keeps: "cpt", apply: func(m *mutant) bool {
		if rest, marked := strings.CutPrefix(m.head, "\ufeff"); marked {
			m.head = rest
		} else {
			m.head = "\ufeff" + m.head
		}
		return true
	}},
	{name: "declaration", keeps: "cpt", apply: func(m *mutant) bool {
		g := &generator{source: m.source, lines: "\n"}
		m.head = g.head()
		return true
	}},
	{name: "white space outside the root", keeps: "cpt", apply: func(m *mutant) bool {
		blank := &node{kind: text, raw: pick(m.source, []string{" ", "\n", "\r\n", "\t\t"})}
		if m.oneIn(2) {
			m.before = slices.Insert(m.before, m.IntN(len(m.before)+1), blank)
		} else {
			m.after = slices.Insert(m.after, m.IntN(len(m.after)+1), blank)
		}
		return true
	}},
}

// requote writes the value in the other quotes.
func (a *attr) requote() {
	if a.quote == '"' {
		a.quote, a.raw = '\'', strings.ReplaceAll(a.raw, "'", "&#39;")
	} else {
		a.quote, a.raw = '"', strings.ReplaceAll(a.raw, `"`, "&quot;")
	}
}

// apart reports whether n neither parts nor joins a line end.
func (n *node) apart() bool {
	return n.raw != "" && !strings.HasPrefix(n.raw, "\n") && !strings.HasSuffix(n.raw, "\r")
}

// referred writes one character of raw as a reference.
func (s source) referred(raw string) string {
	i := pick(s, literals(raw))
	r, size := utf8.DecodeRuneInString(raw[i:])
	return raw[:i] + s.referenceTo(r) + raw[i+size:]
}

// relined spells each line end in one of the ways that mean the same (XML 1.0, 2.11).
func (s source) relined(doc []byte) []byte {
	var out []byte
	for i := 0; i < len(doc); i++ {
		c := doc[i]
		if c != '\r' && c != '\n' {
			out = append(out, c)
			continue
		}
		if c == '\r' && i+1 < len(doc) && doc[i+1] == '\n' {
			i++
		}
		end := pick(s, []string{"\n", "\r\n", "\r"})
		if n := len(out); end == "\n" && n > 0 && out[n-1] == '\r' {
			end = "\r" // not one line end with the one before
		}
		out = append(out, end...)
	}
	return out
}
