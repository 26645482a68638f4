package verifier

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxCandidates bounds the registered certificates that one signature is tried with.
const maxCandidates = 8

// Judge decides whether the sender signed the document: with a certificate that it
// registered, in force, over the canonical form of the bytes that were read. Where
// several reasons hold the smallest is given, in the order of [Reason].
//
// KeyInfo only chooses among the sender's registered certificates: by the certificate
// itself, else by issuer and serial number, else by key identifier, else all of them are
// candidates, at most 8, those in force first. If there are several, the first whose key
// made the signature value is the signer, so that one in force wins; if there is none,
// the first of them is judged.
//
// It may be called again, with newer knowledge of the sender. It is pure.
func (m *Message) Judge(s Sender, at Moment) Verdict {
	j := judgements.Get().(*judgement)
	j.begin(m, s, at)
	if c := j.asks(); c != nil {
		j.holds = c.signed(m.signed.algorithm, m.signed.sum.bytes(), m.signed.value)
	}
	v := j.verdict()
	j.release()
	return v
}

// A judgement is one call of Judge, in two halves: what is decided before it is known
// whether a signature value holds, and the rest.
type judgement struct {
	m      *Message
	sender Sender
	at     Moment
	detail detail
	used   *Certificate
	looked bool // at the sender's registrations

	early      Reason // decided in the first half; else Unjudged
	candidates []Registration
	mismatch   *reference
	asked      int  // the first candidate whose key may have made the value; negative where none is asked
	holds      bool // whether it did

	room [maxCandidates]Registration // for candidates
}

var judgements = sync.Pool{New: func() any { return new(judgement) }}

// release lets go of all it was about.
func (j *judgement) release() {
	clear(j.candidates)
	j.m, j.sender, j.detail, j.used = nil, Sender{}, detail{}, nil
	j.candidates, j.mismatch, j.holds, j.looked = nil, nil, false, false
	judgements.Put(j)
}

// say keeps what to tell of a reason, and returns the reason.
func (j *judgement) say(r Reason, format string, args ...any) Reason {
	j.detail.message = fmt.Sprintf(format, args...)
	return r
}

// begin is the first half.
func (j *judgement) begin(m *Message, s Sender, at Moment) {
	j.m, j.sender, j.at, j.asked = m, s, at, none
	j.detail = detail{registrations: s.Registrations, at: at}
	if j.early = j.form(); j.early != Unjudged {
		return
	}
	if j.early = j.findCandidates(); j.early != Unjudged {
		return
	}
	j.used = j.candidates[0].Certificate
	j.mismatch = m.signed.mismatch()
	// Over content that was changed the signature only tells several candidates apart.
	if j.mismatch == nil || len(j.candidates) > 1 {
		j.asked = slices.IndexFunc(j.candidates, func(r Registration) bool {
			return r.Certificate.unusable(m.signed.algorithm.scheme) == ""
		})
	}
}

// asks returns the certificate whose key may have made the signature value; nil where it
// doesn't matter.
func (j *judgement) asks() *Certificate {
	if j.asked == none {
		return nil
	}
	return j.candidates[j.asked].Certificate
}

// verdict is the second half.
func (j *judgement) verdict() Verdict {
	reason := j.early
	if reason == Unjudged {
		reason = j.reason()
	}
	v := Verdict{reason: reason, msg: j.m, party: j.sender.Party, used: j.used}
	v.hinges = j.looked && reason != DigestMismatch && reason != Verified
	if reason == Verified {
		v.signed = j.m.signed.covered.sha256()
	} else {
		v.detail = j.detail
	}
	return v
}

// form says what is wrong with the document and its signature whoever signed.
func (j *judgement) form() Reason {
	s, refused := j.m.signed, &j.m.refused
	if refused.reason != Unjudged && refused.reason < KeyInfoUnusable {
		j.detail.refused = refused
		return refused.reason
	}
	if s == nil {
		return j.say(ProfileViolation, "the signature could not be read")
	}
	if s.sha1 && !j.m.engine.profile.allowsSHA1(j.at.Received) {
		return j.say(WeakAlgorithm, "SHA-1 is not accepted: sign with SHA-256")
	}
	if refused.reason != Unjudged {
		j.detail.refused = refused
		return refused.reason
	}
	return Unjudged
}

// reason decides the rest.
func (j *judgement) reason() Reason {
	signer, verified := j.candidates[0], false
	if j.asked != none {
		signer, verified = j.signer()
		j.used = signer.Certificate
	}
	if weak := j.used.unusable(j.m.signed.algorithm.scheme); weak != "" {
		return j.say(WeakAlgorithm, "the registered certificate can't be used: %s", weak)
	}
	if r := j.claims(); r != Unjudged {
		return r
	}
	if r := j.state(signer); r != Unjudged {
		return r
	}
	if j.mismatch != nil {
		j.detail.mismatch = j.mismatch
		return j.say(DigestMismatch, "the content is not what was signed: it was changed after signing")
	}
	if !verified {
		return j.say(SignatureMismatch, "the signature value was not made with the key of this certificate over this SignedInfo")
	}
	return Verified
}

// findCandidates finds the registrations that the signer is looked for among, those that
// count first, of each certificate one, or says why there are none. Pending registrations
// are as if absent.
func (j *judgement) findCandidates() Reason {
	j.looked = true
	pending := false
	var room [maxCandidates]Registration
	counting, others := j.room[:0], room[:0]
	for i := range j.sender.Registrations {
		r := &j.sender.Registrations[i]
		switch {
		case len(counting) == maxCandidates:
		case r.Certificate == nil || !j.named(r.Certificate):
		case r.State == Pending:
			pending = true
		case j.counts(r):
			counting = keep(counting, r)
		default:
			others = keep(others, r)
		}
	}
	for i := range others {
		counting = keep(counting, &others[i])
	}
	if len(counting) == 0 {
		return j.unregistered(pending)
	}
	j.candidates = counting
	return Unjudged
}

// named reports whether KeyInfo may mean the certificate.
func (j *judgement) named(c *Certificate) bool {
	hints := &j.m.signed.keyInfo.hints
	switch {
	case len(hints.Fingerprints) > 0:
		return slices.Contains(hints.Fingerprints, c.fingerprint)
	case len(hints.IssuerSerials) > 0:
		return slices.ContainsFunc(hints.IssuerSerials, func(is IssuerSerial) bool {
			return is.Serial.Cmp(c.SerialRaw()) == 0 && sameIssuer(is.Issuer, c)
		})
	case len(hints.SKIs) > 0:
		return slices.ContainsFunc(hints.SKIs, func(ski []byte) bool { return bytes.Equal(ski, c.SKI()) })
	}
	return true
}

// counts reports whether signatures by a registration's certificate are accepted.
func (j *judgement) counts(r *Registration) bool {
	return (r.State == InForce || r.State == Superseded) &&
		r.Certificate.unusable(j.m.signed.algorithm.scheme) == "" && j.standing(*r) == Unjudged
}

// keep appends the registration unless there are enough, or one of its certificate.
func keep(kept []Registration, r *Registration) []Registration {
	for i := range kept {
		if kept[i].Certificate.fingerprint == r.Certificate.fingerprint {
			return kept
		}
	}
	if len(kept) == maxCandidates {
		return kept
	}
	return append(kept, *r)
}

// unregistered says why the sender has no such certificate.
func (j *judgement) unregistered(pending bool) Reason {
	for _, at := range j.m.signed.keyInfo.texts {
		der, err := j.m.der(at)
		if err == nil {
			_, err = ParseCertificate(der)
		}
		if err != nil {
			return j.say(KeyInfoUnusable, "an X509Certificate in KeyInfo is no certificate")
		}
	}
	if j.sender.Party == "" && len(j.sender.Registrations) == 0 {
		return j.say(UnregisteredCertificate, "account unknown: no party has the account that sent this")
	}
	hinted := j.m.signed.keyInfo.hints.Fingerprints
	for _, f := range j.sender.Elsewhere {
		if slices.Contains(hinted, f) && !pending {
			return j.say(SenderMismatch, "the certificate in KeyInfo is registered to another party")
		}
	}
	switch {
	case pending:
		return j.say(UnregisteredCertificate, "the certificate's registration is pending: it must be confirmed before it counts")
	case len(j.sender.Registrations) == 0:
		return j.say(UnregisteredCertificate, "the sender has registered no signing certificate")
	}
	return j.say(UnregisteredCertificate, "the sender has not registered the certificate that KeyInfo names")
}

// claims holds what the document says of its sender against the sender's identifiers.
func (j *judgement) claims() Reason {
	if len(j.m.claims) == 0 || j.sender.Holds == nil {
		return Unjudged
	}
	first := slices.MinFunc(j.m.claims, func(a, b claimed) int { return a.claim - b.claim }).claim
	for _, c := range j.m.claims {
		if c.claim != first {
			continue
		}
		claim := j.m.want[c.claim]
		if c.unclear {
			j.detail.claimed = claim.Path
			return j.say(SenderMismatch, "%s names nobody: it is not one text of at most %d bytes, or one of more than %d different claims", claim.Path, maxID, maxClaims)
		}
		held := slices.ContainsFunc(claim.Kinds, func(k IdentifierKind) bool { return j.sender.Holds(k, c.value) })
		if !held {
			j.detail.claimed = claim.Path
			return j.say(SenderMismatch, "%s names %s, which is no identifier of the sender's", claim.Path, asciiQuote(shownClaim(c.value)))
		}
	}
	return Unjudged
}

// nationalID is the form of an identity card's number, or a resident certificate's.
var nationalID = regexp.MustCompile(`^[A-Za-z][0-9A-Da-d][0-9]{8}$`)

// shownClaim leaves of what may be a national id the letter and the last digit: a detail
// travels in headers.
func shownClaim(value string) string {
	if id := strings.TrimSpace(value); nationalID.MatchString(id) {
		return id[:1] + "********" + id[len(id)-1:]
	}
	return value
}

// signer returns the candidate that is judged, and whether its key made the signature.
func (j *judgement) signer() (Registration, bool) {
	s := j.m.signed
	for i, r := range j.candidates[j.asked:] {
		holds := j.holds
		if i > 0 {
			holds = r.Certificate.unusable(s.algorithm.scheme) == "" && r.Certificate.signed(s.algorithm, s.sum.bytes(), s.value)
		}
		if holds {
			return r, true
		}
	}
	return j.candidates[0], false
}

// state says why a registration doesn't count.
func (j *judgement) state(r Registration) Reason {
	c := r.Certificate
	switch reason := j.standing(r); reason {
	case CertificateNotYetValid:
		from := c.NotBefore()
		if r.From.After(from) {
			from = r.From
		}
		return j.say(reason, "the certificate counts from %s; the message was received at %s", stamp(from), stamp(j.at.Received))
	case CertificateExpired:
		if ended(r, j.at.Received) && !j.at.Received.After(c.NotAfter()) {
			return j.say(reason, "the registration ended at %s; the message was received at %s", stamp(r.Until), stamp(j.at.Received))
		}
		return j.say(reason, "the certificate expired at %s; the message was received at %s", stamp(c.NotAfter()), stamp(j.at.Received))
	case CertificateRevoked:
		return j.say(reason, "the certificate was revoked%s", since(r.EndedAt))
	case RegistrationWithdrawn:
		return j.say(reason, "the registration was withdrawn%s", since(r.EndedAt))
	default:
		return reason
	}
}

// standing returns the first reason for which a registration doesn't count, Unjudged
// where it does. Periods are judged at the receipt; revocation and withdrawal count as
// soon as they are known. A certificate that is revoked in one of the sender's
// registrations is so in all. A state that is unknown here doesn't count.
func (j *judgement) standing(r Registration) Reason {
	return standing(r, j.sender.Registrations, j.at)
}

func standing(r Registration, all []Registration, at Moment) Reason {
	c := r.Certificate
	switch {
	case at.Received.Before(c.NotBefore()), at.Received.Before(r.From):
		return CertificateNotYetValid
	case at.Received.After(c.NotAfter()), ended(r, at.Received):
		return CertificateExpired
	case revoked(c, all):
		return CertificateRevoked
	case r.State != InForce && r.State != Superseded:
		return RegistrationWithdrawn
	}
	return Unjudged
}

func revoked(c *Certificate, all []Registration) bool {
	return slices.ContainsFunc(all, func(r Registration) bool {
		return r.State == Revoked && r.Certificate != nil && r.Certificate.fingerprint == c.fingerprint
	})
}

// ended reports whether the registration's period, which excludes its end, was over. The
// state of one that was withdrawn or revoked says more.
func ended(r Registration, received time.Time) bool {
	return (r.State == InForce || r.State == Superseded) && !r.Until.IsZero() && !received.Before(r.Until)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " at " + stamp(t)
}
