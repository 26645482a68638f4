package grammar

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"turnkey-gateway/verifier/c14n"
)

// Changes of what SignedInfo says, and of how its values and the SignatureValue are
// written. The plan follows where it can, so that they can be signed anew as well.
var infoChanges = []change{
	{name: "CanonicalizationMethod", apply: func(m *mutant) bool {
		m.plan.method = c14n.Options{Method: c14n.Method(m.IntN(3)), Comments: m.oneIn(3)}
		return m.reform("CanonicalizationMethod", m.plan.method)
	}},
	{name: "Transform's canonicalisation", apply: func(m *mutant) bool {
		r := &m.plan.references[0]
		if !r.named {
			return false
		}
		r.form = c14n.Options{Method: c14n.Method(m.IntN(3)), Comments: m.oneIn(3)}
		return m.retransform(func(all []*node) []*node {
			last := all[len(all)-1]
			last.setAlgorithm(r.form.Method.URI(r.form.Comments))
			last.children = nil
			return all
		})
	}},
	{name: "PrefixList", apply: func(m *mutant) bool {
		list, ok := m.one(m.inside(func(n *node) bool { return strings.HasSuffix(n.name, "InclusiveNamespaces") }))
		if !ok {
			return false
		}
		prefix := pick(m.source, prefixes)
		list.attrs[slices.IndexFunc(list.attrs, func(a attr) bool { return a.name == "PrefixList" })].raw = prefix
		return true
	}},
	{name: "SignatureMethod", apply: func(m *mutant) bool {
		all := slices.Concat(rsaAlgorithms, pssAlgorithms, ecdsaAlgorithms, []algorithm{rsaSHA1})
		a := pick(m.source, all)
		if m.plan.algorithm.uri != a.uri && len(a.uri) > 0 && strings.Contains(a.uri, "ecdsa") == strings.Contains(m.plan.algorithm.uri, "ecdsa") {
			m.plan.algorithm = a
		}
		return m.realgorithm("SignatureMethod", a.uri)
	}},
	{name: "SignatureMethod unknown", apply: func(m *mutant) bool {
		return m.realgorithm("SignatureMethod", pick(m.source, []string{
			dsigNamespace + "hmac-sha1", more + "hmac-sha256", dsigNamespace + "dsa-sha1", more + "rsa-md5", more07 + "rsa-pss", "", "urn:x:1",
			m.plan.algorithm.uri + " ", strings.ToUpper(m.plan.algorithm.uri), more + "rsa-sha224", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"}))
	}},
	{name: "HMACOutputLength", apply: func(m *mutant) bool {
		p, _ := m.part("SignatureMethod")
		if p != nil {
			p.children = []*node{{kind: element, name: m.prefixed("HMACOutputLength"), children: []*node{{kind: text, raw: "8"}}}}
		}
		return p != nil
	}},
	{name: "DigestMethod", apply: func(m *mutant) bool {
		m.plan.references[0].digest = pick(m.source, append([]algorithm{sha1Digest}, digests...))
		return m.realgorithm("DigestMethod", m.plan.references[0].digest.uri)
	}},
	{name: "DigestMethod unknown", apply: func(m *mutant) bool {
		return m.realgorithm("DigestMethod", pick(m.source, []string{more + "md5", more + "sha224", "urn:x:1", "", "http://www.w3.org/2007/05/xmldsig-more#sha3-256"}))
	}},
	{name: "Transform added", apply: func(m *mutant) bool {
		return m.retransform(func(all []*node) []*node { return slices.Insert(all, m.IntN(len(all)+1), m.transform()) })
	}},
	{name: "Transform doubled", apply: func(m *mutant) bool {
		return m.retransform(func(all []*node) []*node { return append(all, pick(m.source, all).clone()) })
	}},
	{name: "Transform removed", apply: func(m *mutant) bool {
		return m.retransform(func(all []*node) []*node {
			i := m.IntN(len(all))
			r := &m.plan.references[0]
			if i == 0 {
				r.enveloped = false
			} else {
				r.form = c14n.Options{}
			}
			return slices.Delete(all, i, i+1)
		})
	}},
	{name: "Transforms in another order", apply: func(m *mutant) bool {
		return m.retransform(func(all []*node) []*node {
			slices.Reverse(all)
			return all
		})
	}},
	{name: "Transforms removed", apply: func(m *mutant) bool {
		p, parent := m.part("Transforms")
		if p != nil {
			held{p, parent}.remove()
		}
		return p != nil
	}},
	{name: "Reference's URI", apply: func(m *mutant) bool {
		p, _ := m.part("Reference0")
		if p == nil {
			return false
		}
		uri := pick(m.source, []string{"", "#", "#r-1", "#e-1", "#other", "x", "#xpointer(/)", "#xpointer(id('r-1'))", "http://127.0.0.1:9/x", "file:///etc/hostname", "#s-1", "#si-1", "&#35;"})
		for i := range p.attrs {
			if p.attrs[i].name == "URI" {
				p.attrs[i].raw, p.attrs[i].quote = uri, '"'
			}
		}
		return true
	}},
	{name: "Reference without URI", apply: func(m *mutant) bool {
		p, _ := m.part("Reference0")
		if p != nil {
			p.attrs = slices.DeleteFunc(p.attrs, func(a attr) bool { return a.name == "URI" })
		}
		return p != nil
	}},
	{name: "Reference's Type", apply: func(m *mutant) bool {
		p, _ := m.part("Reference0")
		return p != nil && p.declare(attr{name: "Type", raw: pick(m.source, []string{dsigNamespace + "Manifest", dsigNamespace + "Object", "urn:x:1"}), quote: '"', before: " "})
	}},
	{name: "Reference doubled", apply: func(m *mutant) bool {
		p, parent := m.part("Reference0")
		if p == nil {
			return false
		}
		second := p.clone()
		second.walk(nil, func(n, _ *node) { n.role = "" })
		parent.insert(held{p, parent}.index()+1, second)
		return true
	}},
	{name: "Id on SignedInfo", apply: func(m *mutant) bool {
		p, _ := m.part("SignedInfo")
		return p != nil && p.declare(attr{name: pick(m.source, []string{"Id", "ID", "xml:lang", "xml:id"}), raw: "si-3", quote: '"', before: " "})
	}},
	{name: "white space in SignedInfo", apply: func(m *mutant) bool {
		p, ok := m.one(m.inside(func(n *node) bool { return n.kind == element && len(n.children) > 0 && n.children[0].kind == element }))
		if ok {
			p.insert(m.IntN(len(p.children)+1), &node{kind: text, raw: pick(m.source, []string{" ", "\n", "\t", "&#32;", "&#13;", "x"})})
		}
		return ok
	}},
	{name: "DigestValue spelled otherwise", apply: func(m *mutant) bool { return m.redigest(m.spaced) }},
	{name: "DigestValue wrong", apply: func(m *mutant) bool { return m.redigest(m.misspelled) }},
	{name: "SignatureValue spelled otherwise", apply: func(m *mutant) bool { return m.revalue(m.spaced) }},
	{name: "SignatureValue wrong", apply: func(m *mutant) bool { return m.revalue(m.misspelled) }},
	{name: "SignatureValue of another length", apply: func(m *mutant) bool {
		return m.revalue(func(raw string) string {
			value, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(expanded(raw)), ""))
			if err != nil || len(value) == 0 {
				return "AA=="
			}
			value = pick(m.source, [][]byte{value[1:], value[:len(value)-1], append([]byte{0}, value...), append(value, 0), make([]byte, len(value)), nil})
			return base64.StdEncoding.EncodeToString(value)
		})
	}},
	{name: "value in CDATA", apply: func(m *mutant) bool {
		t, ok := m.one(m.inside(func(n *node) bool { return n.kind == text && n.isText() }))
		if ok {
			t.kind, t.raw = section, expanded(t.raw)
		}
		return ok
	}},
}

// reform writes a canonicalisation into a part, without parameters.
func (m *mutant) reform(role string, form c14n.Options) bool {
	p, _ := m.part(role)
	if p == nil {
		return false
	}
	p.children = nil
	p.setAlgorithm(form.Method.URI(form.Comments))
	return true
}

func (m *mutant) realgorithm(role, uri string) bool {
	p, _ := m.part(role)
	if p != nil {
		p.setAlgorithm(uri)
	}
	return p != nil
}

func (n *node) setAlgorithm(uri string) {
	for i := range n.attrs {
		if n.attrs[i].name == "Algorithm" {
			n.attrs[i].raw = uri
		}
	}
}

// retransform changes the list of the first Transforms.
func (m *mutant) retransform(edit func([]*node) []*node) bool {
	p, _ := m.part("Transforms")
	if p == nil {
		return false
	}
	all := slices.DeleteFunc(p.children, func(n *node) bool { return n.kind != element })
	if len(all) == 0 {
		return false
	}
	p.children = edit(all)
	return true
}

// transform returns one of the transforms that should not be there.
func (m *mutant) transform() *node {
	uri := pick(m.source, []string{
		envelopedURI, "http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/TR/1999/REC-xpath-19991116", "http://www.w3.org/2002/06/xmldsig-filter2",
		dsigNamespace + "base64", "http://www.w3.org/2002/07/decrypt#XML", "urn:x:1", "", c14n.Inclusive10.URI(false), c14n.Exclusive.URI(true), c14n.Inclusive11.URI(false)})
	n := &node{kind: element, name: m.prefixed("Transform"), attrs: []attr{{name: "Algorithm", raw: uri, quote: '"', before: " "}}}
	if strings.Contains(uri, "xpath") {
		n.children = []*node{{kind: element, name: m.prefixed("XPath"), children: []*node{{kind: text, raw: "not(ancestor-or-self::x)"}}}}
	}
	return n
}

// redigest spells a digest otherwise, now and when it is computed anew.
func (m *mutant) redigest(spell func(string) string) bool {
	p, _ := m.part("DigestValue" + strconv.Itoa(m.IntN(len(m.plan.references))))
	if p == nil || len(p.children) == 0 {
		return false
	}
	p.children[0].raw = spell(p.children[0].raw)
	m.plan.spell = spell
	return true
}

// revalue spells the SignatureValue otherwise.
func (m *mutant) revalue(spell func(string) string) bool {
	p, _ := m.part("SignatureValue")
	if p == nil || len(p.children) == 0 {
		return false
	}
	p.children[0].raw = spell(p.children[0].raw)
	m.text = []byte(m.String())
	return true
}

// spaced puts white space that base64Binary allows (XML Schema Part 2, 3.2.16), or a
// reference for a character, into a value.
func (m *mutant) spaced(raw string) string {
	at := literals(raw)
	if len(at) == 0 {
		return raw
	}
	i := pick(m.source, at)
	if m.oneIn(4) {
		return raw[:i] + m.referenceTo(rune(raw[i])) + raw[i+1:]
	}
	return raw[:i] + pick(m.source, []string{" ", "\n", "\t", "\r\n", "&#32;", "&#13;", "&#10;", "  "}) + raw[i:]
}

// misspelled makes base64 that is not, or not of the same octets.
func (m *mutant) misspelled(raw string) string {
	at := literals(raw)
	if len(at) == 0 {
		return "="
	}
	i := pick(m.source, at)
	switch m.IntN(8) {
	case 0:
		return strings.TrimRight(raw, "=")
	case 1:
		return raw + "="
	case 2:
		return loosened(raw)
	case 3:
		return raw[:i] + pick(m.source, []string{"-", "_", "!", "\u00a0", "&lt;", "=", "é", "\u2028"}) + raw[i:]
	case 4:
		return raw[:i] + raw[i+1:]
	case 5:
		return raw + raw
	case 6:
		return ""
	}
	return raw[:i] + pick(m.source, []string{"A", "B", "/", "+"}) + raw[i+1:]
}

// loosened sets bits of the last digit that stand for nothing (RFC 4648, 3.5).
func loosened(raw string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	end := strings.IndexByte(raw, '=')
	if end < 1 {
		return raw + "A"
	}
	last := strings.IndexByte(digits, raw[end-1])
	if last < 0 {
		return raw + "A"
	}
	return raw[:end-1] + string(digits[last^1]) + raw[end:]
}
