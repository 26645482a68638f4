package grammar

import (
	"crypto"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"math/rand/v2"
	"strconv"

	"turnkey-gateway/verifier/c14n"
)

// An algorithm is what an Algorithm attribute says.
type algorithm struct {
	uri  string
	hash crypto.Hash
}

const (
	envelopedURI = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	more         = "http://www.w3.org/2001/04/xmldsig-more#"
	more07       = "http://www.w3.org/2007/05/xmldsig-more#"
)

var (
	digests = []algorithm{
		{"http://www.w3.org/2001/04/xmlenc#sha256", crypto.SHA256},
		{more + "sha384", crypto.SHA384},
		{"http://www.w3.org/2001/04/xmlenc#sha512", crypto.SHA512},
	}
	sha1Digest = algorithm{dsigNamespace + "sha1", crypto.SHA1}

	rsaAlgorithms   = []algorithm{{more + "rsa-sha256", crypto.SHA256}, {more + "rsa-sha384", crypto.SHA384}, {more + "rsa-sha512", crypto.SHA512}}
	pssAlgorithms   = []algorithm{{more07 + "sha256-rsa-MGF1", crypto.SHA256}, {more07 + "sha384-rsa-MGF1", crypto.SHA384}, {more07 + "sha512-rsa-MGF1", crypto.SHA512}}
	ecdsaAlgorithms = []algorithm{{more + "ecdsa-sha256", crypto.SHA256}, {more + "ecdsa-sha384", crypto.SHA384}, {more + "ecdsa-sha512", crypto.SHA512}, {more + "ecdsa-sha1", crypto.SHA1}}
	rsaSHA1         = algorithm{dsigNamespace + "rsa-sha1", crypto.SHA1}
)

// A plan says how a document is signed.
type plan struct {
	profile    string // the narrowest that takes it
	key        *Key
	algorithm  algorithm
	method     c14n.Options // of SignedInfo
	references []reference
	signer     int // which canonicaliser is used

	// spell writes digests otherwise than usual; nil does not.
	spell func(digest string) string
}

// A reference says what is digested, and how.
type reference struct {
	id         string // of an element; empty: the document
	kind       string // its Type
	enveloped  bool
	named      bool // the canonicalisation is named by a Transform
	transforms bool // there is a Transforms element
	form       c14n.Options
	digest     algorithm
}

func (s source) form(withComments bool) c14n.Options {
	o := c14n.Options{Method: pick(s, []c14n.Method{c14n.Inclusive10, c14n.Inclusive11, c14n.Exclusive, c14n.Exclusive})}
	if o.Method == c14n.Exclusive && s.oneIn(2) {
		o.PrefixList = s.prefixList()
	}
	o.Comments = withComments && s.oneIn(4)
	return o
}

// prefixList names prefixes that are bound somewhere, or nowhere.
func (s source) prefixList() []string {
	n := s.between(1, 6)
	if s.oneIn(10) {
		n = s.between(20, 60)
	}
	var list []string
	for i := range n {
		switch s.IntN(8) {
		case 0:
			list = append(list, "#default")
		case 1:
			list = append(list, "u"+strconv.Itoa(i))
		default:
			list = append(list, pick(s, prefixes))
		}
	}
	return list
}

// signing makes the plan of a document.
func (s source) signing() plan {
	p := plan{profile: "cpt", key: s.rsaKey(), algorithm: pick(s, rsaAlgorithms), signer: s.IntN(4)}
	interop := s.oneIn(3)
	if interop {
		p.profile = "interop"
		s.widen(&p)
	}
	p.method = s.form(interop)
	r := reference{enveloped: true, transforms: true, digest: pick(s, digests)}
	if s.oneIn(4) {
		r.form = c14n.Options{}
	} else {
		r.named = true
		r.form = s.form(interop)
	}
	if interop && s.oneIn(5) {
		r.digest = sha1Digest
	}
	p.references = []reference{r}
	return p
}

// widen takes algorithms of the profile interop.
func (s source) widen(p *plan) {
	switch s.IntN(6) {
	case 0:
		p.algorithm = rsaSHA1
	case 1:
		p.algorithm = pick(s, pssAlgorithms)
	case 2:
		p.key = pick(s, curveKeys)()
		p.algorithm = pick(s, ecdsaAlgorithms)
	}
}

// refer adds what the profile interop lets a SignedInfo refer to: the root or another
// element by its Id, and an Object.
func (g *generator) refer(p *plan, d *document, signature *node) {
	outside := false
	for _, n := range append(append([]*node{}, d.before...), d.after...) {
		outside = outside || n.kind == instruction
	}
	if g.oneIn(3) && !outside {
		p.references[0].id = g.identify(d.root, "r-1")
	}
	if g.oneIn(3) {
		if e := g.apartFrom(d.root, signature); e != nil {
			r := reference{id: g.identify(e, "e-1"), digest: pick(g.source, digests), transforms: g.oneIn(2)}
			if r.transforms {
				r.named, r.form = true, g.form(true)
			}
			p.references = append(p.references, r)
		}
	}
	if g.oneIn(4) {
		r := reference{id: "o-1", kind: "http://uri.etsi.org/01903#SignedProperties", digest: pick(g.source, digests), transforms: true, named: true, form: g.form(true)}
		p.references = append(p.references, r)
	}
	g.Shuffle(len(p.references), func(i, j int) { p.references[i], p.references[j] = p.references[j], p.references[i] })
}

// identify gives an element an Id, and returns it.
func (g *generator) identify(e *node, id string) string {
	a := g.spelled(pick(g.source, []string{"Id", "Id", "id"}))
	a.raw = id
	e.attrs = append(e.attrs, a)
	return id
}

// apartFrom returns an element below the root that neither holds the Signature nor is in
// it; nil where there is none.
func (g *generator) apartFrom(root, signature *node) *node {
	var fit []*node
	for _, c := range root.children {
		c.walk(nil, func(n, _ *node) {
			if n.kind == element && !n.holds(signature) && !signature.holds(n) {
				fit = append(fit, n)
			}
		})
	}
	if len(fit) == 0 {
		return nil
	}
	return pick(g.source, fit)
}

// holds reports whether o is n or in n.
func (n *node) holds(o *node) bool {
	found := false
	n.walk(nil, func(c, _ *node) { found = found || c == o })
	return found
}

// Prefix returns a prefix for a PrefixList.
func Prefix(r *rand.Rand) string { return source{r}.prefixList()[0] }
