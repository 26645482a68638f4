package verifier

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"turnkey-gateway/verifier/xmltext"
)

const (
	// maxDetail is the longest detail, in bytes: it travels in a record header.
	maxDetail = 2048

	// maxListed is how many registrations may be listed: more never fit.
	maxListed = 40
)

// detail is what a judgement notes for a rejection; JSON makes it readable.
type detail struct {
	message  string
	refused  *refusal
	mismatch *reference
	claimed  string // path of a claim that isn't held

	// What is registered of the sender, and when it was judged.
	registrations []Registration
	at            Moment
}

// registered lists what the sender could have signed with, pending ones too.
func (d *detail) registered() []registeredJSON {
	var all []registeredJSON
	for _, r := range d.registrations[:min(len(d.registrations), maxListed)] {
		if r.Certificate != nil {
			all = append(all, registeredJSON{
				Serial: r.Certificate.Serial(), State: d.stateWord(r), Until: stamp(r.Certificate.NotAfter()),
			})
		}
	}
	return all
}

// stateWord is a registration's state as people see it: an expired one is stored as in
// force.
func (d *detail) stateWord(r Registration) string {
	if r.State == InForce || r.State == Superseded {
		switch standing(r, d.registrations, d.at) {
		case CertificateNotYetValid:
			return "not_yet_valid"
		case CertificateExpired:
			return "expired"
		case CertificateRevoked:
			return string(Revoked)
		}
	}
	return string(r.State)
}

// A Detail says what is needed to mend a rejection.
type Detail struct{ v Verdict }

// detailJSON is the object, in the order in which it is written. Absent members don't
// apply. Names are API.
type detailJSON struct {
	Message    string           `json:"message,omitempty"`
	Offset     *int             `json:"offset,omitempty"` // in bytes from the document's start
	Line       int              `json:"line,omitempty"`
	Column     int              `json:"column,omitempty"`
	Cause      string           `json:"cause,omitempty"` // what probably happened
	CauseLine  int              `json:"cause_line,omitempty"`
	CauseIn    string           `json:"cause_element,omitempty"` // path of the element in which it shows first
	Expected   string           `json:"digest_expected,omitempty"`
	Found      string           `json:"digest_found,omitempty"`
	DigestBy   string           `json:"digest_method,omitempty"`
	Claim      string           `json:"claim,omitempty"`
	Used       *certificateJSON `json:"used,omitempty"`
	Named      []string         `json:"named,omitempty"` // SHA-256 of certificates in KeyInfo
	Registered []registeredJSON `json:"registered,omitempty"`
	More       int              `json:"registered_more,omitempty"` // registrations left out for length
}

type certificateJSON struct {
	Serial string `json:"serial"`
	SHA256 string `json:"sha256"`
}

type registeredJSON struct {
	Serial string `json:"serial"`
	State  string `json:"state"`
	Until  string `json:"valid_until"`
}

// JSON returns one object in ASCII, of at most 2 KiB; {} for a verified document.
func (d Detail) JSON() []byte {
	v := d.v
	if v.Verified() || v.reason == Unjudged {
		return []byte("{}")
	}
	o := detailJSON{Message: v.detail.message, Claim: v.detail.claimed}
	if v.used != nil {
		o.Used = &certificateJSON{Serial: v.used.Serial(), SHA256: v.used.Fingerprint().String()}
	}
	if r := v.detail.refused; r != nil {
		o.Message = r.what
		if r.offset >= 0 {
			o.Offset = &r.offset
			o.Line, o.Column = xmltext.Position(v.msg.doc, r.offset)
		}
	}
	if ref := v.detail.mismatch; ref != nil {
		o.Expected = base64.StdEncoding.EncodeToString(ref.expected.bytes())
		o.Found = base64.StdEncoding.EncodeToString(ref.found.bytes())
		o.DigestBy = ref.digestBy.name
		if cause, ok := v.msg.likelyCause(ref, false); ok {
			o.Cause = cause.Kind.String()
			o.CauseLine, o.CauseIn = cause.Places[0].Line, cause.Places[0].Element
		}
	}
	if v.reason > WeakAlgorithm {
		o.Registered = v.detail.registered()
		o.More = max(0, len(v.detail.registrations)-maxListed)
		if v.msg.signed != nil {
			for _, f := range v.msg.signed.keyInfo.hints.Fingerprints {
				o.Named = append(o.Named, f.String())
			}
		}
	}
	return o.fit()
}

// fit shortens the object until it is within the limit, from what helps least on.
func (o detailJSON) fit() []byte {
	for {
		text, err := json.Marshal(o)
		if err != nil {
			panic(fmt.Sprintf("verifier: encode a detail: %v", err)) // strings and numbers only
		}
		text = ascii(text)
		switch {
		case len(text) <= maxDetail:
			return text
		case len(o.Named) > 1:
			o.Named = o.Named[:len(o.Named)/2]
		case len(o.Registered) > 0:
			o.More++
			o.Registered = o.Registered[:len(o.Registered)-1]
		case len(o.CauseIn) > 0:
			o.CauseIn = ""
		case len(o.Message) > 0:
			cut := len(o.Message) / 2
			for cut > 0 && !utf8.RuneStart(o.Message[cut]) {
				cut--
			}
			o.Message = o.Message[:cut]
		default:
			return []byte("{}")
		}
	}
}

// ascii escapes what is not ASCII in a JSON text, where that can be in strings only.
func ascii(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		switch hi, lo := utf16.EncodeRune(r); {
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r > 0xFFFF:
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}
