package grammar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A generator makes one document. Its fields are the document's habits.
type generator struct {
	source
	lines    string // line end; empty: mixed
	comments bool   // wherever they may stand, beside text too
	apart    bool   // where no text is beside them
	declares int    // one element in so many declares namespaces
	recent   bool   // names of the fifth edition
	bases    bool   // xml:base
	awkward  bool   // a namespace name that must be escaped
	tame     bool   // what goxmldsig is known to err on is left out
	left     int    // elements still to be made
	ids      int    // xml:id given
}

// generate makes an unsigned document. Anywhere lets comments touch text.
func generate(s source, anywhere bool) *document {
	g := &generator{
		source:   s,
		lines:    pick(s, []string{"\n", "\n", "\r\n", "\r", ""}),
		comments: anywhere && s.oneIn(3),
		apart:    s.oneIn(3),
		declares: pick(s, []int{2, 4, 8, 30}),
		recent:   s.oneIn(200),
		bases:    s.oneIn(40),
		awkward:  s.oneIn(40),
		tame:     s.oneIn(3),
	}
	d := &document{head: g.head()}
	d.before = g.outside()
	d.root = g.root()
	d.after = g.outside()
	return d
}

// head returns what may stand at byte 0: a byte order mark and an XML declaration.
func (g *generator) head() string {
	head := ""
	if g.oneIn(6) {
		head = "\ufeff"
	}
	switch g.IntN(8) {
	case 0:
		return head
	case 1:
		return head + `<?xml version="1.0"?>`
	case 2:
		return head + `<?xml version='1.0' encoding='utf-8' standalone='yes' ?>`
	case 3:
		return head + "<?xml" + g.newline() + "version = \"1.0\"\tencoding =\r\n\"Utf-8\"?>" + g.newline()
	case 4:
		return head + `<?xml version="1.0" standalone="no"?>` + g.newline()
	}
	return head + `<?xml version="1.0" encoding="UTF-8"?>` + g.newline()
}

// outside returns what may stand before or behind the root.
func (g *generator) outside() []*node {
	var all []*node
	for g.oneIn(3) && !g.tame {
		switch g.IntN(3) {
		case 0:
			all = append(all, &node{kind: text, raw: g.blank()})
		case 1:
			all = append(all, &node{kind: instruction, raw: g.instruction()})
		case 2:
			all = append(all, &node{kind: comment, raw: g.comment()})
		}
	}
	// White space at byte 0 may not precede a declaration; there is one or none.
	return append(all, &node{kind: text, raw: g.blank()})
}

// root makes the root in one of several shapes.
func (g *generator) root() *node {
	switch n := g.IntN(1000); {
	case n == 0:
		return g.chain(g.between(300, 900), scope{})
	case n < 15:
		return g.chain(g.between(20, 120), scope{})
	case n < 40: // flat
		root := g.bare(scope{}, g.between(0, 6), g.between(0, 3))
		for range g.between(20, 150) {
			root.append(g.bare(root.inside, 0, g.IntN(2)).node)
		}
		return root.node
	case n < 70: // many attributes and declarations
		root := g.bare(scope{}, g.between(8, 15), g.between(10, 60))
		for range g.between(1, 4) {
			root.append(g.bare(root.inside, g.between(0, 15), g.between(5, 40)).node)
		}
		return root.node
	}
	g.left = g.between(2, 40)
	return g.tree(scope{}, g.between(0, 6), 1)
}

// A built is an element with the scope inside it.
type built struct {
	*node
	inside scope
}

func (b *built) append(n ...*node) { b.children = append(b.children, n...) }

// chain makes elements each inside the other.
func (g *generator) chain(depth int, outside scope) *node {
	root := g.bare(outside, g.between(0, 4), 1)
	for at := root; depth > 1; depth-- {
		n := 0
		if g.oneIn(g.declares) {
			n = g.between(1, 2)
		}
		inner := g.bare(at.inside, n, g.IntN(2))
		at.append(g.gap()...)
		at.append(inner.node)
		at.append(g.gap()...)
		at = inner
	}
	return root.node
}

// tree makes an element with elements in it.
func (g *generator) tree(outside scope, declarations, depth int) *node {
	e := g.bare(outside, declarations, g.attributeCount())
	e.append(g.gap()...)
	for children := g.IntN(6); children > 0 && g.left > 0 && depth < 12; children-- {
		g.left--
		n := 0
		if g.oneIn(g.declares) {
			n = g.between(1, 3)
		}
		e.append(g.tree(e.inside, n, depth+1))
		e.append(g.gap()...)
	}
	return e.node
}

func (g *generator) attributeCount() int {
	if g.oneIn(2) {
		return 0
	}
	return g.IntN(6)
}

// gap makes what stands between two tags.
func (g *generator) gap() []*node {
	withComments := g.comments || g.apart && g.oneIn(2)
	withText := !withComments || g.comments
	var all []*node
	for range g.IntN(4) {
		switch n := g.IntN(8); {
		case n < 3 && withText:
			all = append(all, &node{kind: text, raw: g.text()})
		case n == 3 && withText:
			all = append(all, &node{kind: section, raw: g.section()})
		case n == 4:
			all = append(all, &node{kind: instruction, raw: g.instruction()})
		case n == 5 && withComments:
			all = append(all, &node{kind: comment, raw: g.comment()})
		default:
			all = append(all, &node{kind: text, raw: g.blank()})
		}
	}
	return all
}

// bare makes an element without children.
func (g *generator) bare(outside scope, declarations, attributes int) *built {
	declared, inside := g.declare(outside, declarations)
	e := &built{&node{kind: element, empty: g.oneIn(2)}, inside}
	e.name, _ = g.qualified(inside, true)
	if e.name == "Signature" && inside[""] == dsigNamespace {
		e.name = "Object"
	}
	e.attrs = append(declared, g.attributes(inside, attributes)...)
	g.Shuffle(len(e.attrs), func(i, j int) { e.attrs[i], e.attrs[j] = e.attrs[j], e.attrs[i] })
	if g.oneIn(10) {
		e.gap = pick(g.source, []string{" ", "\t", g.newline()})
	}
	if g.oneIn(10) {
		e.endGap = pick(g.source, []string{" ", "\t", g.newline()})
	}
	return e
}

// attributes makes up to n attributes with different names.
func (g *generator) attributes(in scope, n int) []attr {
	var all []attr
	var taken []string
	add := func(name, expanded, raw string) {
		if slices.Contains(taken, expanded) {
			return
		}
		taken = append(taken, expanded)
		a := g.spelled(name)
		if raw == "" {
			raw = g.value(a.quote)
		}
		a.raw = raw
		all = append(all, a)
	}
	for range n {
		if g.tame {
			in = scope{}
		}
		if g.oneIn(12) && !g.tame {
			name, raw := g.xmlAttribute()
			add(name, name, raw)
			continue
		}
		name, namespace := g.qualified(in, false)
		_, local, prefixed := strings.Cut(name, ":")
		if !prefixed {
			namespace, local = "", name
		}
		add(name, namespace+" "+local, "")
	}
	return all
}

// xmlAttribute returns an attribute of the xml namespace.
func (g *generator) xmlAttribute() (name, raw string) {
	switch n := g.IntN(8); {
	case n < 3:
		return "xml:lang", pick(g.source, []string{"zh-TW", "en", "x-&#49;"})
	case n < 5:
		return "xml:space", pick(g.source, []string{"preserve", "default"})
	case n < 6:
		g.ids++
		return "xml:id", "n" + strconv.Itoa(g.ids)
	case n < 7 && g.bases:
		return "xml:base", pick(g.source, []string{"http://example.org/a/b", "http://example.org/c/", "d/e", "../f", "?g", "/h"})
	}
	return "xml:other", "1"
}

// spelled returns an attribute of that name, with white space and quotes around its value.
func (g *generator) spelled(name string) attr {
	a := attr{name: name, quote: '"', before: " "}
	if g.oneIn(4) {
		a.quote = '\''
	}
	if g.oneIn(8) {
		a.before = g.newline() + strings.Repeat(" ", g.IntN(3))
	}
	if g.oneIn(12) {
		a.left, a.right = pick(g.source, []string{"", " ", "\t"}), pick(g.source, []string{"", " ", g.newline()})
	}
	return a
}

func decimal(r rune) string { return fmt.Sprintf("%d", r) }
