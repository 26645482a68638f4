package grammar

import "strings"

// A kind is what a node is.
type kind uint8

const (
	element     kind = iota
	text             // references unexpanded
	section          // the inside of a CDATA section
	comment          // its inside
	instruction      // its inside, target first
)

// A node is a part of a document as it is written: its spelling is part of it.
type node struct {
	kind     kind
	role     string // of a part of the Signature: its local name, numbered in a Reference
	raw      string // of all but elements
	name     string // of an element, as written
	attrs    []attr // namespace declarations among them, as written
	gap      string // white space before the > of the start tag
	endGap   string // and of the end tag
	empty    bool   // written <a/> if it has no children
	children []*node
}

// An attr is an attribute or namespace declaration as written.
type attr struct {
	name, raw   string
	quote       byte
	before      string // white space before it
	left, right string // white space around its =
}

func (a attr) declares() bool {
	return a.name == "xmlns" || strings.HasPrefix(a.name, "xmlns:")
}

func (n *node) write(b *strings.Builder) {
	switch n.kind {
	case text:
		b.WriteString(n.raw)
	case section:
		b.WriteString("<![CDATA[" + n.raw + "]]>")
	case comment:
		b.WriteString("<!--" + n.raw + "-->")
	case instruction:
		b.WriteString("<?" + n.raw + "?>")
	case element:
		n.writeElement(b)
	}
}

func (n *node) writeElement(b *strings.Builder) {
	b.WriteString("<" + n.name)
	for i := range n.attrs {
		a := &n.attrs[i]
		b.WriteString(a.before + a.name + a.left + "=" + a.right)
		b.WriteByte(a.quote)
		b.WriteString(a.raw)
		b.WriteByte(a.quote)
	}
	b.WriteString(n.gap)
	if n.empty && len(n.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">")
	for _, c := range n.children {
		c.write(b)
	}
	b.WriteString("</" + n.name + n.endGap + ">")
}

func (n *node) clone() *node {
	c := *n
	c.attrs = append([]attr(nil), n.attrs...)
	c.children = cloneAll(n.children)
	return &c
}

func cloneAll(nodes []*node) []*node {
	var all []*node
	for _, n := range nodes {
		all = append(all, n.clone())
	}
	return all
}

// walk calls visit for n and all in it, with the node that holds each; nil for n.
func (n *node) walk(parent *node, visit func(n, parent *node)) {
	visit(n, parent)
	for _, c := range n.children {
		c.walk(n, visit)
	}
}

// A document is a tree with what stands around it.
type document struct {
	head          string // byte order mark and XML declaration
	before, after []*node
	root          *node
}

func (d *document) clone() *document {
	return &document{head: d.head, before: cloneAll(d.before), after: cloneAll(d.after), root: d.root.clone()}
}

func (d *document) String() string {
	var b strings.Builder
	b.WriteString(d.head)
	for _, n := range d.before {
		n.write(&b)
	}
	d.root.write(&b)
	for _, n := range d.after {
		n.write(&b)
	}
	return b.String()
}

// part returns the part of the Signature with that role, and the node that holds it; nil
// where a change took it away.
func (d *document) part(role string) (found, parent *node) {
	d.root.walk(nil, func(n, p *node) {
		if n.role == role && found == nil {
			found, parent = n, p
		}
	})
	return found, parent
}
