package verifier

import (
	"slices"
	"strings"
	"testing"
)

// TestReasonsAreAPI freezes the strings and their order: they are in record headers,
// metrics and scripts.
func TestReasonsAreAPI(t *testing.T) {
	frozen := strings.Fields(`MALFORMED_XML FORBIDDEN_XML TOO_LARGE UNSIGNED AMBIGUOUS_SIGNATURE PROFILE_VIOLATION
		WEAK_ALGORITHM KEYINFO_UNUSABLE UNREGISTERED_CERTIFICATE SENDER_MISMATCH CERTIFICATE_NOT_YET_VALID
		CERTIFICATE_EXPIRED CERTIFICATE_REVOKED REGISTRATION_WITHDRAWN DIGEST_MISMATCH SIGNATURE_MISMATCH`)
	var got []string
	for _, r := range Rejections() {
		got = append(got, r.String())
	}
	if !slices.Equal(got, frozen) {
		t.Errorf("reasons are %q, frozen as %q", got, frozen)
	}
	if Verified.String() != "VERIFIED" || Unjudged.String() != "UNJUDGED" || Unjudged != 0 {
		t.Errorf("%v, %v, %d", Verified, Unjudged, Unjudged)
	}
	if got := (Verified + 1).String(); got != "Reason(18)" {
		t.Errorf("an unknown reason is %s", got)
	}
}

func TestZeroVerdictIsNotVerified(t *testing.T) {
	var v Verdict
	want(t, v, Unjudged)
	if v.Used() != nil || v.Party() != "" || v.Info() != (MessageInfo{}) || string(v.Detail().JSON()) != "{}" {
		t.Errorf("the zero Verdict tells %v", v)
	}
}

// TestOrderOfReasons gives documents for which two or more reasons hold, one row for
// each neighbouring pair of the closed set that can meet.
func TestOrderOfReasons(t *testing.T) {
	good := sign(t, sample, form{})
	signature := between(t, good, "<Signature", "</Signature>")
	weak := sign(t, sample, form{digest: uriSHA1})
	edit := func(doc string, oldNew ...string) string {
		for i := 0; i < len(oldNew); i += 2 {
			doc = replaceOnce(t, doc, oldNew[i], oldNew[i+1])
		}
		return doc
	}
	strange := registered(bob())
	wrongBox := registered(alice())
	wrongBox.Holds = func(IdentifierKind, string) bool { return false }
	mismatch := []string{">100<", ">900<"}
	state := func(s RegistrationState, p person) Sender {
		sender := registered(p)
		sender.Registrations[0].State = s
		return sender
	}
	garbled := edit(good, "<SignatureValue>", "<SignatureValue>AAAA")

	tests := []struct {
		name   string
		doc    string
		sender Sender
		want   Reason
	}{
		{"malformed, unsigned", "<a>", strange, MalformedXML},
		{"malformed, two signatures", edit(good, signature, signature+signature+"&"), strange, MalformedXML},
		{"malformed, relative namespace", edit(good, "<Agent>", `<Agent xmlns:a="1">`, "</Declaration>", "</declaration>"), strange, MalformedXML},
		{"forbidden, malformed further down", "<!DOCTYPE a><a>", strange, ForbiddenXML},
		{"too large, unsigned", strings.Repeat("<a>", 1001) + strings.Repeat("</a>", 1001), strange, TooLarge},
		{"unsigned, relative namespace", `<a xmlns:b="1"/>`, strange, Unsigned},
		{"unsigned, comment in a value", `<a>1<!--2-->3</a>`, strange, Unsigned},
		{"two signatures, both against the profile", edit(good, signature, strings.Repeat(edit(signature, `URI=""`, `URI="#x"`), 2)), strange, AmbiguousSignature},
		{"two signatures, relative namespace", edit(good, signature, signature+signature, "<Agent>", `<Agent xmlns:a="1">`), strange, AmbiguousSignature},
		{"profile, weak", edit(weak, `URI=""`, `URI="#x"`), strange, ProfileViolation},
		{"profile, KeyInfo unusable", edit(good, `URI=""`, `URI="#x"`, "<X509Certificate>", "<X509Certificate>!"), strange, ProfileViolation},
		{"weak, KeyInfo unusable", edit(weak, "<X509Certificate>", "<X509Certificate>!"), strange, WeakAlgorithm},
		{"weak, unregistered", weak, strange, WeakAlgorithm},
		{"KeyInfo unusable, account unknown", edit(good, "<X509Certificate>", "<X509Certificate>!"), Sender{}, KeyInfoUnusable},
		{"KeyInfo no certificate, account unknown", edit(good, between(t, good, "<X509Certificate>", "</X509Certificate>"), "<X509Certificate>AAAA</X509Certificate>"), Sender{}, KeyInfoUnusable},
		{"unregistered, claims another, digest", edit(good, mismatch...), func() Sender { s := strange; s.Holds = wrongBox.Holds; return s }(), UnregisteredCertificate},
		{"account unknown, registered elsewhere", good, Sender{Elsewhere: []Fingerprint{alice().cert.Fingerprint()}}, UnregisteredCertificate},
		{"claims another, expired", sign(t, sample, form{by: ptr(carol())}), func() Sender { s := registered(carol()); s.Holds = wrongBox.Holds; return s }(), SenderMismatch},
		{"claims another, digest", edit(good, mismatch...), wrongBox, SenderMismatch},
		{"expired, revoked", sign(t, sample, form{by: ptr(carol())}), state(Revoked, carol()), CertificateExpired},
		{"expired, withdrawn", sign(t, sample, form{by: ptr(carol())}), state(Withdrawn, carol()), CertificateExpired},
		{"revoked, digest", edit(good, mismatch...), state(Revoked, alice()), CertificateRevoked},
		{"revoked, signature", garbled, state(Revoked, alice()), CertificateRevoked},
		{"withdrawn, digest, signature", edit(garbled, mismatch...), state(Withdrawn, alice()), RegistrationWithdrawn},
		{"digest, signature", edit(garbled, mismatch...), registered(alice()), DigestMismatch},
		{"signature", garbled, registered(alice()), SignatureMismatch},
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { want(t, judge(e, tt.doc, tt.sender), tt.want) })
	}
}
