package verifier

import "fmt"

// Bounds on the parts of a Signature, in bytes as written. Real ones are a tenth of it.
const (
	maxSignedInfo = 64 << 10
	maxValue      = 8 << 10
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
	begin := r.t.Begin
	p.hasInfo = true
	quiet := *w
	quiet.refuse = func(Reason, int, string, ...any) {}
	for first := true; w.child(); first = false {
		if first && w.is("CanonicalizationMethod") {
			p.method, _ = quiet.canonicalForm("CanonicalizationMethod")
			continue
		}
		w.skip(false)
	}
	if r.t.Finish-begin > maxSignedInfo {
		r.refuse(ProfileViolation, begin, "SignedInfo is longer than %d bytes", maxSignedInfo)
	}
}

func (r *reading) signatureValue(offset int, text []byte) {
	value, err := decodeBase64(text)
	if err != nil {
		r.refuse(ProfileViolation, offset, "SignatureValue is not base64")
		return
	}
	r.parts.value = value
}

// signed reads SignedInfo from its canonical form and computes the digests that it is
// to be compared with, for m.
func (r *reading) signed(m *Message) {
	info := r.readSignedInfo()
	if r.refused.reason != Unjudged && r.refused.reason < KeyInfoUnusable {
		return
	}
	s := &signed{
		signedInfo: info,
		canonical:  append([]byte(nil), r.canonical.Bytes()...),
		value:      r.parts.value,
		keyInfo:    r.parts.keyInfo,
		begin:      r.parts.begin,
		finish:     r.parts.finish,
		covering:   -1,
	}
	h := r.sink(info.algorithm.hash)
	h.Write(s.canonical)
	s.sum = h.Sum(nil)
	if err := r.digest(s); err != nil {
		r.refuse(ProfileViolation, r.parts.begin, "%v", err)
		return
	}
	m.signed = s
}

// digest computes what the references' digests should be.
func (r *reading) digest(s *signed) error {
	for i := range s.references {
		ref := &s.references[i]
		// Nothing is canonicalised twice that was canonicalised while it was read.
		if ref.uri == "" && ref.is(r.guess) {
			ref.found = r.sum
			s.covering = i
			continue
		}
		covers, err := ref.digest(r.doc, r.engine.limits, r.outside)
		if err != nil {
			return fmt.Errorf("reference %s: %w", asciiQuote(ref.uri), err)
		}
		if covers && s.covering < 0 {
			s.covering = i
		}
	}
	if s.covering < 0 {
		return errNotCovered
	}
	return nil
}
