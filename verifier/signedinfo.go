package verifier

import (
	"crypto"
	"strings"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

const (
	enveloped    = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	manifestType = "http://www.w3.org/2000/09/xmldsig#Manifest"
)

// signedInfo is what a SignedInfo says.
type signedInfo struct {
	form       canonicalForm // of SignedInfo itself
	algorithm  algorithm
	references []reference
	sha1       bool // one of the algorithms is SHA-1
}

// A canonicalForm is a canonicalisation with its parameters.
type canonicalForm struct {
	method   c14n.Method
	comments bool
	prefixes []string // of Exclusive
}

// canonicalForms are the canonicalisations by their identifiers.
var canonicalForms = func() map[string]canonicalForm {
	all := make(map[string]canonicalForm)
	for _, m := range []c14n.Method{c14n.Inclusive10, c14n.Inclusive11, c14n.Exclusive} {
		for _, comments := range []bool{false, true} {
			all[m.URI(comments)] = canonicalForm{method: m, comments: comments}
		}
	}
	return all
}()

func (f *canonicalForm) options() c14n.Options {
	return c14n.Options{Method: f.method, Comments: f.comments, PrefixList: f.prefixes, Types: true}
}

// A reference is a Reference with its digest, and the one found.
type reference struct {
	uri       string
	enveloped bool
	form      canonicalForm
	digestBy  algorithm
	expected  digest // what the signer says
	value     span   // of DigestValue's content, in the canonical SignedInfo
	found     digest // what the document gives
}

// readSignedInfo canonicalises SignedInfo into r.canonical and reads that: what is
// believed is what was signed.
func (r *reading) readSignedInfo(info *signedInfo) {
	r.canonical.Reset()
	if known, at := r.parts.stencil, r.parts.digest; known != nil && known.put(r.doc[at.begin:at.finish], &r.canonical.Buffer, info) {
		return
	}
	form := r.parts.method
	if err := c14n.WriteElement(&r.canonical, r.doc, &r.mark, form.options(), r.engine.limits); err != nil {
		r.refuse(ProfileViolation, r.parts.begin, "SignedInfo has no canonical form: %v", err)
		return
	}
	r.info.Reset(r.canonical.Bytes(), xmltext.Limits{})
	w := &r.infoWalk
	if w.next() != xmltext.Start {
		w.violation("SignedInfo is empty")
		return
	}
	w.signedInfo(r.engine.profile, info)
	if r.refused.reason == Unjudged && !info.form.equal(form) {
		// Cannot be: both were read by one function from one element.
		w.violation("CanonicalizationMethod reads differently once canonicalised")
	}
	if r.refused.reason == Unjudged && !r.engine.plainly && r.parts.stencil == nil {
		r.stencils.keep(r, info)
	}
}

// nextOfInfo is the next token of the canonical SignedInfo.
func (r *reading) nextOfInfo() xmltext.Kind {
	kind, err := r.info.Next()
	if err != nil {
		r.refuse(ProfileViolation, r.parts.begin, "the canonical form of SignedInfo can't be read: %v", err)
		return xmltext.EOF
	}
	return kind
}

// signedInfo reads XML Signature, 4.4, narrowed.
func (w *walker) signedInfo(p Profile, info *signedInfo) {
	for i := range w.t.Attrs {
		// As an apex it carries what it inherits of xml:lang and the like.
		if a := &w.t.Attrs[i]; a.Name.ID != xmltext.XML && string(a.Name.Local) != "Id" {
			w.violation("attribute %s is unknown on SignedInfo", asciiQuote(string(a.Name.Local)))
		}
	}
	stage := 0 // CanonicalizationMethod, SignatureMethod, Reference
	for w.child() {
		switch {
		case stage == 0 && w.is("CanonicalizationMethod"):
			var ok bool
			if info.form, ok = w.canonicalForm("CanonicalizationMethod"); ok && info.form.comments && !p.WithComments {
				w.violation("CanonicalizationMethod keeps comments")
			}
			stage = 1
		case stage == 1 && w.is("SignatureMethod"):
			info.algorithm = w.knownAlgorithm("SignatureMethod", signatureAlgorithms)
			if !p.allows(info.algorithm.scheme) {
				w.violation("the signature algorithm %s is not accepted", info.algorithm.name)
			}
			stage = 2
		case stage == 2 && w.is("Reference"):
			ref := w.reference(p)
			if len(info.references) == p.references() {
				w.violation("SignedInfo has more than %d Reference", p.references())
				continue
			}
			info.sha1 = info.sha1 || ref.digestBy.sha1
			info.references = append(info.references, ref)
		default:
			w.unexpected("SignedInfo")
		}
	}
	if len(info.references) == 0 {
		w.violation("SignedInfo lacks %s", [...]string{"CanonicalizationMethod", "SignatureMethod", "Reference"}[stage])
	}
	info.sha1 = info.sha1 || info.algorithm.sha1
}

// knownAlgorithm reads an element that has an Algorithm and no parameters.
func (w *walker) knownAlgorithm(element string, known map[string]algorithm) algorithm {
	uri := w.algorithm(element)
	w.empty(element)
	a, ok := known[string(uri)]
	switch {
	case !ok:
		w.violation("the algorithm %s of %s is not accepted", asciiQuote(string(uri)), element)
	case a.broken:
		w.refuse(WeakAlgorithm, w.offset(), "the algorithm %s of %s is broken", a.name, element)
	}
	return a
}

// canonicalForm reads an element whose Algorithm is a canonicalisation.
func (w *walker) canonicalForm(element string) (form canonicalForm, ok bool) {
	return w.canonicalFormOf(element, w.algorithm(element))
}

func (w *walker) canonicalFormOf(element string, uri []byte) (form canonicalForm, ok bool) {
	form, ok = canonicalForms[string(uri)]
	if !ok {
		w.violation("the algorithm %s of %s is not accepted", asciiQuote(string(uri)), element)
		w.skip(true)
		return form, false
	}
	for listed := false; w.child(); listed = true {
		if form.method != c14n.Exclusive || listed || !w.t.Name.Is(c14n.ExclusiveNamespace, "InclusiveNamespaces") {
			w.unexpected(element)
			continue
		}
		values, _ := w.attributes("InclusiveNamespaces", "PrefixList")
		w.empty("InclusiveNamespaces")
		form.prefixes = strings.FieldsFunc(string(values[0]), func(r rune) bool { return r < 0x80 && strings.ContainsRune(" \t\r\n", r) })
		if len(form.prefixes) > maxPrefixes {
			w.violation("a PrefixList names more than %d prefixes", maxPrefixes)
			form.prefixes = nil
		}
	}
	return form, true
}

// maxPrefixes bounds a PrefixList: every declaration is compared with all of it.
const maxPrefixes = 64

// reference reads XML Signature, 4.4.3, narrowed.
func (w *walker) reference(p Profile) (ref reference) {
	values, there := w.attributes("Reference", "URI", "Type", "Id")
	ref.uri = string(values[0])
	switch {
	case !there[0]:
		w.violation("a Reference has no URI")
	case ref.uri != "" && !(p.ByID && len(ref.uri) > 1 && ref.uri[0] == '#' && !strings.ContainsAny(ref.uri, "()%")):
		w.violation("the Reference is to %s: only URI=\"\", the whole document, is accepted", asciiQuote(ref.uri))
	case string(values[1]) == manifestType || there[1] && !p.ByID:
		w.violation("a Reference of type %s is not accepted", asciiQuote(string(values[1])))
	}
	stage := 0 // Transforms, DigestMethod, DigestValue
	for w.child() {
		switch {
		case stage == 0 && w.is("Transforms"):
			w.transforms(p, &ref)
			stage = 1
		case stage <= 1 && w.is("DigestMethod"):
			ref.digestBy = w.knownAlgorithm("DigestMethod", digestAlgorithms)
			stage = 2
		case stage == 2 && w.is("DigestValue"):
			w.attributes("DigestValue")
			ref.value.begin = w.t.Finish
			ref.expected = w.digestValue(ref.digestBy.hash)
			ref.value.finish = w.t.Begin
			stage = 3
		default:
			w.unexpected("Reference")
		}
	}
	if stage < 3 {
		w.violation("a Reference lacks DigestMethod or DigestValue")
	}
	if ref.uri == "" && !ref.enveloped {
		w.violation("the Reference to the document lacks the enveloped-signature transform")
	}
	return ref
}

// transforms reads the enveloped-signature transform and at most one canonicalisation
// behind it. Without one the canonical form is that of Canonical XML 1.0 (XML
// Signature, 4.4.3.2), whatever SignedInfo's is.
func (w *walker) transforms(p Profile, ref *reference) {
	w.attributes("Transforms")
	canonicalised, some := false, false
	for w.child() {
		some = true
		if !w.is("Transform") {
			w.unexpected("Transforms")
			continue
		}
		uri := w.algorithm("Transform")
		switch {
		case string(uri) == enveloped && !ref.enveloped && !canonicalised:
			ref.enveloped = true
			w.empty("Transform")
		case canonicalised || string(uri) == enveloped:
			w.violation("the transforms are more than, or not in the order of, enveloped-signature and one canonicalisation")
			w.skip(true)
		default:
			ref.form, _ = w.canonicalFormOf("Transform", uri)
			canonicalised = true
			if ref.form.comments && !p.WithComments {
				w.violation("a Transform keeps comments")
			}
			// A same-document reference leaves comments out before any transform
			// (XML Signature, 4.4.3.3).
			ref.form.comments = false
		}
	}
	if !some {
		w.violation("Transforms is empty") // the schema of XML Signature, 4.4.3.4
	}
}

func (w *walker) digestValue(h crypto.Hash) (d digest) {
	value, err := decodeBase64(d.value[:0], w.text("DigestValue", maxValue))
	switch {
	case err != nil:
		w.violation("DigestValue is not base64")
	case h != 0 && len(value) != h.Size():
		w.violation("DigestValue has %d bytes, not the %d of its algorithm", len(value), h.Size())
	default:
		d.size = copy(d.value[:], value)
	}
	return d
}
