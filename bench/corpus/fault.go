package corpus

import (
	"math/rand/v2"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// A fault is one way in which a message deserves a reason. Nothing is wrong with a
// message but its fault.
type fault struct {
	name string
	want verifier.Reason

	// holds tells the certificates that sign such a message.
	holds func(Certificate, time.Time) bool

	// prepare changes what is to be written, or who signs it; nil changes nothing.
	prepare func(*Plan, *job)

	// edit changes the signed document; nil changes nothing.
	edit func(*rand.Rand, []byte, *job) ([]byte, error)
}

// faults are all of them, the good messages included, in the order of the reasons.
var faults = []fault{
	{name: "truncated", want: verifier.MalformedXML, holds: usable, edit: truncate},
	{name: "tags crossed", want: verifier.MalformedXML, holds: usable, edit: replace("</Declaration>", "</declaration>")},
	{name: "bare ampersand", want: verifier.MalformedXML, holds: usable, edit: replace("<FunctionCode>9", "<FunctionCode>9 & ")},
	{name: "Big5 text", want: verifier.MalformedXML, holds: usable, edit: replace("<FunctionCode>9", "<FunctionCode>\xb3\x5c\xa5\x5c")},
	{name: "control character", want: verifier.MalformedXML, holds: usable, edit: replace("<FunctionCode>9", "<FunctionCode>9\x01")},
	{name: "prefix undeclared", want: verifier.MalformedXML, holds: usable, edit: replace("<FunctionCode>9</FunctionCode>", "<wco:FunctionCode>9</wco:FunctionCode>")},

	{name: "document type", want: verifier.ForbiddenXML, holds: usable, edit: replace("<Declaration ", "<!DOCTYPE Declaration><Declaration ")},
	{name: "declared Big5", want: verifier.ForbiddenXML, holds: usable, edit: declareBig5},

	{name: "too deep", want: verifier.TooLarge, holds: usable, edit: nest},

	{name: "not signed", want: verifier.Unsigned, holds: usable, prepare: func(_ *Plan, j *job) { j.signer = nil }},

	{name: "two signatures", want: verifier.AmbiguousSignature, holds: usable, edit: repeatSignature},

	{name: "reference elsewhere", want: verifier.ProfileViolation, holds: usable, edit: replace(`URI=""`, `URI="#invoice"`)},
	{name: "object in signature", want: verifier.ProfileViolation, holds: usable, edit: replace("</Signature>", "<Object>1</Object></Signature>")},
	{name: "XPath transform", want: verifier.ProfileViolation, holds: usable, edit: replace(algEnveloped, "http://www.w3.org/TR/1999/REC-xpath-19991116")},

	{name: "SHA-1", want: verifier.WeakAlgorithm, holds: usable, edit: weaken},

	{name: "certificate garbled", want: verifier.KeyInfoUnusable, holds: usable, edit: garbleCertificate},

	{name: "stranger's certificate", want: verifier.UnregisteredCertificate, holds: usable, prepare: func(p *Plan, j *job) { j.signer = p.corpus.stranger }},
	{name: "account unknown", want: verifier.UnregisteredCertificate, holds: usable, prepare: func(_ *Plan, j *job) { j.account = unknownAccount }},
	{name: "certificate pending", want: verifier.UnregisteredCertificate, holds: signing(pending)},
	{name: "login certificate", want: verifier.UnregisteredCertificate, holds: func(c Certificate, _ time.Time) bool { return c.Usage == registry.Login }},

	{name: "another party's certificate", want: verifier.SenderMismatch, holds: usable, prepare: byAnother},
	{name: "claims another sender", want: verifier.SenderMismatch, holds: usable, prepare: claimAnother},

	{name: "certificate not yet valid", want: verifier.CertificateNotYetValid, holds: signing(notYet)},
	{name: "registered from a later day", want: verifier.CertificateNotYetValid, holds: signing(fromNextDay)},

	{name: "certificate expired", want: verifier.CertificateExpired, holds: signing(expired)},
	{name: "replaced", want: verifier.CertificateExpired, holds: signing(replaced)},

	{name: "certificate revoked", want: verifier.CertificateRevoked, holds: signing(revoked)},

	{name: "withdrawn", want: verifier.RegistrationWithdrawn, holds: signing(withdrawn)},

	{name: "blanks collapsed", want: verifier.DigestMismatch, holds: usable, edit: collapseBlanks},
	{name: "indented again", want: verifier.DigestMismatch, holds: usable, edit: indentAgain},
	{name: "amount raised", want: verifier.DigestMismatch, holds: usable, edit: raiseAmount},

	{name: "signature value altered", want: verifier.SignatureMismatch, holds: usable, edit: alterSignatureValue},
	{name: "signed with another key", want: verifier.SignatureMismatch, holds: usable, prepare: byStranger, edit: nameCertificate},

	{name: "good", want: verifier.Verified, holds: usable, edit: nameAsStyled},
}

// unknownAccount is nobody's.
const unknownAccount = "nobody@example.com"

// byReason returns the faults by the reason that they deserve.
func byReason() map[verifier.Reason][]fault {
	all := make(map[verifier.Reason][]fault)
	for _, f := range faults {
		all[f.want] = append(all[f.want], f)
	}
	return all
}

// usable tells the certificates whose signatures count now.
func usable(c Certificate, now time.Time) bool {
	counts := c.State == verifier.InForce || c.State == verifier.Superseded
	within := !now.Before(c.From) && now.Before(c.Until)
	valid := !now.Before(c.identity.Certificate.NotBefore) && now.Before(c.identity.Certificate.NotAfter)
	return c.Usage == registry.Signing && counts && within && valid
}

// signing tells the certificates of that life.
func signing(l life) func(Certificate, time.Time) bool {
	return func(c Certificate, _ time.Time) bool { return c.Usage == registry.Signing && c.life == l }
}

// byAnother has a message signed by a certificate that counts, but for another party.
func byAnother(p *Plan, j *job) {
	other := j.sender
	for other == j.sender {
		var certificate int
		other, certificate = p.holder(usable)
		j.signer = other.signers[certificate]
	}
}

// claimAnother has a message claim a sender that its party isn't.
func claimAnother(p *Plan, j *job) {
	claim := &j.draft.claims[0]
	switch claim.parent {
	case "Agent":
		claim.id = "Z99"
	default:
		claim.id = "00044909"
	}
}

// byStranger has a message signed with nobody's key, to be passed off as its sender's.
func byStranger(p *Plan, j *job) {
	j.named = j.signer.Certificate()
	j.signer = p.corpus.stranger
}

// Faults returns the words that Message.Fault may hold.
func Faults() []string {
	names := make([]string, len(faults))
	for i, f := range faults {
		names[i] = f.name
	}
	return names
}
