package differential

import (
	"errors"
	"strings"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/verifiertest/oracle"
	"turnkey-gateway/verifier/xmltext"
)

// parts returns what the first Signature of a document says is canonicalised: SignedInfo,
// and each Reference in order. It is for documents that are verified: it reads what the
// Signature says and believes it.
func parts(doc []byte) ([]oracle.Request, error) {
	info := oracle.Request{Apex: "SignedInfo", Document: doc}
	all := []oracle.Request{info}
	var t xmltext.Tokenizer
	t.Reset(doc, xmltext.Limits{})
	signature, depth := 0, 0 // of the Signature and of SignedInfo; 0 before and unless inside
	for {
		kind, err := t.Next()
		switch {
		case err != nil:
			return nil, err
		case kind == xmltext.EOF:
			return nil, errors.New("there is no SignedInfo")
		case kind == xmltext.End && depth > 0 && t.Depth() == depth:
			return all, nil
		case kind != xmltext.Start:
		case depth > 0:
			all = say(all, &t)
		case signature == 0 && t.Name.Is(c14n.SignatureNamespace, "Signature"):
			signature = t.Depth()
		case signature > 0 && t.Depth() == signature+1 && t.Name.Is(c14n.SignatureNamespace, "SignedInfo"):
			depth = t.Depth()
		}
	}
}

// say takes an element of SignedInfo.
func say(all []oracle.Request, t *xmltext.Tokenizer) []oracle.Request {
	last := &all[len(all)-1]
	switch local := string(t.Name.Local); local {
	case "CanonicalizationMethod":
		last.Options.Method, last.Options.Comments, _ = c14n.Identified(value(t, "Algorithm"))
	case "Reference":
		return append(all, oracle.Request{Apex: value(t, "URI"), Document: last.Document})
	case "Transform":
		algorithm := value(t, "Algorithm")
		// A reference to the same document leaves comments out (XML Signature, 4.4.3.3).
		if method, _, ok := c14n.Identified(algorithm); ok {
			last.Options.Method = method
		} else if strings.HasSuffix(algorithm, "#enveloped-signature") {
			last.Unsigned = true
		}
	case "InclusiveNamespaces":
		last.Options.PrefixList = strings.Fields(value(t, "PrefixList"))
	}
	return all
}

func value(t *xmltext.Tokenizer, name string) string {
	for i := range t.Attrs {
		if a := &t.Attrs[i]; len(a.Name.Prefix) == 0 && string(a.Name.Local) == name {
			return string(a.Value())
		}
	}
	return ""
}

// ownDigested are the octets that a signature is over, by this module's canonicaliser.
func ownDigested(doc []byte) (d oracle.Digested, err error) {
	all, err := parts(doc)
	if err != nil {
		return d, err
	}
	for i, q := range all {
		octets, err := oracle.Own{}.Canonicalize(q)
		if err != nil {
			return d, err
		}
		if i == 0 {
			d.SignedInfo = octets
		} else {
			d.References = append(d.References, octets)
		}
	}
	return d, nil
}

// each calls visit at every start tag of a well-formed document.
func each(doc []byte, visit func(*xmltext.Tokenizer)) {
	var t xmltext.Tokenizer
	for t.Reset(doc, xmltext.Limits{}); ; {
		kind, err := t.Next()
		if err != nil || kind == xmltext.EOF {
			return
		}
		if kind == xmltext.Start {
			visit(&t)
		}
	}
}
