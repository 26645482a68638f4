package verifier

import (
	"crypto"
	"errors"
	"fmt"

	"turnkey-gateway/verifier/xmltext"
)

// Bounds on the parts of a Signature, in bytes as written. Real ones are a tenth of it.
const (
	maxSignedInfo = 64 << 10
	maxValue      = 8 << 10

	// What SignedInfo inherits, and namespaces declared anew on each of its elements,
	// may make its canonical form that long.
	maxCanonicalInfo = 4 * maxSignedInfo
)

// signature reads the Signature whose start tag is the current token (XML Signature,
// 4.2, narrowed: see Profile).
func (r *reading) signature() {
	w, p := &r.walk, &r.parts
	p.begin, p.finish = r.t.Begin, r.t.Finish
	switch depth := r.t.Depth(); {
	case depth == 1:
		w.violation("the root itself is a Signature: only enveloped signatures are accepted")
	case depth > 2 && !r.engine.profile.AnyPlace:
		w.violation("the Signature is no child of the root")
	}
	w.attributes("Signature", "Id")
	stage := 0 // how many of SignedInfo, SignatureValue and KeyInfo were met
	for w.child() {
		switch {
		case stage == 0 && w.is("SignedInfo"):
			r.signedInfo()
			stage = 1
		case stage == 1 && w.is("SignatureValue"):
			w.attributes("SignatureValue", "Id")
			r.signatureValue(w.offset(), w.text("SignatureValue", maxValue))
			stage = 2
		case stage == 2 && w.is("KeyInfo"):
			w.attributes("KeyInfo", "Id")
			r.keyInfo()
			stage = 3
		case stage >= 2 && w.is("Object") && r.engine.profile.Objects:
			w.skip(true)
			stage = 3
		default:
			w.unexpected("Signature")
		}
	}
	if stage < 2 {
		w.refuse(ProfileViolation, p.begin, "the Signature lacks %s", [...]string{"SignedInfo", "SignatureValue"}[stage])
	}
	p.finish = r.t.Finish
}

// signedInfo notes where SignedInfo is and how it is to be canonicalised. What it says
// is read from its canonical form, see signedinfo.go; here only what that form would
// hide is refused.
func (r *reading) signedInfo() {
	w, p := &r.walk, &r.parts
	r.t.Mark(&r.mark)
	p.hasInfo = true
	p.info.begin = r.t.Begin
	if r.passInfo() {
		return
	}
	elements, attributes := r.t.Counts()
	for first := true; w.child(); first = false {
		switch {
		case first && w.is("CanonicalizationMethod"):
			p.method, _ = w.canonicalForm("CanonicalizationMethod")
		case w.is("Reference"):
			r.referenceWritten()
		default:
			w.skip(false)
		}
	}
	if p.info.finish = r.t.Finish; p.info.finish-p.info.begin > maxSignedInfo {
		r.refuse(ProfileViolation, p.info.begin, "SignedInfo is longer than %d bytes", maxSignedInfo)
	}
	p.elements, p.attributes = r.t.Counts()
	p.elements -= elements
	p.attributes -= attributes
}

// referenceWritten skips a Reference, and notes where its DigestValue's text is.
func (r *reading) referenceWritten() {
	w, p := &r.walk, &r.parts
	for w.child() {
		if p.digests++; w.is("DigestValue") {
			p.digest.begin = r.t.Finish
			w.skip(false)
			p.digest.finish = r.t.Begin
			continue
		}
		p.digests--
		w.skip(false)
	}
}

// passInfo passes over a SignedInfo that a stencil fits.
func (r *reading) passInfo() bool {
	p := &r.parts
	if r.engine.plainly {
		return false
	}
	known, digest := r.stencils.fit(&r.t, &r.mark, r.doc)
	if known == nil || !r.t.Pass(digest.finish+len(known.after), known.elements, known.attributes, infoDepth) {
		return false
	}
	r.take(xmltext.End)
	p.stencil, p.digest, p.method = known, digest, known.info.form
	return true
}

// infoDepth is how deep the elements of a good SignedInfo nest, itself among them: down to
// InclusiveNamespaces in Transform.
const infoDepth = 5

func (r *reading) signatureValue(offset int, text []byte) {
	var err error
	if r.parts.value, err = decodeBase64(r.m.room.value[:0], text); err != nil {
		r.refuse(ProfileViolation, offset, "SignatureValue is not base64")
	}
}

// readInfo reads SignedInfo from its canonical form, and says whether digests are wanted.
func (r *reading) readInfo() {
	s := &r.m.room.signed
	*s = signed{value: r.parts.value, begin: r.parts.begin, finish: r.parts.finish, covering: -1}
	s.references = r.m.room.references[:0]
	r.readSignedInfo(&s.signedInfo)
	r.ready = r.refused.reason == Unjudged || r.refused.reason >= KeyInfoUnusable
}

// signed computes the digests that SignedInfo's are to be compared with.
func (r *reading) signed(info digest) {
	s := &r.m.room.signed
	switch err := r.digest(s); {
	case errors.Is(err, errExpansion):
		r.refuse(TooLarge, r.parts.begin, "%v", err)
		return
	case err != nil:
		r.refuse(ProfileViolation, r.parts.begin, "%v", err)
		return
	}
	s.sum, s.keyInfo = info, r.parts.keyInfo
	r.m.signed = s
}

// digest computes what the references' digests should be.
func (r *reading) digest(s *signed) error {
	for i := range s.references {
		ref := &s.references[i]
		covers, covered, err := r.digestOne(ref)
		if err != nil {
			return fmt.Errorf("reference %s: %w", asciiQuote(ref.uri), err)
		}
		if covers && s.covering < 0 {
			s.covering, s.covered = i, covered
		}
	}
	if s.covering < 0 {
		return errNotCovered
	}
	return nil
}

// digestOne sets the found digest of a reference, and returns whether what it is to is
// the whole document but the Signature, and that by SHA-256.
func (r *reading) digestOne(ref *reference) (covers bool, covered digest, err error) {
	// Nothing is canonicalised twice that was canonicalised while it was read.
	if ref.uri == "" && ref.is(r.guess) {
		ref.found = r.found
		return true, r.covered, r.failed
	}
	r.sum.reset(ref.digestBy.hash, len(r.doc))
	if covers, err = ref.write(&r.sum, r.doc, r.engine.limits); err != nil {
		return false, digest{}, err
	}
	ref.found = r.sum.sum(ref.digestBy.hash)
	// An instruction outside the root is covered by URI="" only.
	return covers && (ref.uri == "" || !r.outside), r.sum.sum(crypto.SHA256), nil
}
