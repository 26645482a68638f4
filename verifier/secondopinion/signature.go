package secondopinion

import (
	"slices"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// signatureIn returns the one Signature among the root's children, nil where there is
// none or another anywhere.
func signatureIn(root *etree.Element) *etree.Element {
	if root == nil {
		return nil
	}
	var found *etree.Element
	for _, e := range root.FindElements("//" + dsig.SignatureTag) {
		if e.NamespaceURI() != dsig.Namespace {
			continue
		}
		if found != nil || e.Parent() != root {
			return nil
		}
		found = e
	}
	return found
}

// judge says which deviation what the signature says of itself would meet.
func (s *survey) judge(root, signature *etree.Element) Reason {
	info := signature.SelectElement(dsig.SignedInfoTag)
	if info == nil {
		return Asked
	}
	method := info.SelectElement(dsig.CanonicalizationMethodTag)
	if len(prefixes(method)) > 0 {
		return PrefixList
	}
	if !exclusive(method) && (hasXML(root) || hasXML(signature)) {
		return XMLInherited
	}
	if !known(info.SelectElement(dsig.SignatureMethodTag)) {
		return Algorithm
	}
	references := info.SelectElements(dsig.ReferenceTag)
	if len(references) != 1 {
		return References
	}
	return s.judgeReference(references[0])
}

func (s *survey) judgeReference(reference *etree.Element) Reason {
	if uri := reference.SelectAttr(dsig.URIAttr); uri == nil || uri.Value != "" {
		return References
	}
	if value := reference.SelectElement(dsig.DigestValueTag); value != nil && strings.ContainsAny(value.Text(), " \t") {
		return Blanks
	}
	var canonical *etree.Element // the last Transform that is a canonicalisation
	for _, t := range reference.FindElements("./" + dsig.TransformsTag + "/" + dsig.TransformTag) {
		if algorithm(t) != string(dsig.EnvelopedSignatureAltorithmId) {
			canonical = t
		}
	}
	switch {
	case s.comments && (canonical == nil || strings.HasSuffix(algorithm(canonical), "#WithComments")):
		return Comments
	case s.undeclared && exclusive(canonical):
		return DefaultUndeclared
	case slices.Contains(prefixes(canonical), "#default"):
		return PrefixList
	}
	return Asked
}

// prepare takes goxmldsig past limits of its own, none of which is about what is signed:
// an enveloped signature is left out of the document wherever among the root's children
// it stands, and SignedInfo covers neither KeyInfo nor SignatureValue.
func prepare(root, signature *etree.Element) {
	// It visits at most 1,000 elements, and stops at the Signature.
	root.RemoveChild(signature)
	root.InsertChildAt(0, signature)
	// It demands that the first certificate in KeyInfo be the signer's. Who the signer is
	// was decided from what the sender registered.
	for _, info := range signature.SelectElements(dsig.KeyInfoTag) {
		signature.RemoveChild(info)
	}
	// It can't read base64 that is indented (XML Schema Part 2, 3.2.16).
	if value := signature.SelectElement(dsig.SignatureValueTag); value != nil {
		value.SetText(strings.NewReplacer(" ", "", "\t", "").Replace(value.Text()))
	}
}

func algorithm(e *etree.Element) string {
	if e == nil {
		return ""
	}
	return e.SelectAttrValue(dsig.AlgorithmAttr, "")
}

func exclusive(e *etree.Element) bool {
	return strings.HasPrefix(algorithm(e), string(dsig.CanonicalXML10ExclusiveAlgorithmId))
}

// known reports whether it is one of the algorithms that goxmldsig reads as it is meant.
func known(method *etree.Element) bool {
	switch algorithm(method) {
	case dsig.RSASHA1SignatureMethod, dsig.RSASHA256SignatureMethod, dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod:
		return true
	}
	return false
}

// prefixes returns the PrefixList of a canonicalisation.
func prefixes(method *etree.Element) []string {
	if method == nil {
		return nil
	}
	list := method.SelectElement(dsig.InclusiveNamespacesTag)
	if list == nil {
		return nil
	}
	return strings.Fields(list.SelectAttrValue(dsig.PrefixListAttr, ""))
}

func hasXML(e *etree.Element) bool {
	return slices.ContainsFunc(e.Attr, func(a etree.Attr) bool { return a.Space == "xml" })
}
