package grammar

import (
	"bytes"
	"slices"

	"turnkey-gateway/verifier/verifiertest/oracle"
)

// A Mutation is a changed document.
type Mutation struct {
	Name     string // of what was changed
	Text     []byte
	Resigned bool // what was changed was signed anew

	// Keeps is the widest profile whose verdict on the document, and the signed octets,
	// the change leaves as they were: cpt for a mere respelling, interop where cpt objects
	// to the new spelling, empty where anything may come of it.
	Keeps string
}

// A change is a way to change a document.
type change struct {
	name  string
	keeps string // see [Mutation]

	// apply changes m, or reports that there is nothing in it to change.
	apply func(m *mutant) bool
}

var changes = slices.Concat(byteChanges, shapeChanges, signatureChanges, spellings, namespaceChanges,
	remarks, infoChanges, keyInfoChanges, prologChanges)

// anew is added to the name of a change after which the document was signed again.
const anew = ", signed anew"

// Changes returns the names of all changes, but for those that are signed anew.
func Changes() []string {
	var names []string
	for _, c := range changes {
		names = append(names, c.name)
	}
	return names
}

// A mutant is a document under change.
type mutant struct {
	source
	*document
	plan      plan
	signature *node
	holder    *node  // of the signature
	original  []byte // as signed
	text      []byte // what became of it, if not what the tree says
}

// Mutate makes the change of that number.
func (d *Document) Mutate(number int) Mutation {
	s := newSource(d.Seed, streamMutation+uint64(number))
	for {
		c := pick(s, changes)
		m := d.mutant(s)
		if !c.apply(m) {
			continue
		}
		made := m.finish(&c)
		if !bytes.Equal(made.Text, d.Text) {
			return made
		}
	}
}

func (d *Document) mutant(s source) *mutant {
	m := &mutant{source: s, document: d.tree.clone(), plan: d.plan, original: d.Text}
	m.plan.references = slices.Clone(d.plan.references)
	m.signature, m.holder = m.part("Signature")
	return m
}

// finish signs what changed in the tree anew at times; one that can't be signed any more
// is left as it is.
func (m *mutant) finish(c *change) Mutation {
	made := Mutation{Name: c.name, Keeps: c.keeps, Text: m.text}
	if m.text != nil {
		return made
	}
	if c.keeps == "" && m.oneIn(8) {
		again := m.document.clone()
		if sign(again, &m.plan, m.source, oracle.Own{}) == nil {
			return Mutation{Name: c.name + anew, Text: []byte(again.String()), Resigned: true}
		}
	}
	made.Text = []byte(m.String())
	return made
}
