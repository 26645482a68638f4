package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"turnkey-gateway/verifier/verifiertest"
)

// signedFile is declaration, signed by the tool itself.
func signedFile(t *testing.T, id *verifiertest.Identity) string {
	t.Helper()
	out := turnkeyWith(t, nil, declaration(""), "sign", "--key", keyFile(t, id), "--cert", certFile(t, id), "-").want(t, exitYes)
	return writeFile(t, "signed.xml", []byte(out.stdout))
}

// shape is an object's members by name, each with its JSON type.
func shape(t *testing.T, text string) map[string]string {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	members := make(map[string]string)
	var walk func(prefix string, object map[string]any)
	walk = func(prefix string, object map[string]any) {
		for name, value := range object {
			switch v := value.(type) {
			case map[string]any:
				members[prefix+name] = "object"
				if name != "detail" {
					walk(prefix+name+".", v)
				}
			case string:
				members[prefix+name] = "string"
			case nil:
				members[prefix+name] = "null"
			default:
				members[prefix+name] = "other"
			}
		}
	}
	walk("", object)
	return members
}

func TestVerifyJSONIsTheContract(t *testing.T) {
	id := broker(t, 0)
	signed, cert := signedFile(t, id), certFile(t, id)
	contract := map[string]string{
		"verdict": "string", "reason": "string", "detail": "object",
		"signer": "object", "signer.sha256": "string", "signer.serial": "string", "signer.subject": "string",
		"message": "object", "message.namespace": "string", "message.root": "string", "message.type": "string", "message.id": "string",
		"signed_sha256": "string",
	}
	out := turnkey(t, "verify", "--json", "--cert", cert, signed).want(t, exitYes)
	if got := shape(t, out.stdout); !maps.Equal(got, contract) {
		t.Errorf("verified: %v\nwant %v", got, contract)
	}
	if strings.Count(out.stdout, "\n") != 1 {
		t.Errorf("not one object on one line: %q", out.stdout)
	}
	var judged judgementJSON
	if err := json.Unmarshal([]byte(out.stdout), &judged); err != nil {
		t.Fatal(err)
	}
	want := messageJSON{Namespace: "urn:wco:datamodel:TW:N5203:R-00-05", Root: "Declaration", Type: "N5203", ID: "AA  1312300001"}
	if judged.Signer == nil || judged.Verdict != "verified" || judged.Reason != "VERIFIED" || judged.Message != want ||
		judged.Signer.Serial != serialOf(id) || !strings.HasPrefix(judged.Signer.Subject, "C=TW, O=Finance, OU=") {
		t.Errorf("judged as %+v, signer %+v", judged, judged.Signer)
	}

	delete(contract, "signer.sha256")
	delete(contract, "signer.serial")
	delete(contract, "signer.subject")
	contract["signer"], contract["signed_sha256"] = "null", "null"
	out = turnkey(t, "verify", "--json", "--cert", certFile(t, broker(t, 1)), signed).want(t, exitNo)
	if got := shape(t, out.stdout); !maps.Equal(got, contract) {
		t.Errorf("rejected: %v\nwant %v", got, contract)
	}
}

func TestVerifySignedSHA256IsThatOfCanonicalBytes(t *testing.T) {
	id := broker(t, 0)
	signed := signedFile(t, id)
	out := turnkey(t, "verify", "--json", "--cert", certFile(t, id), signed).want(t, exitYes)
	var judged judgementJSON
	if err := json.Unmarshal([]byte(out.stdout), &judged); err != nil {
		t.Fatal(err)
	}
	canonical := turnkey(t, "canonicalize", "--without-signature", signed).want(t, exitYes)
	sum := sha256.Sum256([]byte(canonical.stdout))
	if got := judged.SignedSHA256; got == nil || *got != hex.EncodeToString(sum[:]) {
		t.Errorf("signed_sha256 of %s, the canonical form's is %x", out.stdout, sum)
	}
}

func TestVerifySeveralFiles(t *testing.T) {
	id := broker(t, 0)
	cert, good := certFile(t, id), signedFile(t, id)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	changed := writeFile(t, "changed.xml", []byte(strings.Replace(string(text), "G5", "G6", 1)))
	many := slices.Repeat([]string{good, changed, "nowhere.xml", good, good}, 4) // more than are judged at once
	tests := []struct {
		name  string
		files []string
		code  int
	}{
		{"all good", []string{good, good}, exitYes},
		{"one changed", []string{changed, good}, exitNo},
		{"one missing", []string{changed, "nowhere.xml", good}, exitUnknown},
		{"many", many, exitUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := turnkey(t, append([]string{"verify", "--json", "--cert", cert}, tt.files...)...).want(t, tt.code)
			lines := strings.Split(strings.TrimSpace(out.stdout), "\n")
			readable := slices.DeleteFunc(slices.Clone(tt.files), func(file string) bool { return file == "nowhere.xml" })
			if len(lines) != len(readable) {
				t.Fatalf("%d objects, want %d: %s", len(lines), len(readable), out.stdout)
			}
			for i, line := range lines {
				var object struct{ File, Verdict string }
				if err := json.Unmarshal([]byte(line), &object); err != nil {
					t.Fatal(err)
				}
				want := map[string]string{good: "verified", changed: "rejected"}[readable[i]]
				if object.File != readable[i] || !strings.EqualFold(object.Verdict, want) {
					t.Errorf("object %d is %s of %s, want %s of %s", i, object.Verdict, object.File, want, readable[i])
				}
			}
		})
	}
}

func TestVerifyChoosesAmongSeveralCertificates(t *testing.T) {
	id := broker(t, 0)
	bundle := append(broker(t, 1).CertificatePEM(), id.CertificatePEM()...)
	turnkey(t, "verify", "--cert", writeFile(t, "all.pem", bundle), signedFile(t, id)).want(t, exitYes, serialOf(id))
	turnkey(t, "verify", "--cert", certFile(t, broker(t, 1)), "--cert", writeFile(t, "one.cer", id.DER()), signedFile(t, id)).want(t, exitYes, serialOf(id))
}

func TestVerifyJudgesAtTheMomentAsked(t *testing.T) {
	id := broker(t, 0)
	signed, cert := signedFile(t, id), certFile(t, id)
	at := func(m time.Time) string { return m.Format(time.RFC3339) }
	turnkey(t, "verify", "--cert", cert, "--at", at(id.Certificate.NotAfter.AddDate(0, 0, 1)), signed).want(t, exitNo, "CERTIFICATE_EXPIRED", "已過期")
	turnkey(t, "verify", "--cert", cert, "--at", at(id.Certificate.NotBefore.AddDate(0, 0, -1)), signed).want(t, exitNo, "CERTIFICATE_NOT_YET_VALID", "尚未生效")
}

func TestVerifySpeaksTheLanguageAsked(t *testing.T) {
	unsigned, cert := writeFile(t, "a.xml", []byte(declaration(""))), certFile(t, broker(t, 0))
	for _, tt := range []struct {
		env  map[string]string
		args []string
		want string
	}{
		{nil, nil, "Sign it before sending"},
		{map[string]string{"LANG": "zh_TW.UTF-8"}, nil, "請先簽章再傳送"},
		{map[string]string{"LANG": "zh_TW.UTF-8", "LC_ALL": "C"}, nil, "Sign it before sending"},
		{map[string]string{"LANG": "zh_TW.UTF-8"}, []string{"--lang", "en"}, "Sign it before sending"},
		{nil, []string{"--lang", "zh"}, "如何處理"},
	} {
		args := append([]string{"verify", "--cert", cert, unsigned}, tt.args...)
		turnkeyWith(t, tt.env, "", args...).want(t, exitNo, "UNSIGNED", "It carries no XML signature.", "報文沒有 XML 數位簽章。", tt.want)
	}
	turnkey(t, "verify", "--lang", "fr", "--cert", cert, unsigned).want(t, exitUnknown, "only zh and en")
}

func TestVerifyCouldNotTell(t *testing.T) {
	cert := certFile(t, broker(t, 0))
	doc := writeFile(t, "a.xml", []byte("<a/>"))
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no certificate", []string{doc}, "--cert broker.cer"},
		{"no file", []string{"--cert", cert}, "FILE (the message"},
		{"no such file", []string{"--cert", cert, "nowhere.xml"}, "read nowhere.xml: no such file"},
		{"a directory", []string{"--cert", cert, t.TempDir()}, "is a directory"},
		{"no such certificate file", []string{"--cert", "nowhere.cer", doc}, "read nowhere.cer: no such file"},
		{"not a certificate", []string{"--cert", doc, doc}, "can't be read as a certificate"},
		{"no moment", []string{"--cert", cert, "--at", "yesterday", doc}, "RFC 3339"},
		{"no profile", []string{"--cert", cert, "--profile", "strict", doc}, "--profile"},
		{"unknown flag", []string{"--cert", cert, "--xml", doc}, "turnkey verify --help"},
		{"standard input twice", []string{"--cert", "-", "-"}, "standard input"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := turnkey(t, append([]string{"verify"}, tt.args...)...).want(t, exitUnknown, tt.want)
			if out.stdout != "" {
				t.Errorf("an answer was given: %s", out.stdout)
			}
		})
	}
}

// The message's own certificate must never count.
func TestVerifyTrustsNothingInTheMessage(t *testing.T) {
	signed := signedFile(t, broker(t, 0)) // with its certificate in KeyInfo
	turnkey(t, "verify", "--cert", certFile(t, broker(t, 1)), signed).want(t, exitNo, "UNREGISTERED_CERTIFICATE")
}

func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	var check func(*cobra.Command)
	check = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			check(sub)
		}
		turnkey(t, append(strings.Fields(cmd.CommandPath())[1:], "--help")...).want(t, exitYes, cmd.Long)
		hasChinese := strings.ContainsFunc(cmd.Long, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		if !hasChinese || cmd.Runnable() && cmd.Example == "" {
			t.Errorf("%s: help lacks a line in Chinese or an example", cmd.CommandPath())
		}
	}
	check((&tool{}).root())
}

func TestUnknownCommand(t *testing.T) {
	turnkey(t, "verifi").want(t, exitUnknown, "did you mean verify?")
	turnkey(t, "bogus").want(t, exitUnknown, `unknown command "bogus"`, "see: turnkey --help")
	turnkey(t, "party", "bogus").want(t, exitUnknown, "see: turnkey party --help")
	turnkey(t).want(t, exitYes, "Examples:", "verify")
	turnkey(t, "--version").want(t, exitYes, "turnkey ")
}
