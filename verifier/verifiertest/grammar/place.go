package grammar

import (
	"slices"
	"strings"
)

// place puts the Signature where a profile lets it stand: a child of the root, or
// anywhere in it.
func (g *generator) place(root, signature *node, anywhere bool) {
	parent := root
	if anywhere && g.oneIn(3) {
		var all []*node
		root.walk(nil, func(n, _ *node) {
			if n.kind == element {
				all = append(all, n)
			}
		})
		parent = pick(g.source, all)
	}
	var fit []int
	for i := range len(parent.children) + 1 {
		if !parent.splits(i) {
			fit = append(fit, i)
		}
	}
	// Either end is always fit, for nothing is on its other side.
	parent.children = slices.Insert(parent.children, pick(g.source, fit), signature)
}

// splits reports whether text stands on both sides of position i, before any tag.
func (n *node) splits(i int) bool {
	left, right := false, false
	for j := i - 1; j >= 0 && n.children[j].kind != element; j-- {
		left = left || n.children[j].isText()
	}
	for j := i; j < len(n.children) && n.children[j].kind != element; j++ {
		right = right || n.children[j].isText()
	}
	return left && right
}

func (n *node) isText() bool {
	return (n.kind == text || n.kind == section) && strings.Trim(n.raw, " \t\r\n") != ""
}
