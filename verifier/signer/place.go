package signer

import (
	"errors"
	"fmt"

	dsig "github.com/russellhaering/goxmldsig"

	"turnkey-gateway/verifier/xmltext"
)

// A place is where in a document its Signature goes: behind all other content of the
// root. Numbers are byte offsets.
type place struct {
	begin, finish int    // of the root's start tag
	end           int    // of the root's content, where its end tag begins
	empty         bool   // the root is an empty-element tag and gets an end tag
	name          []byte // of the root, as written
}

// findPlace reads the whole document. It refuses one that is not well-formed, or that
// is signed already: the platform takes exactly one Signature.
func findPlace(doc []byte) (place, error) {
	var p place
	var t xmltext.Tokenizer
	for t.Reset(doc, xmltext.Limits{}); ; {
		kind, err := t.Next()
		if err != nil {
			return place{}, refusal(err)
		}
		switch {
		case kind == xmltext.EOF:
			return p, nil
		case kind == xmltext.Start && t.Name.Is(dsig.Namespace, dsig.SignatureTag):
			return place{}, fmt.Errorf("the document is signed already (Signature at byte %d): sign the original, or take that Signature out", t.Begin)
		case kind == xmltext.Start && t.Depth() == 1:
			p.begin, p.finish, p.name = t.Begin, t.Finish, t.QName
		case kind == xmltext.End && t.Depth() == 1:
			p.end, p.empty = t.Begin, t.Begin == t.Finish
		}
	}
}

// refusal says how to mend a document that the tokenizer refused.
func refusal(err error) error {
	var refused *xmltext.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Fault {
	case xmltext.Forbidden:
		return fmt.Errorf("the document can't be signed: %w: remove the DOCTYPE, or save it as XML 1.0 in UTF-8", err)
	case xmltext.TooLarge:
		return fmt.Errorf("the document can't be signed: %w: the platform would refuse it; split it", err)
	case xmltext.RelativeNamespace:
		return fmt.Errorf("the document can't be signed: %w: write namespace names in full", err)
	}
	return fmt.Errorf("the document can't be signed: it is not well-formed XML: %w", err)
}

// insert returns doc with signature in its place and every other byte as it was, the
// slash of an empty root aside.
func (p place) insert(doc, signature []byte) []byte {
	signed := make([]byte, 0, len(doc)+len(signature)+len(p.name)+len("</>"))
	if !p.empty {
		signed = append(signed, doc[:p.end]...)
		signed = append(signed, signature...)
		return append(signed, doc[p.end:]...)
	}
	signed = append(signed, doc[:p.finish-len("/>")]...)
	signed = append(signed, '>')
	signed = append(signed, signature...)
	signed = append(append(append(signed, "</"...), p.name...), '>')
	return append(signed, doc[p.finish:]...)
}

// around returns a document of the root's tags alone with signature in its place: all
// that the canonical form of the signature's parts depends on.
func (p place) around(doc, signature []byte) []byte {
	bare := place{finish: p.finish - p.begin, end: p.finish - p.begin, empty: p.empty, name: p.name}
	tags := append([]byte{}, doc[p.begin:p.finish]...)
	if !p.empty {
		tags = append(append(append(tags, "</"...), p.name...), '>')
	}
	return bare.insert(tags, signature)
}
