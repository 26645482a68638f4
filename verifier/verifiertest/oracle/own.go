package oracle

import (
	"bytes"
	"errors"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// Own answers requests by this module's own canonicaliser, which the oracles judge.
type Own struct{}

// Name is the oracle's short name.
func (Own) Name() string { return "own" }

// Canonicalize returns a canonical form. An error is a [*Refusal].
func (Own) Canonicalize(r Request) ([]byte, error) {
	octets, err := ownOctets(r)
	if err != nil {
		return nil, &Refusal{Malformed: true, Why: err.Error()}
	}
	return octets, nil
}

func ownOctets(r Request) ([]byte, error) {
	switch {
	case r.Apex == "" && r.Unsigned:
		return ownUnsigned(r)
	case r.Apex == "":
		return c14n.Canonicalize(r.Document, r.Options)
	}
	var mark xmltext.Mark
	whole, err := findApex(r.Document, r.Apex, &mark)
	switch {
	case err != nil:
		return nil, err
	case !r.Unsigned:
		var out bytes.Buffer
		err := c14n.WriteElement(&out, r.Document, &mark, r.Options, xmltext.Limits{})
		return out.Bytes(), err
	case whole && !r.Options.Comments:
		return c14n.CanonicalizeUnsigned(r.Document, r.Options)
	}
	return nil, errors.New("no Signature is left out of an element here")
}

// ownUnsigned refuses a Signature that is the root: which side of it an instruction is
// on, when it is left out, no standard says.
func ownUnsigned(r Request) ([]byte, error) {
	var t xmltext.Tokenizer
	t.Reset(r.Document, xmltext.Limits{})
	for {
		kind, err := t.Next()
		switch {
		case err != nil:
			return nil, err
		case kind == xmltext.Start && t.Name.Is(c14n.SignatureNamespace, "Signature"):
			return nil, errors.New("the root is the Signature")
		case kind == xmltext.Start:
			return c14n.CanonicalizeUnsigned(r.Document, r.Options)
		}
	}
}

// findApex marks the element that apex names, and reports whether its canonical form is
// the document's: it is the root, and no instruction stands outside. The whole document is
// read, so that it is known to be well-formed.
func findApex(doc []byte, apex string, mark *xmltext.Mark) (whole bool, err error) {
	var t xmltext.Tokenizer
	t.Reset(doc, xmltext.Limits{})
	found := 0
	signature, closed := 0, false // depth of the first Signature, and whether it has ended
	root, alone := false, true
	for {
		kind, err := t.Next()
		switch {
		case err != nil:
			return false, err
		case kind == xmltext.EOF && found != 1:
			return false, errors.New("there is no " + apex + ", or several")
		case kind == xmltext.EOF:
			return root && alone, nil
		case kind == xmltext.Instruction && t.Depth() == 0:
			alone = false
			continue
		case kind == xmltext.End && t.Depth() == signature:
			closed = true
			continue
		case kind != xmltext.Start:
			continue
		}
		if signature == 0 && t.Name.Is(c14n.SignatureNamespace, "Signature") {
			signature = t.Depth()
		}
		if hasID(&t, apex) || apex == "SignedInfo" && found == 0 && !closed && signature > 0 && t.Depth() == signature+1 && t.Name.Is(c14n.SignatureNamespace, apex) {
			found++
			root = t.Depth() == 1
			t.Mark(mark)
		}
	}
}

// hasID reports whether the element is the one that apex, #id, is to.
func hasID(t *xmltext.Tokenizer, apex string) bool {
	if apex[0] != '#' {
		return false
	}
	for i := range t.Attrs {
		a := &t.Attrs[i]
		switch string(a.Name.Local) {
		case "Id", "ID", "id":
			if len(a.Name.Prefix) == 0 && string(a.Value()) == apex[1:] {
				return true
			}
		}
	}
	return false
}
