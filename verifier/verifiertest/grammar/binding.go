package grammar

import "slices"

// Changes of namespace declarations.
var namespaceChanges = []change{
	{name: "superfluous declaration", keeps: "cpt", apply: func(m *mutant) bool {
		e, _ := m.anyHeld(anyElement)
		if e.node == m.root {
			return false
		}
		around := m.bindings(e.parent)
		if len(around) == 0 {
			return false
		}
		return e.declare(pick(m.source, around))
	}},
	{name: "xmlns=\"\" where there is no default", keeps: "cpt", apply: func(m *mutant) bool {
		e, _ := m.anyHeld(anyElement)
		if slices.ContainsFunc(m.bindings(e.node), func(a attr) bool { return a.name == "xmlns" }) {
			return false
		}
		return e.declare(attr{name: "xmlns", quote: '"', before: " "})
	}},
	{name: "prefix xml declared", keeps: "cpt", apply: func(m *mutant) bool {
		e, _ := m.anyHeld(anyElement)
		return e.declare(attr{name: "xmlns:xml", raw: xmlNamespace, quote: '"', before: " "})
	}},
	{name: "prefix rebound", apply: func(m *mutant) bool {
		a := m.someDeclaration()
		if a != nil {
			a.raw = pick(m.source, namespaceNames)
		}
		return a != nil
	}},
	{name: "prefix renamed in its declaration", apply: func(m *mutant) bool {
		a := m.someDeclaration()
		if a != nil {
			a.name = pick(m.source, []string{"xmlns", "xmlns:" + pick(m.source, prefixes), "xmlns:xmlns", "xmlns:xml"})
		}
		return a != nil
	}},
	{name: "declaration removed", apply: func(m *mutant) bool {
		e, ok := m.anyHeld(func(n *node) bool { return slices.ContainsFunc(n.attrs, attr.declares) })
		if ok {
			i := slices.IndexFunc(e.attrs, attr.declares)
			e.attrs = slices.Delete(e.attrs, i, i+1)
		}
		return ok
	}},
	{name: "prefix declared anew", apply: func(m *mutant) bool {
		e, _ := m.anyHeld(anyElement)
		return e.declare(attr{name: "xmlns:" + pick(m.source, prefixes), raw: pick(m.source, namespaceNames), quote: '"', before: " "})
	}},
	{name: "default declared anew", apply: func(m *mutant) bool {
		e, _ := m.anyHeld(anyElement)
		return e.declare(attr{name: "xmlns", raw: pick(m.source, append([]string{"", ""}, namespaceNames...)), quote: '"', before: " "})
	}},
	{name: "prefix undeclared", apply: func(m *mutant) bool {
		e, _ := m.anyHeld(anyElement)
		return e.declare(attr{name: "xmlns:" + pick(m.source, prefixes), quote: '"', before: " "})
	}},
	{name: "relative namespace name", apply: func(m *mutant) bool {
		e, _ := m.anyHeld(anyElement)
		return e.declare(attr{name: pick(m.source, []string{"xmlns", "xmlns:new"}), quote: '"', before: " ",
			raw: pick(m.source, []string{"1", "rel/uri", "../a", "#x", "?q", "//host/a", "http://e\u0080", "a b", "1:a", "urn", "http://a:b:1", "http://a:/b", "http://a@b@c/d"})})
	}},
	{name: "declaration moved to the root", apply: func(m *mutant) bool {
		e, ok := m.anyHeld(func(n *node) bool { return n != m.root && slices.ContainsFunc(n.attrs, attr.declares) })
		if !ok {
			return false
		}
		i := slices.IndexFunc(e.attrs, attr.declares)
		moved := e.attrs[i]
		e.attrs = slices.Delete(e.attrs, i, i+1)
		return m.root.declare(moved)
	}},
	{name: "wrong name for the prefix xml", apply: func(m *mutant) bool {
		e, _ := m.anyHeld(anyElement)
		a := attr{name: "xmlns:xml", raw: "urn:a:1", quote: '"', before: " "}
		if m.oneIn(2) {
			a.name, a.raw = "xmlns:new", pick(m.source, []string{xmlNamespace, "http://www.w3.org/2000/xmlns/"})
		}
		return e.declare(a)
	}},
}

// declare adds a declaration, if that name is not declared on the element yet.
func (n *node) declare(a attr) bool {
	if slices.ContainsFunc(n.attrs, func(o attr) bool { return o.name == a.name }) {
		return false
	}
	n.attrs = append(n.attrs, a)
	return true
}

// someDeclaration picks one of all declarations.
func (m *mutant) someDeclaration() *attr {
	e, ok := m.anyHeld(func(n *node) bool { return slices.ContainsFunc(n.attrs, attr.declares) })
	if !ok {
		return nil
	}
	return &e.attrs[slices.IndexFunc(e.attrs, attr.declares)]
}

// bindings returns the declarations in force inside n, undeclared defaults left out.
func (d *document) bindings(n *node) []attr {
	var path func(at *node) []attr
	path = func(at *node) []attr {
		if !at.holds(n) {
			return nil
		}
		all := slices.DeleteFunc(slices.Clone(at.attrs), func(a attr) bool { return !a.declares() })
		for _, c := range at.children {
			if c.holds(n) {
				all = append(all, path(c)...)
			}
		}
		return all
	}
	var inForce []attr
	for _, a := range slices.Backward(path(d.root)) { // the nearest first
		if !slices.ContainsFunc(inForce, func(o attr) bool { return o.name == a.name }) {
			inForce = append(inForce, a)
		}
	}
	return slices.DeleteFunc(inForce, func(a attr) bool { return a.raw == "" })
}
