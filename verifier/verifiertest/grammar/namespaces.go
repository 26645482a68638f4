package grammar

import (
	"maps"
	"slices"
	"strings"
)

const (
	dsigNamespace = "http://www.w3.org/2000/09/xmldsig#"
	xmlNamespace  = "http://www.w3.org/XML/1998/namespace"
)

var (
	// The order of some as namespace names is not that of the prefixes that they get, nor
	// the one that ignores case.
	namespaceNames = []string{
		"urn:a:1", "urn:a:10", "urn:a:2", "urn:b:1", "URN:a:1", "urn:z:9", "http://example.org/x", "http://example.org/X",
		"urn:wco:datamodel:WCO:DS:1", "urn:wco:datamodel:TW:N5203:R-00-05", "urn:q:it's", "urn:a:%7E", dsigNamespace,
	}
	// Escaped, as all values are, by those who read Canonical XML 2.3 to its end.
	awkwardName = "http://example.org/?a=1&b=2"

	prefixes   = []string{"a", "b", "c", "ds", "p", "q", "s", "xs", "z", "A", "_", "ns-1", "n.2", "é", "名"}
	localNames = []string{"ID", "a", "b", "B", "Item", "Agent", "tw_SubBoxID", "x.y", "x-1", "_", "é", "名", "Signature", "SignedInfo", "xmlx"}

	// These are names since the fifth edition of XML 1.0 (2.3).
	recentNames = []string{"\u0221x", "\U00010000", "a\u2c00"}
)

// A scope is what prefixes are bound to; the default namespace is that of "".
type scope map[string]string

// bound returns the prefixes that elements may use.
func (s scope) bound() []string {
	return slices.Sorted(maps.Keys(s))
}

// declare makes up to n declarations, and returns them with the scope inside.
func (g *generator) declare(outside scope, n int) ([]attr, scope) {
	inside := maps.Clone(outside)
	var declarations []attr
	for range n {
		name, prefix := "xmlns", ""
		if !g.oneIn(4) {
			prefix = pick(g.source, prefixes)
			name = "xmlns:" + prefix
		}
		if slices.ContainsFunc(declarations, func(a attr) bool { return a.name == name }) {
			continue
		}
		uri := pick(g.source, namespaceNames)
		if g.awkward && g.oneIn(4) {
			uri = awkwardName
		}
		if again := outside[prefix]; again != "" && g.oneIn(4) {
			uri = again // superfluous
		}
		if prefix == "" && g.oneIn(3) {
			uri = ""
		}
		inside[prefix] = uri
		a := g.spelled(name)
		a.raw = g.spelledURI(uri, a.quote)
		declarations = append(declarations, a)
	}
	if g.oneIn(100) {
		a := g.spelled("xmlns:xml")
		a.raw = xmlNamespace
		declarations = append(declarations, a)
	}
	return declarations, inside
}

// spelledURI writes a namespace name as a value.
func (g *generator) spelledURI(uri string, quote byte) string {
	var b strings.Builder
	for _, r := range uri {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == rune(quote):
			b.WriteString("&#x27;")
		case g.oneIn(200):
			b.WriteString("&#" + decimal(r) + ";")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// qualified returns a name that is bound, and its namespace. An attribute without a
// prefix is in none.
func (g *generator) qualified(in scope, forElement bool) (name, namespace string) {
	local := pick(g.source, localNames)
	if g.recent && g.oneIn(8) {
		local = pick(g.source, recentNames)
	}
	prefix := pick(g.source, append([]string{""}, in.bound()...))
	namespace = in[prefix]
	if prefix == "" {
		if !forElement {
			namespace = ""
		}
		return local, namespace
	}
	if namespace == "" {
		return local, in[""]
	}
	if namespace == dsigNamespace && local == "Signature" {
		local = "Object"
	}
	return prefix + ":" + local, namespace
}
