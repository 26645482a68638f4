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
	// it is missing or longer than 200 bytes.
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
	switch code {
	case "N5203", "NX5105", "N5135", "N5205":
		return "ID"
	}
	return "FunctionalReferenceID"
}

// A claimed is a claim that a document makes.
type claimed struct {
	claim int // index in the table's list
	value string
}

// A gatherer collects a document's MessageInfo and claims as its tokens pass. It follows
// only paths near the root, and text only in elements that it looks for.
type gatherer struct {
	table  ClaimTable
	info   MessageInfo
	want   []Claim
	claims []claimed

	path   []byte // local names of the open elements below the root, / between them
	lost   int    // depth from which on the path is not followed; 0 if it is
	target int    // what the text is gathered for: an index of want, identity or none
	depth  int    // of the element whose text is gathered
	text   []byte
	tooBig bool
}

const (
	none     = -1
	identity = -2
)

func (g *gatherer) reset(table ClaimTable) {
	*g = gatherer{table: table, path: g.path[:0], text: g.text[:0], target: none}
}

func (g *gatherer) token(t *xmltext.Tokenizer) {
	switch t.Kind {
	case xmltext.Start:
		g.start(t)
	case xmltext.End:
		g.end(t)
	case xmltext.Text:
		if g.target != none && t.Depth() == g.depth {
			g.gather(t, false)
		}
	case xmltext.CDATA:
		if g.target != none && t.Depth() == g.depth {
			g.gather(t, true)
		}
	}
}

func (g *gatherer) start(t *xmltext.Tokenizer) {
	depth := t.Depth()
	if depth == 1 {
		g.info.Namespace, g.info.Root = string(t.Name.Namespace), string(t.Name.Local)
		g.info.Type, g.info.Version = messageType(g.info.Namespace)
		g.want = g.table[g.info.Type]
		return
	}
	if g.lost != 0 {
		return
	}
	if depth > maxClaimDepth+1 || string(t.Name.Namespace) != g.info.Namespace {
		g.lost = depth
		return
	}
	if len(g.path) > 0 {
		g.path = append(g.path, '/')
	}
	g.path = append(g.path, t.Name.Local...)
	if target := g.sought(); target != none {
		g.target, g.depth, g.text, g.tooBig = target, depth, g.text[:0], false
	}
}

// sought returns what the element at the path is sought for.
func (g *gatherer) sought() int {
	if g.info.ID == "" && string(g.path) == identityElement(g.info.Type) {
		return identity
	}
	for i := range g.want {
		if g.want[i].Path == string(g.path) {
			return i
		}
	}
	return none
}

func (g *gatherer) gather(t *xmltext.Tokenizer, literal bool) {
	if g.tooBig = g.tooBig || len(g.text)+len(t.Data) > 8*maxID; g.tooBig {
		return
	}
	if literal {
		g.text = append(g.text, t.Data...)
	} else {
		g.text = xmltext.AppendText(g.text, t.Data)
	}
}

func (g *gatherer) end(t *xmltext.Tokenizer) {
	depth := t.Depth()
	if g.lost != 0 {
		if depth == g.lost {
			g.lost = 0
		}
		return
	}
	if depth == 1 {
		return
	}
	if g.target != none && depth == g.depth {
		g.found()
		g.target = none
	}
	last := len(g.path)
	for last > 0 && g.path[last-1] != '/' {
		last--
	}
	g.path = g.path[:max(last-1, 0)]
}

// found keeps the text of the element that ends. An over-long claim is kept cut: no
// identifier is that long, so that nobody holds it.
func (g *gatherer) found() {
	long := g.tooBig || len(g.text) > maxID
	switch {
	case g.target == identity && !long:
		g.info.ID = string(g.text)
	case g.target >= 0 && (long || len(g.text) > 0):
		g.claim(claimed{g.target, string(g.text[:min(len(g.text), maxID+1)])})
	}
}

// claim keeps each claim once. No message makes as many different ones as are kept; the
// rest is refused with the last, which nobody holds.
func (g *gatherer) claim(c claimed) {
	switch {
	case slices.Contains(g.claims, c):
	case len(g.claims) == maxClaims:
		g.claims[maxClaims-1].value = tooManyClaims
	default:
		g.claims = append(g.claims, c)
	}
}

const (
	maxClaims     = 32
	tooManyClaims = "\x00 too many different claims"
)
