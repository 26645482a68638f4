package verifier

import "fmt"

// A Reason says why a document was rejected, or that it was verified. Its string
// form is API: it travels in record headers, metrics labels and the tool's JSON.
//
// The values stand in the order in which the judge meets them: where several hold,
// the smallest is given. Of the first three, which end the reading, the one met first in
// the bytes is: what follows it is not read. The zero value means that nothing was decided.
type Reason uint8

const (
	Unjudged Reason = iota // the zero Verdict's; never leaves the verifier

	// Form of the document.
	MalformedXML // not well-formed XML 1.0 with namespaces
	ForbiddenXML // a document type declaration, an encoding other than UTF-8, XML 1.1
	TooLarge     // bytes, depth, elements, attributes, lengths

	// Form of the signature and its algorithms.
	Unsigned
	AmbiguousSignature
	ProfileViolation
	WeakAlgorithm

	// Who the signer is.
	KeyInfoUnusable
	UnregisteredCertificate
	SenderMismatch

	// The state of that certificate.
	CertificateNotYetValid
	CertificateExpired
	CertificateRevoked
	RegistrationWithdrawn

	// The signature itself.
	DigestMismatch
	SignatureMismatch

	Verified
)

var reasonNames = [...]string{
	Unjudged:                "UNJUDGED",
	MalformedXML:            "MALFORMED_XML",
	ForbiddenXML:            "FORBIDDEN_XML",
	TooLarge:                "TOO_LARGE",
	Unsigned:                "UNSIGNED",
	AmbiguousSignature:      "AMBIGUOUS_SIGNATURE",
	ProfileViolation:        "PROFILE_VIOLATION",
	WeakAlgorithm:           "WEAK_ALGORITHM",
	KeyInfoUnusable:         "KEYINFO_UNUSABLE",
	UnregisteredCertificate: "UNREGISTERED_CERTIFICATE",
	SenderMismatch:          "SENDER_MISMATCH",
	CertificateNotYetValid:  "CERTIFICATE_NOT_YET_VALID",
	CertificateExpired:      "CERTIFICATE_EXPIRED",
	CertificateRevoked:      "CERTIFICATE_REVOKED",
	RegistrationWithdrawn:   "REGISTRATION_WITHDRAWN",
	DigestMismatch:          "DIGEST_MISMATCH",
	SignatureMismatch:       "SIGNATURE_MISMATCH",
	Verified:                "VERIFIED",
}

func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// Rejections returns every reason a document can be rejected for, in the order in
// which the judge meets them.
func Rejections() []Reason {
	var all []Reason
	for r := MalformedXML; r < Verified; r++ {
		all = append(all, r)
	}
	return all
}
