package main

import (
	"errors"
	"strings"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// A signatureForm is what a Signature element says of itself, read for explaining: it
// takes what it finds and decides nothing. Only the verifier judges.
type signatureForm struct {
	begin, end int    // bytes of the element in the document
	within     string // name of the element around it, as written

	signedInfo      xmltext.Mark
	method          c14nMethod // of SignedInfo
	signatureMethod string     // an identifier
	references      []referenceForm
	value           string // SignatureValue, as written
}

// A c14nMethod is a canonicalisation as a signature names it.
type c14nMethod struct {
	algorithm  string // an identifier
	prefixList string
}

type referenceForm struct {
	uri          string
	transforms   []c14nMethod
	digestMethod string
	digestValue  string // base64, as written
}

// A documentForm is what explaining needs of a document.
type documentForm struct {
	root, namespace string
	signatures      []signatureForm
	ids             map[string]xmltext.Mark // elements by their Id, ID or id; for URI="#..."
}

// readForm reads a document's signatures. An error means that it is not well-formed.
func readForm(doc []byte) (*documentForm, error) {
	r := &formReader{doc: &documentForm{ids: make(map[string]xmltext.Mark)}}
	r.t.Reset(doc, xmltext.Limits{})
	for {
		kind, err := r.t.Next()
		if err != nil {
			return nil, err
		}
		switch kind {
		case xmltext.EOF:
			return r.doc, nil
		case xmltext.Start:
			r.start()
		case xmltext.End:
			r.end()
		case xmltext.Text:
			r.text.Write(r.t.Data)
		}
	}
}

// A formReader keeps the path to the current element, so that elements are known by
// where they stand.
type formReader struct {
	t    xmltext.Tokenizer
	doc  *documentForm
	path []string // local names of open elements; "" for those outside XML Signature
	open []string // their names as written
	text strings.Builder
	in   *signatureForm // the signature being read
	at   int            // its depth
}

var errNoSignature = errors.New("the document has no Signature in http://www.w3.org/2000/09/xmldsig#")

func (r *formReader) start() {
	t := &r.t
	if len(r.path) == 0 {
		r.doc.root, r.doc.namespace = string(t.Name.Local), string(t.Name.Namespace)
	}
	r.noteID()
	local := ""
	if ns := string(t.Name.Namespace); ns == c14n.SignatureNamespace || ns == c14n.ExclusiveNamespace {
		local = string(t.Name.Local)
	}
	if local == "Signature" && r.in == nil {
		r.in = &signatureForm{begin: t.Begin}
		if n := len(r.open); n > 0 {
			r.in.within = r.open[n-1]
		}
		r.at = len(r.path) + 1
	}
	r.path = append(r.path, local)
	r.open = append(r.open, string(t.QName))
	r.text.Reset()
	if r.in != nil {
		r.element(strings.Join(r.path[r.at:], "/"))
	}
}

// element takes the start of an element by its path inside Signature.
func (r *formReader) element(path string) {
	s := r.in
	algorithm := r.attribute("Algorithm")
	switch path {
	case "SignedInfo":
		r.t.Mark(&s.signedInfo)
	case "SignedInfo/CanonicalizationMethod":
		s.method.algorithm = algorithm
	case "SignedInfo/CanonicalizationMethod/InclusiveNamespaces":
		s.method.prefixList = r.attribute("PrefixList")
	case "SignedInfo/SignatureMethod":
		s.signatureMethod = algorithm
	case "SignedInfo/Reference":
		s.references = append(s.references, referenceForm{uri: r.attribute("URI")})
	}
	if len(s.references) == 0 {
		return
	}
	ref := &s.references[len(s.references)-1]
	switch path {
	case "SignedInfo/Reference/Transforms/Transform":
		ref.transforms = append(ref.transforms, c14nMethod{algorithm: algorithm})
	case "SignedInfo/Reference/Transforms/Transform/InclusiveNamespaces":
		if n := len(ref.transforms); n > 0 {
			ref.transforms[n-1].prefixList = r.attribute("PrefixList")
		}
	case "SignedInfo/Reference/DigestMethod":
		ref.digestMethod = algorithm
	}
}

func (r *formReader) end() {
	if r.in != nil && len(r.path) >= r.at {
		path := strings.Join(r.path[r.at:], "/")
		switch {
		case path == "SignatureValue":
			r.in.value = r.text.String()
		case path == "SignedInfo/Reference/DigestValue" && len(r.in.references) > 0:
			r.in.references[len(r.in.references)-1].digestValue = strings.TrimSpace(r.text.String())
		case path == "":
			r.in.end = r.t.Finish
			r.doc.signatures = append(r.doc.signatures, *r.in)
			r.in = nil
		}
	}
	r.path, r.open = r.path[:len(r.path)-1], r.open[:len(r.open)-1]
	r.text.Reset()
}

func (r *formReader) attribute(name string) string {
	for i := range r.t.Attrs {
		a := &r.t.Attrs[i]
		if len(a.Name.Namespace) == 0 && string(a.Name.Local) == name {
			return string(a.Value())
		}
	}
	return ""
}

// noteID keeps the first element of each id; a second one is the verifier's to refuse.
func (r *formReader) noteID() {
	for _, name := range []string{"Id", "ID", "id"} {
		id := r.attribute(name)
		if _, there := r.doc.ids[id]; id == "" || there {
			continue
		}
		var mark xmltext.Mark
		r.t.Mark(&mark)
		r.doc.ids[id] = mark
	}
}
