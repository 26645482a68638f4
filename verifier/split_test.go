package verifier

import "testing"

// TestSignatureInsideAText holds that a Signature splits no text: moved into one it
// leaves the signed octets as they are, but a reader that takes an element's first text
// reads half of it.
func TestSignatureInsideAText(t *testing.T) {
	tests := []struct {
		name, doc string
		cpt       Reason
		interop   Reason
	}{
		{"in the root's text", "<a>12{signature}34</a>", ProfileViolation, ProfileViolation},
		{"in a value deeper down", "<a><b>12{signature}34</b></a>", ProfileViolation, ProfileViolation},
		{"with an instruction on one side", "<a>12{signature}<?p?>34</a>", ProfileViolation, ProfileViolation},
		{"between CDATA", "<a><![CDATA[12]]>{signature}<![CDATA[34]]></a>", ProfileViolation, ProfileViolation},
		{"behind a text", "<a>12{signature}</a>", Verified, Verified},
		{"before a text", "<a>{signature}34</a>", Verified, Verified},
		{"between an element and a text", "<a>12<b/>{signature}34</a>", Verified, Verified},
		{"with a tag behind it", "<a>12{signature}<b/>34</a>", Verified, Verified},
		{"between blanks", "<a> {signature}\n<b>1</b></a>", Verified, Verified},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := sign(t, tt.doc, form{})
			want(t, judge(newEngine(t, "cpt"), doc, registered(alice())), tt.cpt)
			want(t, judge(newEngine(t, "interop"), doc, registered(alice())), tt.interop)
		})
	}
}
