package verifier

import "testing"

// TestHingesOnSender holds each rejection against what could have been registered: one that
// doesn't hinge on the sender stays a rejection whatever that is.
func TestHingesOnSender(t *testing.T) {
	good := sign(t, sample, form{})
	changed := replaceOnce(t, good, ">100<", ">900<")
	withState := func(s RegistrationState) Sender {
		sender := registered(alice())
		sender.Registrations[0].State = s
		return sender
	}
	otherName := registered(alice())
	otherName.Holds = func(IdentifierKind, string) bool { return false }
	tests := []struct {
		name   string
		doc    string
		sender Sender
		want   Reason
		hinges bool
	}{
		{"good", good, registered(alice()), Verified, false},
		{"malformed", "<a>", Sender{}, MalformedXML, false},
		{"unsigned", sample, Sender{}, Unsigned, false},
		{"weak", sign(t, sample, form{digest: uriSHA1}), Sender{}, WeakAlgorithm, false},
		{"KeyInfo unusable", replaceOnce(t, good, "<X509Certificate>", "<X509Certificate>!"), Sender{}, KeyInfoUnusable, false},
		{"account unknown", good, Sender{}, UnregisteredCertificate, true},
		{"another certificate", good, registered(bob()), UnregisteredCertificate, true},
		{"pending", good, withState(Pending), UnregisteredCertificate, true},
		{"registered elsewhere", good, Sender{Party: "p", Elsewhere: []Fingerprint{alice().cert.Fingerprint()}}, SenderMismatch, true},
		{"claims another", good, otherName, SenderMismatch, true},
		{"withdrawn", good, withState(Withdrawn), RegistrationWithdrawn, true},
		{"changed", changed, registered(alice()), DigestMismatch, false},
		{"changed, account unknown", changed, Sender{}, UnregisteredCertificate, true}, // or the reason would be wrong
		{"no KeyInfo, another's key", sign(t, sample, form{keyInfo: "-"}), registered(bob()), SignatureMismatch, true},
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := judge(e, tt.doc, tt.sender)
			want(t, v, tt.want)
			if v.HingesOnSender() != tt.hinges {
				t.Errorf("HingesOnSender = %v", v.HingesOnSender())
			}
			if best := judge(e, tt.doc, registered(alice(), bob())); !tt.hinges && best.Verified() != v.Verified() {
				t.Errorf("with all registered it is %v", best.Reason())
			}
		})
	}
}
