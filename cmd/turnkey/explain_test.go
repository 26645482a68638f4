package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExplainAGoodSignature(t *testing.T) {
	id := broker(t, 0)
	signed, dump := signedFile(t, id), filepath.Join(t.TempDir(), "steps")
	out := turnkey(t, "explain", "--cert", certFile(t, id), "--dump", dump, signed).
		want(t, exitYes, `URI=""`, "enveloped-signature", "the same: the content is what was signed", "the same: this key signed this SignedInfo", "in <Declaration>", "VERIFIED", serialOf(id))
	if strings.Contains(out.stdout, "DIFFERENT") {
		t.Errorf("something differs: %s", out.stdout)
	}
	canonical := turnkey(t, "canonicalize", "--without-signature", signed).want(t, exitYes)
	if got, err := os.ReadFile(filepath.Join(dump, "reference-1.xml")); err != nil || string(got) != canonical.stdout {
		t.Errorf("the dump is %q, %v; want %q", got, err, canonical.stdout)
	}
	if got, err := os.ReadFile(filepath.Join(dump, "signedinfo.xml")); err != nil || !strings.HasPrefix(string(got), "<SignedInfo ") {
		t.Errorf("the dumped SignedInfo is %q, %v", got, err)
	}
}

func TestExplainWhatXMLSecSigned(t *testing.T) {
	id := broker(t, 0)
	for _, tm := range []template{
		{method: c14n10, hash: "256", prefix: "sig:"},
		{method: exc, transform: exc, prefixList: "ds #default", hash: "512", prefix: "sig:"},
	} {
		signed := signWithXMLSec(t, declaration(tm.xml()), id)
		turnkey(t, "explain", "--cert", certFile(t, id), signed).
			want(t, exitYes, "the same: the content is what was signed", "the same: this key signed this SignedInfo")
	}
}

func TestExplainSaysWhichStepFails(t *testing.T) {
	id := broker(t, 0)
	text, err := os.ReadFile(signedFile(t, id))
	if err != nil {
		t.Fatal(err)
	}
	// What a signer does that says inclusive and digests exclusive, say.
	tm := template{method: c14n10, transform: exc, hash: "256"}
	lying, err := os.ReadFile(signWithXMLSec(t, declaration(tm.xml()), id))
	if err != nil {
		t.Fatal(err)
	}
	other := broker(t, 1)
	tests := []struct {
		name, doc, cert string
		want            []string
	}{
		{"content changed", strings.Replace(string(text), "AA  13", "AA 13", 1), certFile(t, id),
			[]string{"DIFFERENT: the content", "no other canonicalisation", "Blanks collapsed after signing", "line 5, column 9, in /Declaration/ID", "the same: this key signed", "DIGEST_MISMATCH"}},
		{"another canonicalisation than said", strings.Replace(string(lying), `Transform Algorithm="`+exc, `Transform Algorithm="`+c14n10, 1), certFile(t, id),
			[]string{"the digest of the form by exc", "DIFFERENT: this key signed, but SignedInfo was changed"}},
		{"another key", string(text), certFile(t, other),
			[]string{"the same: the content", "does not open with this certificate's key", "UNREGISTERED_CERTIFICATE"}},
		{"not signed", declaration(""), certFile(t, id), []string{"no Signature", "UNSIGNED"}},
		{"not well-formed", "<a><b></a>", certFile(t, id), []string{"line 1", "MALFORMED_XML"}},
		{"a transform we don't have", strings.Replace(string(text), "#enveloped-signature", "#base64", 1), certFile(t, id),
			[]string{"not supported", "PROFILE_VIOLATION"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			turnkeyWith(t, nil, tt.doc, "explain", "--cert", tt.cert, "-").want(t, exitNo, tt.want...)
			turnkeyWith(t, nil, tt.doc, "explain", "--lang", "zh", "--cert", tt.cert, "-").want(t, exitNo, "結論")
		})
	}
}

func TestExplainCouldNotTell(t *testing.T) {
	cert := certFile(t, broker(t, 0))
	turnkey(t, "explain", "a.xml").want(t, exitUnknown, "--cert broker.cer")
	turnkey(t, "explain", "--cert", cert, "nowhere.xml").want(t, exitUnknown, "no such file")
	turnkey(t, "explain", "--cert", cert).want(t, exitUnknown, "FILE (the message")
	signed := signedFile(t, broker(t, 0))
	turnkey(t, "explain", "--cert", cert, "--dump", cert+"/steps", signed).want(t, exitUnknown, "not a directory")
}

func TestExplainJSON(t *testing.T) {
	id := broker(t, 0)
	text, err := os.ReadFile(signedFile(t, id))
	if err != nil {
		t.Fatal(err)
	}
	collapsed := writeFile(t, "collapsed.xml", []byte(strings.Replace(string(text), "AA  13", "AA 13", 1)))
	dump := filepath.Join(t.TempDir(), "steps")
	out := turnkey(t, "explain", "--json", "--dump", dump, "--cert", certFile(t, id), collapsed).want(t, exitNo)
	var object struct {
		Verdict, Reason string
		Explanation     struct {
			Steps []struct {
				Code, Outcome string
				Title         struct{ En, Zh string }
			}
			ToDo []struct{ En, Zh string } `json:"to_do"`
		}
	}
	if err := json.Unmarshal([]byte(out.stdout), &object); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, s := range object.Explanation.Steps {
		codes = append(codes, s.Code+" "+s.Outcome)
	}
	if got := strings.Join(codes, ", "); got != "document neutral, signature neutral, reference bad, signed_info good, certificate good" {
		t.Errorf("steps: %s", got)
	}
	if object.Reason != "DIGEST_MISMATCH" || object.Verdict != "rejected" || len(object.Explanation.ToDo) != 2 || object.Explanation.ToDo[0].Zh == "" {
		t.Errorf("%s", out.stdout)
	}
	if _, err := os.Stat(filepath.Join(dump, "reference-1.xml")); err != nil {
		t.Error(err)
	}
}
