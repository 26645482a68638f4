package grammar

import (
	"encoding/base64"
	"slices"
)

// Changes of KeyInfo, which nothing signs and which may lead to no other key.
var keyInfoChanges = []change{
	{name: "KeyInfo removed", apply: func(m *mutant) bool {
		p, parent := m.part("KeyInfo")
		if p != nil {
			held{p, parent}.remove()
		}
		return p != nil
	}},
	{name: "KeyInfo doubled", apply: func(m *mutant) bool {
		p, parent := m.part("KeyInfo")
		if p != nil {
			parent.insert(held{p, parent}.index(), p.clone())
		}
		return p != nil
	}},
	{name: "KeyInfo moved", apply: func(m *mutant) bool {
		p, parent := m.part("KeyInfo")
		if p != nil {
			held{p, parent}.remove()
			parent.insert(m.IntN(len(parent.children)+1), p)
		}
		return p != nil
	}},
	{name: "KeyInfo of a stranger", apply: func(m *mutant) bool {
		return m.inform(m.leaf("X509Data", m.leaf("X509Certificate", &node{kind: text, raw: base64.StdEncoding.EncodeToString(Stranger().DER)})))
	}},
	{name: "stranger's certificate first", apply: func(m *mutant) bool {
		p, parent := m.part("X509Certificate")
		if p != nil {
			parent.insert(held{p, parent}.index()+m.IntN(2), m.leaf("X509Certificate", &node{kind: text, raw: base64.StdEncoding.EncodeToString(Stranger().DER)}))
		}
		return p != nil
	}},
	{name: "RetrievalMethod", apply: func(m *mutant) bool {
		n := m.leaf("RetrievalMethod")
		n.attrs = []attr{{name: "URI", raw: pick(m.source, []string{"", "#s-1", "http://127.0.0.1:9/x", "file:///etc/hostname"}), quote: '"', before: " "}}
		return m.inform(n)
	}},
	{name: "KeyName", apply: func(m *mutant) bool { return m.inform(m.leaf("KeyName", &node{kind: text, raw: "x"})) }},
	{name: "something unknown in KeyInfo", apply: func(m *mutant) bool {
		return m.inform(&node{kind: element, name: pick(m.source, []string{"x", m.prefixed("Object"), m.prefixed("SignedInfo"), m.prefixed("X509Data"), m.prefixed("KeyValue")})})
	}},
	{name: "text in KeyInfo changed", apply: func(m *mutant) bool {
		p, _ := m.part("KeyInfo")
		if p == nil {
			return false
		}
		var all []*node
		p.walk(nil, func(n, _ *node) {
			if n.kind == text && n.isText() {
				all = append(all, n)
			}
		})
		if len(all) == 0 {
			return false
		}
		t := pick(m.source, all)
		if m.oneIn(2) {
			t.raw = m.spaced(t.raw)
		} else {
			t.raw = m.misspelled(t.raw)
		}
		return true
	}},
}

// leaf returns an element of the Signature's namespace.
func (m *mutant) leaf(local string, children ...*node) *node {
	return &node{kind: element, name: m.prefixed(local), children: children}
}

// inform puts n into KeyInfo, at times instead of all else.
func (m *mutant) inform(n *node) bool {
	p, _ := m.part("KeyInfo")
	if p == nil {
		m.signature.children = slices.Insert(m.signature.children, len(m.signature.children), m.leaf("KeyInfo", n))
		return true
	}
	if m.oneIn(2) {
		p.children = []*node{n}
	} else {
		p.insert(m.IntN(len(p.children)+1), n)
	}
	return true
}
