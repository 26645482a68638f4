package verifier

import (
	"slices"
	"strings"

	"turnkey-gateway/verifier/xmltext"
)

// MessageInfo is what a document says of itself, as far as it could be read. Nothing in
// it is verified unless the document is.
type MessageInfo struct {
	Namespace string // of the root
	Root      string // local name of the root
	Type      string // code of a customs message, e.g. "N5203"; empty for others
	Version   string // of the message type, e.g. "R-00-05"

	// ID is the message's identity: the declaration number for types that carry one,
	// else FunctionalReferenceID. Exactly as it stands, blanks included; empty where
	// it is missing, longer than 200 bytes, or not one text.
	ID string
}

// typePrefix begins the namespace of a customs message: urn:wco:datamodel:TW:<code>:<version>.
const typePrefix = "urn:wco:datamodel:TW:"

const maxID = 200

func messageType(namespace string) (code, version string) {
	rest, ok := strings.CutPrefix(namespace, typePrefix)
	if !ok {
		return "", ""
	}
	code, version, _ = strings.Cut(rest, ":")
	return code, version
}

// identityElement is the root's child that holds the identity of a type's messages.
func identityElement(code string) string {
	if slices.Contains(identifiedByID, code) {
		return "ID"
	}
	return "FunctionalReferenceID"
}

// identifiedByID are the types of messages that carry a declaration's number.
var identifiedByID = []string{"N5203", "NX5105", "N5135", "N5205"}

// A claimed is a claim that a document makes.
type claimed struct {
	claim   int // index in the table's list
	value   string
	unclear bool // nobody holds it, whatever the value: see found
}

// A step is an element on the way to those whose text is sought.
type step struct {
	name   string
	sought int // what its text is sought for: an index of the type's claims, identity or none
	next   []*step
	names  []string // of next
}

const (
	none     = -1
	identity = -2
)

// steps returns the root's step for a message type.
func steps(code string, claims []Claim) *step {
	root := &step{sought: none}
	root.lead([]string{identityElement(code)}).sought = identity
	for i := range claims {
		root.lead(strings.Split(claims[i].Path, "/")).sought = i
	}
	return root
}

// lead makes the steps of a path and returns the last.
func (s *step) lead(path []string) *step {
	if len(path) == 0 {
		return s
	}
	at := slices.Index(s.names, path[0])
	if at < 0 {
		at = len(s.next)
		s.next = append(s.next, &step{name: path[0], sought: none})
		s.names = append(s.names, path[0])
	}
	return s.next[at].lead(path[1:])
}

// A gatherer collects a document's MessageInfo and claims as its tokens pass. It follows
// the steps of the message's type, and text only in elements that are sought.
type gatherer struct {
	engine *Engine
	info   MessageInfo
	want   []Claim

	way     []*step // to the innermost open element that is a step, the root's first
	target  int     // what the text is gathered for
	from    int     // where in texts it begins
	unclear bool    // there is more than a short text
	split   bool    // there is a comment or an instruction

	kept struct{ namespace, root string } // of the documents before

	texts  []byte // of what was found
	id     span
	claims []claimText
}

// A span is a part of texts.
type span struct{ begin, finish int }

type claimText struct {
	claim   int
	text    span
	unclear bool
}

func (g *gatherer) reset() {
	*g = gatherer{engine: g.engine, kept: g.kept, way: g.way[:0], texts: g.texts[:0], claims: g.claims[:0], target: none}
}

// watch tells s which start tags are steps.
func (g *gatherer) watch(s *xmltext.Skim) {
	if len(g.way) > 0 {
		s.Depth, s.Watched = len(g.way)+1, g.way[len(g.way)-1].names
	}
}

// busy reports whether text is being gathered.
func (g *gatherer) busy() bool { return g.target != none }

func (g *gatherer) token(t *xmltext.Tokenizer) {
	switch t.Kind {
	case xmltext.Start:
		g.start(t)
	case xmltext.End:
		if t.Depth() == len(g.way) {
			g.end()
		}
	case xmltext.Text:
		if g.busy() && t.Depth() == len(g.way) {
			g.gather(t, false)
		}
	case xmltext.CDATA:
		if g.busy() && t.Depth() == len(g.way) {
			g.gather(t, true)
		}
	case xmltext.Comment, xmltext.Instruction:
		g.split = true // only if busy does it mean anything
	}
}

func (g *gatherer) start(t *xmltext.Tokenizer) {
	depth := t.Depth()
	switch {
	case depth == 1:
		g.root(t)
	case g.busy():
		g.unclear = true
	case depth == len(g.way)+1 && string(t.Name.Namespace) == g.info.Namespace:
		here := g.way[len(g.way)-1]
		for i, name := range here.names {
			if string(t.Name.Local) == name {
				g.follow(here.next[i])
			}
		}
	}
}

func (g *gatherer) root(t *xmltext.Tokenizer) {
	if string(t.Name.Namespace) != g.kept.namespace {
		g.kept.namespace = string(t.Name.Namespace)
	}
	if string(t.Name.Local) != g.kept.root {
		g.kept.root = string(t.Name.Local)
	}
	g.info.Namespace, g.info.Root = g.kept.namespace, g.kept.root
	g.info.Type, g.info.Version = messageType(g.info.Namespace)
	g.want = g.engine.claims[g.info.Type]
	root := g.engine.steps[g.info.Type]
	if root == nil {
		root = g.engine.steps[""]
	}
	g.way = append(g.way, root)
}

func (g *gatherer) follow(s *step) {
	g.way = append(g.way, s)
	if s.sought == none || s.sought == identity && g.id != (span{}) {
		return
	}
	g.target, g.from, g.unclear, g.split = s.sought, len(g.texts), false, false
}

func (g *gatherer) gather(t *xmltext.Tokenizer, literal bool) {
	if g.unclear = g.unclear || len(g.texts)-g.from+len(t.Data) > 8*maxID; g.unclear {
		return
	}
	if literal {
		g.texts = xmltext.AppendLineEnds(g.texts, t.Data)
	} else {
		g.texts = xmltext.AppendText(g.texts, t.Data)
	}
}

// end ends the innermost step.
func (g *gatherer) end() {
	last := g.way[len(g.way)-1]
	g.way = g.way[:len(g.way)-1]
	if g.target != none && g.target == last.sought {
		g.found()
		g.target = none
	}
}

// found keeps the text of the element that ends. One that holds elements, or is split by
// a comment or an instruction, is read otherwise by readers that take all text in it, or
// the first; so it is unclear, as is one longer than any identifier.
func (g *gatherer) found() {
	text := span{g.from, len(g.texts)}
	length := text.finish - text.begin
	unclear := g.unclear || length > maxID || g.split && length > 0
	switch {
	case g.target == identity && !unclear && length > 0:
		g.id = text
	case g.target >= 0 && (unclear || length > 0):
		text.finish = text.begin + min(length, maxID+1)
		g.claim(claimText{g.target, text, unclear})
	default:
		g.texts = g.texts[:g.from]
	}
}

// claim keeps each claim once. No message makes as many different ones as are kept.
func (g *gatherer) claim(c claimText) {
	for _, o := range g.claims {
		if o.claim == c.claim && o.unclear == c.unclear && string(g.texts[o.text.begin:o.text.finish]) == string(g.texts[c.text.begin:c.text.finish]) {
			g.texts = g.texts[:c.text.begin]
			return
		}
	}
	if len(g.claims) > maxClaims {
		g.texts = g.texts[:c.text.begin]
		return
	}
	g.claims = append(g.claims, c)
}

// maxClaims is how many different claims a document may make.
const maxClaims = 32

// tell gives the message what was found. The strings are one allocation.
func (g *gatherer) tell(m *Message) {
	texts := string(g.texts)
	m.info, m.want = g.info, g.want
	m.info.ID = texts[g.id.begin:g.id.finish]
	m.claims = m.room.claims[:0]
	for _, c := range g.claims[:min(len(g.claims), maxClaims)] {
		m.claims = append(m.claims, claimed{c.claim, texts[c.text.begin:c.text.finish], c.unclear})
	}
	if len(g.claims) > maxClaims {
		// Any claim may be among those that weren't kept, and the table's first counts.
		m.claims[0] = claimed{claim: 0, unclear: true}
	}
}
