package grammar

// Changes of where the Signature and its parts stand, and of how many there are.
var signatureChanges = []change{
	{name: "Signature moved in what holds it", apply: func(m *mutant) bool {
		held{m.signature, m.holder}.remove()
		m.holder.insert(m.IntN(len(m.holder.children)+1), m.signature)
		return true
	}},
	{name: "Signature moved elsewhere", apply: func(m *mutant) bool {
		held{m.signature, m.holder}.remove()
		return m.plant(m.signature)
	}},
	{name: "Signature moved out of the root", apply: func(m *mutant) bool {
		held{m.signature, m.holder}.remove()
		if m.oneIn(2) {
			m.before = append(m.before, m.signature)
		} else {
			m.after = append([]*node{m.signature}, m.after...)
		}
		return true
	}},
	{name: "Signature around the root", apply: func(m *mutant) bool {
		held{m.signature, m.holder}.remove()
		object := &node{kind: element, name: m.prefixed("Object"), children: []*node{m.root}}
		m.signature.children = append(m.signature.children, object)
		m.root = m.signature
		return true
	}},
	{name: "Signature wrapped", apply: func(m *mutant) bool {
		wrapper := &node{kind: element, name: pick(m.source, localNames), children: []*node{m.signature}}
		m.holder.children[held{m.signature, m.holder}.index()] = wrapper
		return true
	}},
	{name: "Signature removed", apply: func(m *mutant) bool {
		held{m.signature, m.holder}.remove()
		return true
	}},
	{name: "Signature doubled", apply: func(m *mutant) bool {
		m.holder.insert(held{m.signature, m.holder}.index()+m.IntN(2), m.signature.clone())
		return true
	}},
	{name: "Signature copied elsewhere", apply: func(m *mutant) bool { return m.plant(m.signature.clone()) }},
	{name: "Signature in the Signature", apply: func(m *mutant) bool {
		inner := m.signature.clone()
		m.signature.insert(m.IntN(len(m.signature.children)+1), inner)
		return true
	}},
	{name: "Signature of another namespace", apply: func(m *mutant) bool {
		for i := range m.signature.attrs {
			if a := &m.signature.attrs[i]; a.declares() && a.raw == dsigNamespace {
				a.raw = pick(m.source, []string{"urn:evil:1", dsigNamespace + "x", "http://www.w3.org/2000/09/xmldsig", ""})
			}
		}
		return true
	}},
	{name: "decoy Signature", apply: func(m *mutant) bool {
		decoy := &node{kind: element, name: m.prefixed("Signature"), attrs: m.signature.attrs}
		m.holder.insert(held{m.signature, m.holder}.index()+m.IntN(2), decoy)
		return true
	}},
	{name: "Object with the content", apply: func(m *mutant) bool {
		held{m.signature, m.holder}.remove()
		moved := m.root.clone()
		m.root.insert(m.IntN(len(m.root.children)+1), m.signature)
		m.signature.children = append(m.signature.children, &node{kind: element, name: m.prefixed("Object"), children: []*node{moved}})
		return true
	}},
	{name: "part of the Signature doubled", apply: func(m *mutant) bool {
		p, ok := m.somePart()
		if ok {
			p.parent.insert(p.index()+m.IntN(2), p.clone())
		}
		return ok
	}},
	{name: "part of the Signature removed", apply: func(m *mutant) bool {
		p, ok := m.somePart()
		if ok {
			p.remove()
		}
		return ok
	}},
	{name: "part of the Signature moved", apply: func(m *mutant) bool {
		p, ok := m.somePart()
		if ok {
			p.remove()
			into, _ := m.one(m.inside(func(n *node) bool { return n.kind == element }))
			into.insert(m.IntN(len(into.children)+1), p.node)
		}
		return ok
	}},
	{name: "part of the Signature renamed", apply: func(m *mutant) bool {
		p, _ := m.one(m.inside(anyElement))
		p.name = pick(m.source, []string{"Signature", m.prefixed("SignedInfo"), m.prefixed("Reference"), "x", m.prefixed("Transform"), p.name + "x"})
		return true
	}},
	{name: "attribute of the Signature changed", apply: func(m *mutant) bool {
		p, ok := m.one(m.inside(hasAttributes))
		if ok {
			a := &p.attrs[m.IntN(len(p.attrs))]
			a.raw = pick(m.source, []string{"", a.raw + " ", " " + a.raw, a.raw + "x", "&#" + decimal('h') + ";" + a.raw})
		}
		return ok
	}},
	{name: "attribute added to the Signature", apply: func(m *mutant) bool {
		p, _ := m.one(m.inside(anyElement))
		p.attrs = append(p.attrs, attr{name: pick(m.source, []string{"Id", "ID", "x", "xml:lang", "xml:space", "xml:base", "xml:id"}),
			raw: pick(m.source, []string{"si-2", "e-1", "r-1", "en"}), quote: '"', before: " "})
		return true
	}},
}

// somePart picks an element inside the Signature.
func (m *mutant) somePart() (held, bool) {
	return m.one(m.inside(func(n *node) bool { return n.kind == element && n != m.signature }))
}

// prefixed returns a name as the Signature writes those of its namespace.
func (m *mutant) prefixed(local string) string {
	return m.signature.name[:len(m.signature.name)-len("Signature")] + local
}
