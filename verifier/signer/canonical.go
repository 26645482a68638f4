package signer

import (
	"bytes"
	"fmt"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// A canonicalizer gives goxmldsig the canonical forms that the verifier would see. It is
// asked for two: the document's, for its digest, and SignedInfo's, for the signature.
type canonicalizer struct {
	root   *etree.Element // stands for doc
	doc    []byte
	place  place
	method c14n.Method
}

// Algorithm implements dsig.Canonicalizer.
func (c *canonicalizer) Algorithm() dsig.AlgorithmID {
	return dsig.AlgorithmID(c.method.URI(false))
}

// Canonicalize implements dsig.Canonicalizer.
func (c *canonicalizer) Canonicalize(element *etree.Element) ([]byte, error) {
	if element == c.root {
		return c14n.Canonicalize(c.doc, c14n.Options{Method: c.method})
	}
	return c.signedInfo(element)
}

// inSignature is the depth of SignedInfo: the root, which may have that name too, is
// around the Signature.
const inSignature = 3

// signedInfo returns the canonical form of SignedInfo where it will stand: as an apex
// that inherits namespaces and xml:* attributes from Signature and the document's root
// (Canonical XML, 2.4).
func (c *canonicalizer) signedInfo(element *etree.Element) ([]byte, error) {
	// What goxmldsig declared on it to make up for its missing parents goes again.
	bare := element.Copy()
	bare.Attr = nil
	signature := etree.NewElement(dsig.SignatureTag)
	signature.CreateAttr("xmlns", dsig.Namespace)
	signature.AddChild(bare)
	doc := c.place.around(c.doc, serialize(signature))

	var t xmltext.Tokenizer
	for t.Reset(doc, xmltext.Limits{}); ; {
		kind, err := t.Next()
		switch {
		case err != nil:
			return nil, fmt.Errorf("canonicalise SignedInfo: %w", err)
		case kind == xmltext.EOF:
			return nil, fmt.Errorf("canonicalise SignedInfo: there is none")
		case kind == xmltext.Start && t.Depth() == inSignature && t.Name.Is(dsig.Namespace, dsig.SignedInfoTag):
			var mark xmltext.Mark
			t.Mark(&mark)
			var out bytes.Buffer
			err := c14n.WriteElement(&out, doc, &mark, c14n.Options{Method: c.method}, xmltext.Limits{})
			return out.Bytes(), err
		}
	}
}
