package grammar

import (
	"slices"
	"strings"
	"unicode/utf8"

	"turnkey-gateway/verifier/xmltext"
)

// A held node is one with the node that holds it, nil for the root.
type held struct {
	*node
	parent *node
}

func (h held) index() int { return slices.Index(h.parent.children, h.node) }

// insert puts nodes at position i of the children.
func (n *node) insert(i int, nodes ...*node) {
	n.children = slices.Insert(n.children, i, nodes...)
}

// remove takes the node out of what holds it.
func (h held) remove() {
	i := h.index()
	h.parent.children = slices.Delete(h.parent.children, i, i+1)
}

// outside returns the nodes outside the Signature for which fit is true.
func (m *mutant) outside(fit func(n *node) bool) []held {
	var all []held
	var visit func(n, parent *node)
	visit = func(n, parent *node) {
		if n == m.signature {
			return
		}
		if fit(n) {
			all = append(all, held{n, parent})
		}
		for _, c := range n.children {
			visit(c, n)
		}
	}
	visit(m.root, nil)
	return all
}

// inside returns the nodes of the Signature for which fit is true.
func (m *mutant) inside(fit func(n *node) bool) []held {
	var all []held
	m.signature.walk(m.holder, func(n, parent *node) {
		if fit(n) {
			all = append(all, held{n, parent})
		}
	})
	return all
}

func anyElement(n *node) bool { return n.kind == element }

func hasAttributes(n *node) bool { return len(n.attrs) > 0 }

func isCharacters(n *node) bool { return n.kind == text || n.kind == section }

// one picks one of them.
func (s source) one(from []held) (held, bool) {
	if len(from) == 0 {
		return held{}, false
	}
	return pick(s, from), true
}

// elementBelow picks an element outside the Signature that is not the root and, unless
// whole, may hold the Signature.
func (m *mutant) elementBelow(whole bool) (held, bool) {
	return m.one(m.outside(func(n *node) bool {
		return n.kind == element && n != m.root && (!whole || !n.holds(m.signature))
	}))
}

// anyHeld picks one of all nodes for which fit is true, in the Signature or not.
func (m *mutant) anyHeld(fit func(n *node) bool) (held, bool) {
	return m.one(append(m.outside(fit), m.inside(fit)...))
}

// joins reports whether what ends and begins at position i is one line end. An empty text
// does not part one.
func (n *node) joins(i int) bool {
	left, right := i-1, i
	for left >= 0 && n.children[left].isNothing() {
		left--
	}
	for right < len(n.children) && n.children[right].isNothing() {
		right++
	}
	return left >= 0 && right < len(n.children) && strings.HasSuffix(n.children[left].raw, "\r") && strings.HasPrefix(n.children[right].raw, "\n")
}

func (n *node) isNothing() bool { return n.kind == text && n.raw == "" }

// beside reports whether text that is not blank stands at position i, before any tag.
func (n *node) beside(i int) bool {
	for j := i - 1; j >= 0 && n.children[j].kind != element; j-- {
		if n.children[j].isText() {
			return true
		}
	}
	for j := i; j < len(n.children) && n.children[j].kind != element; j++ {
		if n.children[j].isText() {
			return true
		}
	}
	return false
}

// literals returns where in raw characters stand that are written as they are, line ends
// and tabs aside: those are not what a reference to them is.
func literals(raw string) (at []int) {
	for i := 0; i < len(raw); {
		if raw[i] == '&' {
			_, size := xmltext.Reference([]byte(raw[i:]))
			i += max(size, 1)
			continue
		}
		_, size := utf8.DecodeRuneInString(raw[i:])
		if !strings.ContainsAny(raw[i:i+size], "\r\n\t") {
			at = append(at, i)
		}
		i += size
	}
	return at
}

// expanded returns raw with its references expanded.
func expanded(raw string) string {
	var b strings.Builder
	for i := 0; i < len(raw); {
		if raw[i] == '&' {
			r, size := xmltext.Reference([]byte(raw[i:]))
			b.WriteRune(r)
			i += max(size, 1)
			continue
		}
		b.WriteByte(raw[i])
		i++
	}
	return b.String()
}
