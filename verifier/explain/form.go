package explain

import (
	"strings"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// Bounds on what is kept of a Signature. What is beyond them isn't shown; a signature that
// is accepted is far within.
const (
	maxReferences = 8
	maxTransforms = 4
	maxInSigned   = 4         // certificates of KeyInfo
	maxKept       = 64 << 10  // bytes of one text
	maxIdentifier = 1 << 10   // bytes of an identifier
	maxInfo       = 256 << 10 // bytes of the canonical SignedInfo
	maxPrefixes   = 64        // of a PrefixList: every declaration is compared with all of it
)

// A signatureForm is what a Signature element says of itself, read for explaining: it
// takes what it finds and decides nothing. Only the verifier judges.
type signatureForm struct {
	begin, end int    // bytes of the element in the document; end is 0 while it is read
	within     string // name of the element around it, as written

	signedInfo      xmltext.Mark
	hasInfo         bool
	method          c14nMethod // of SignedInfo
	signatureMethod string     // an identifier
	references      []referenceForm
	more            int      // how many references there are beyond those
	value           []byte   // SignatureValue, as written
	certificates    [][]byte // of KeyInfo, base64 as written
	tooMany         bool     // there are more of those
}

// A c14nMethod is a canonicalisation as a signature names it.
type c14nMethod struct {
	algorithm  string // an identifier
	prefixList string
}

func (m c14nMethod) shown() string {
	if m.prefixList != "" {
		return shown(m.algorithm) + ` (PrefixList "` + shown(m.prefixList) + `")`
	}
	return shown(m.algorithm)
}

// options returns the canonicalisation; false where it is none that is known.
func (m c14nMethod) options() (c14n.Options, bool) {
	method, comments, ok := c14n.Identified(m.algorithm)
	prefixes := strings.Fields(m.prefixList)
	return c14n.Options{Method: method, Comments: comments, PrefixList: prefixes}, ok && len(prefixes) <= maxPrefixes
}

type referenceForm struct {
	uri          string
	transforms   []c14nMethod
	more         int // how many transforms there are beyond those
	digestMethod string
	digestValue  []byte // base64, as written
}

// A documentForm is what explaining needs of a document.
type documentForm struct {
	root, namespace string
	signatures      int           // none inside another
	signature       signatureForm // the first
}

// readForm reads a document and its first signature. An error means that it is not
// well-formed.
func readForm(doc []byte) (*documentForm, error) {
	r := &formReader{form: new(documentForm)}
	r.t.Reset(doc, xmltext.Limits{})
	for {
		kind, err := r.t.Next()
		if err != nil {
			return nil, err
		}
		switch kind {
		case xmltext.EOF:
			return r.form, nil
		case xmltext.Start:
			r.start()
		case xmltext.End:
			r.end()
		case xmltext.Text, xmltext.CDATA:
			r.gather()
		}
	}
}

// A formReader keeps the path from a Signature to the current element, so that elements
// are known by where they stand.
type formReader struct {
	t     xmltext.Tokenizer
	form  *documentForm
	at    int      // depth of the Signature that is being read; 0 for none
	first bool     // it is the first one
	path  []string // local names below it; "" for those of other namespaces
	stack [][]byte // names of open elements
	into  *[]byte  // where the text goes; nil for nowhere
}

// deepest is how deep, below Signature, the elements are that are read.
const deepest = 5

func (r *formReader) start() {
	t := &r.t
	if t.Depth() == 1 {
		r.form.root, r.form.namespace = string(t.Name.Local), string(t.Name.Namespace)
	}
	r.stack = append(r.stack, t.QName)
	r.into = nil
	local := ""
	if ns := string(t.Name.Namespace); ns == c14n.SignatureNamespace || ns == c14n.ExclusiveNamespace {
		local = string(t.Name.Local)
	}
	if r.at == 0 {
		if local != "Signature" {
			return
		}
		r.form.signatures++
		r.at, r.first = t.Depth(), r.form.signatures == 1
		if s := &r.form.signature; r.first {
			s.begin = t.Begin
			if n := len(r.stack); n > 1 {
				s.within = string(r.stack[n-2])
			}
		}
		return
	}
	if depth := t.Depth() - r.at; depth <= deepest {
		if r.path = append(r.path[:depth-1], local); r.first {
			r.element(strings.Join(r.path, "/"))
		}
	}
}

// element takes the start of an element by its path inside Signature.
func (r *formReader) element(path string) {
	s := &r.form.signature
	switch path {
	case "SignedInfo":
		if !s.hasInfo {
			r.t.Mark(&s.signedInfo)
			s.hasInfo = true
		}
	case "SignedInfo/CanonicalizationMethod":
		s.method.algorithm = r.attribute("Algorithm")
	case "SignedInfo/CanonicalizationMethod/InclusiveNamespaces":
		s.method.prefixList = r.attribute("PrefixList")
	case "SignedInfo/SignatureMethod":
		s.signatureMethod = r.attribute("Algorithm")
	case "SignedInfo/Reference":
		if len(s.references) == maxReferences {
			s.more++
			return
		}
		s.references = append(s.references, referenceForm{uri: r.attribute("URI")})
	case "SignatureValue":
		s.value, r.into = nil, &s.value
	case "KeyInfo/X509Data/X509Certificate":
		if s.tooMany = len(s.certificates) == maxInSigned; !s.tooMany {
			s.certificates = append(s.certificates, nil)
			r.into = &s.certificates[len(s.certificates)-1]
		}
	}
	if len(s.references) == 0 || s.more > 0 {
		return
	}
	ref := &s.references[len(s.references)-1]
	switch path {
	case "SignedInfo/Reference/Transforms/Transform":
		if len(ref.transforms) == maxTransforms {
			ref.more++
			return
		}
		ref.transforms = append(ref.transforms, c14nMethod{algorithm: r.attribute("Algorithm")})
	case "SignedInfo/Reference/Transforms/Transform/InclusiveNamespaces":
		if n := len(ref.transforms); n > 0 && ref.more == 0 {
			ref.transforms[n-1].prefixList = r.attribute("PrefixList")
		}
	case "SignedInfo/Reference/DigestMethod":
		ref.digestMethod = r.attribute("Algorithm")
	case "SignedInfo/Reference/DigestValue":
		ref.digestValue, r.into = nil, &ref.digestValue
	}
}

func (r *formReader) end() {
	r.stack = r.stack[:len(r.stack)-1]
	r.into = nil
	if r.at > 0 && r.t.Depth() == r.at {
		if r.first {
			r.form.signature.end = r.t.Finish
		}
		r.at, r.path = 0, r.path[:0]
	}
}

// gather takes text where it is wanted, up to a length. It comes in one piece, but for
// comments and CDATA sections in it.
func (r *formReader) gather() {
	if r.into == nil || len(*r.into)+len(r.t.Data) > maxKept {
		r.into = nil
		return
	}
	*r.into = append(*r.into, r.t.Data...)
}

func (r *formReader) attribute(name string) string {
	for i := range r.t.Attrs {
		a := &r.t.Attrs[i]
		if len(a.Name.Namespace) == 0 && string(a.Name.Local) == name {
			v := a.Value()
			return string(v[:min(len(v), maxIdentifier)])
		}
	}
	return ""
}
