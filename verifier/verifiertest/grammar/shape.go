package grammar

import "strings"

// Changes of the content's elements, attributes and text. The Signature may go along with
// the element that holds it.
var shapeChanges = []change{
	{name: "element moved", apply: func(m *mutant) bool {
		e, ok := m.elementBelow(false)
		if !ok {
			return false
		}
		e.remove()
		return m.plant(e.node)
	}},
	{name: "element copied", apply: func(m *mutant) bool {
		e, ok := m.elementBelow(false)
		return ok && m.plant(e.clone())
	}},
	{name: "element doubled", apply: func(m *mutant) bool {
		e, ok := m.elementBelow(false)
		if ok {
			e.parent.insert(e.index(), e.clone())
		}
		return ok
	}},
	{name: "element removed", apply: func(m *mutant) bool {
		e, ok := m.elementBelow(true)
		if ok {
			e.remove()
		}
		return ok
	}},
	{name: "element renamed", apply: func(m *mutant) bool {
		e, _ := m.one(m.outside(anyElement))
		prefix, _, prefixed := strings.Cut(e.name, ":")
		local := pick(m.source, localNames)
		if prefixed && m.oneIn(2) {
			local = prefix + ":" + local
		}
		e.name = local
		return true
	}},
	{name: "element unwrapped", apply: func(m *mutant) bool {
		e, ok := m.elementBelow(false)
		if ok {
			i := e.index()
			e.remove()
			e.parent.insert(i, e.children...)
		}
		return ok
	}},
	{name: "element wrapped", apply: func(m *mutant) bool {
		e, ok := m.elementBelow(false)
		if ok {
			e.parent.children[e.index()] = &node{kind: element, name: pick(m.source, localNames), children: []*node{e.node}}
		}
		return ok
	}},
	{name: "siblings swapped", apply: func(m *mutant) bool {
		e, ok := m.one(m.outside(func(n *node) bool { return len(n.children) > 1 }))
		if ok {
			i, j := m.IntN(len(e.children)), m.IntN(len(e.children))
			e.children[i], e.children[j] = e.children[j], e.children[i]
		}
		return ok
	}},
	{name: "root wrapped", apply: func(m *mutant) bool {
		m.root = &node{kind: element, name: pick(m.source, []string{"a", "Declaration", m.root.name}), children: []*node{m.root}}
		if m.oneIn(2) {
			m.root.attrs = append(m.root.attrs, attr{name: "ID", raw: "evil", quote: '"', before: " "})
		}
		return true
	}},
	{name: "text changed", apply: func(m *mutant) bool {
		t, ok := m.one(m.outside(func(n *node) bool { return isCharacters(n) && n.raw != "" }))
		if ok {
			t.raw = pick(m.source, []string{"", " ", t.raw + " ", " " + t.raw, t.raw + t.raw, t.raw + "x", strings.Join(strings.Fields(t.raw), " "), strings.TrimSpace(t.raw)})
		}
		return ok
	}},
	{name: "attribute removed", apply: func(m *mutant) bool {
		e, ok := m.one(m.outside(hasAttributes))
		if ok {
			i := m.IntN(len(e.attrs))
			e.attrs = append(e.attrs[:i], e.attrs[i+1:]...)
		}
		return ok
	}},
	{name: "attribute added", apply: func(m *mutant) bool {
		e, _ := m.one(m.outside(anyElement))
		name := pick(m.source, []string{"ID", "Id", "id", "xml:id", "xml:lang", "xml:space", "xml:base", "xml:new", "p:ID", "a", "new"})
		e.attrs = append(e.attrs, attr{name: name, raw: pick(m.source, []string{"", "r-1", "e-1", "x", "n1"}), quote: '"', before: " "})
		return true
	}},
	{name: "attribute doubled", apply: func(m *mutant) bool {
		e, ok := m.one(m.outside(hasAttributes))
		if ok {
			e.attrs = append(e.attrs, pick(m.source, e.attrs))
		}
		return ok
	}},
	{name: "attribute's value changed", apply: func(m *mutant) bool {
		e, ok := m.one(m.outside(hasAttributes))
		if ok {
			a := &e.attrs[m.IntN(len(e.attrs))]
			a.raw = pick(m.source, []string{"", " ", a.raw + " ", a.raw + "&#10;", a.raw + "\n", a.raw + "\t", "&lt;" + a.raw, a.raw + "&#13;", a.raw + "<"})
		}
		return ok
	}},
	{name: "attribute renamed", apply: func(m *mutant) bool {
		e, ok := m.one(m.outside(hasAttributes))
		if ok {
			a := &e.attrs[m.IntN(len(e.attrs))]
			a.name = pick(m.source, []string{a.name + "x", "x" + a.name, "xml:" + a.name, "ID", strings.TrimPrefix(a.name, "xmlns:"), strings.ToUpper(a.name)})
		}
		return ok
	}},
	{name: "attributes' spaces removed", apply: func(m *mutant) bool {
		e, ok := m.one(m.outside(func(n *node) bool { return len(n.attrs) > 1 }))
		if ok {
			e.attrs[1+m.IntN(len(e.attrs)-1)].before = ""
		}
		return ok
	}},
}

// plant puts a node somewhere into an element outside the Signature.
func (m *mutant) plant(n *node) bool {
	into, ok := m.one(m.outside(func(c *node) bool { return c.kind == element && !n.holds(c) }))
	if ok {
		into.insert(m.IntN(len(into.children)+1), n)
	}
	return ok
}
