package grammar

import (
	"slices"
	"strings"
)

// Comments and processing instructions put wherever they may stand, and where not.
var remarks = []change{
	{name: "comment apart from text", keeps: "cpt", apply: func(m *mutant) bool {
		e, i, ok := m.gap(func(n *node, i int) bool { return !n.beside(i) })
		if ok {
			e.insert(i, m.comment())
		}
		return ok
	}},
	{name: "comment beside text", keeps: "interop", apply: func(m *mutant) bool {
		e, i, ok := m.gap((*node).beside)
		if ok {
			e.insert(i, m.comment())
		}
		return ok
	}},
	{name: "comment inside text", keeps: "interop", apply: func(m *mutant) bool { return m.split(m.comment()) }},
	{name: "comment outside the root", keeps: "cpt", apply: func(m *mutant) bool { return m.around(m.comment()) }},
	{name: "comment in the Signature", apply: func(m *mutant) bool { return m.within(m.comment()) }},
	{name: "comment removed", keeps: "cpt", apply: func(m *mutant) bool {
		c, ok := m.one(m.outside(func(n *node) bool { return n.kind == comment }))
		if !ok {
			return false
		}
		i := c.index()
		c.remove()
		return !c.parent.joins(i)
	}},
	{name: "instruction in the content", apply: func(m *mutant) bool {
		e, i, ok := m.gap(func(*node, int) bool { return true })
		if ok {
			e.insert(i, m.instruction())
		}
		return ok
	}},
	{name: "instruction inside text", apply: func(m *mutant) bool { return m.split(m.instruction()) }},
	{name: "instruction outside the root", apply: func(m *mutant) bool { return m.around(m.instruction()) }},
	{name: "instruction in the Signature", apply: func(m *mutant) bool { return m.within(m.instruction()) }},
	{name: "instruction removed", apply: func(m *mutant) bool {
		c, ok := m.one(m.outside(func(n *node) bool { return n.kind == instruction }))
		if ok {
			c.remove()
		}
		return ok
	}},
	{name: "instruction changed", apply: func(m *mutant) bool {
		c, ok := m.one(m.outside(func(n *node) bool { return n.kind == instruction }))
		if ok {
			c.raw = pick(m.source, []string{c.raw + " ", c.raw + "x", strings.ToUpper(c.raw), "xml " + c.raw, strings.Join(strings.Fields(c.raw), " "), "a:" + c.raw})
		}
		return ok
	}},
	{name: "comment that is none", apply: func(m *mutant) bool {
		e, i, ok := m.gap(func(*node, int) bool { return true })
		if ok {
			e.insert(i, &node{kind: text, raw: pick(m.source, []string{"<!--a--b-->", "<!--a--->", "<!->", "<!---->-->", "<!-- \x01 -->", "<?xml x?>", "<? x?>", "<?x", "<!x>", "<![CDATA[", "<!--"})})
		}
		return ok
	}},
}

func (m *mutant) comment() *node {
	return &node{kind: comment, raw: pick(m.source, []string{"", "x", " - ", "<a>&amp;", "\r\n", "]]>", "螺"})}
}

func (m *mutant) instruction() *node {
	return &node{kind: instruction, raw: pick(m.source, []string{"x", "x y", "x  y ", "xml-x a='1'", "x \r\ny", "螺 絲", "x ?"})}
}

// gap picks a position between the children of an element outside the Signature that
// does not part a line end.
func (m *mutant) gap(fit func(n *node, i int) bool) (*node, int, bool) {
	e, _ := m.one(m.outside(anyElement))
	i := m.IntN(len(e.children) + 1)
	return e.node, i, !e.joins(i) && fit(e.node, i)
}

// split puts n inside a text, between two of its characters.
func (m *mutant) split(n *node) bool {
	t, ok := m.one(m.outside(func(n *node) bool { return n.kind == text && len(literals(n.raw)) > 0 && n.isText() }))
	if !ok || t.parent == nil {
		return false
	}
	at := pick(m.source, literals(t.raw))
	i := t.index()
	t.parent.insert(i+1, n, &node{kind: text, raw: t.raw[at:]})
	t.raw = t.raw[:at]
	return true
}

// around puts n before or behind the root.
func (m *mutant) around(n *node) bool {
	if m.oneIn(2) {
		m.before = slices.Insert(m.before, m.IntN(len(m.before)+1), n)
	} else {
		m.after = slices.Insert(m.after, m.IntN(len(m.after)+1), n)
	}
	return true
}

// within puts n somewhere in the Signature, at times inside a value.
func (m *mutant) within(n *node) bool {
	p, _ := m.one(m.inside(func(n *node) bool { return n.kind != instruction && n.kind != comment }))
	if p.kind == element {
		p.insert(m.IntN(len(p.children)+1), n)
		return true
	}
	at := 0
	if found := literals(p.raw); len(found) > 0 {
		at = pick(m.source, found)
	}
	p.parent.insert(p.index()+1, n, &node{kind: text, raw: p.raw[at:]})
	p.raw = p.raw[:at]
	return true
}
