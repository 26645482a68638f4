package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/explain"
)

// A judgement is a verdict on one file, with what it was judged by.
type judgement struct {
	file    string
	verdict verifier.Verdict
	at      time.Time
	profile string
	certs   []*verifier.Certificate
}

// judgementJSON is the shape that scripts rely on: names and types are API.
type judgementJSON struct {
	File         string          `json:"file,omitempty"` // only where there are several
	Verdict      string          `json:"verdict"`        // "verified" or "rejected"
	Reason       string          `json:"reason"`
	Detail       json.RawMessage `json:"detail"`
	Signer       *signerJSON     `json:"signer"` // null unless verified
	Message      messageJSON     `json:"message"`
	SignedSHA256 *string         `json:"signed_sha256"` // lower-case hex; null unless verified
}

type signerJSON struct {
	SHA256  string `json:"sha256"` // of the certificate's DER, lower-case hex
	Serial  string `json:"serial"` // upper-case hex, as the portal prints it
	Subject string `json:"subject"`
}

type messageJSON struct {
	Namespace string `json:"namespace"`
	Root      string `json:"root"`
	Type      string `json:"type"`
	ID        string `json:"id"`
}

func (j judgement) printJSON(w io.Writer, withFile bool) error {
	return writeJSON(w, j.json(withFile))
}

func writeJSON(w io.Writer, object any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(object)
}

func (j judgement) json(withFile bool) judgementJSON {
	info := j.verdict.Info()
	out := judgementJSON{
		Verdict: "rejected",
		Reason:  j.verdict.Reason().String(),
		Detail:  j.verdict.Detail().JSON(),
		Message: messageJSON{Namespace: info.Namespace, Root: info.Root, Type: info.Type, ID: info.ID},
	}
	if withFile {
		out.File = j.file
	}
	if j.verdict.Verified() {
		out.Verdict = "verified"
	}
	if signer, ok := j.verdict.Signer(); ok {
		out.Signer = &signerJSON{SHA256: signer.Fingerprint().String(), Serial: signer.Serial(), Subject: signer.Subject()}
	}
	if sum, ok := j.verdict.SignedSHA256(); ok {
		digest := hex.EncodeToString(sum[:])
		out.SignedSHA256 = &digest
	}
	return out
}

// print writes the judgement for a person. The meaning stands in both languages:
// who reads it may have to pass it on to somebody who reads the other.
func (j judgement) print(w io.Writer, l language) {
	words := explain.WordsOf(j.verdict.Reason())
	if j.verdict.Verified() {
		fmt.Fprintf(w, "%s: VERIFIED 驗章通過\n", display(j.file))
	} else {
		fmt.Fprintf(w, "%s: REJECTED 驗章不通過  %s\n", display(j.file), j.verdict.Reason())
	}
	fmt.Fprintf(w, "  %s\n  %s\n", words.Meaning.English, words.Meaning.Chinese)
	line := func(label text, format string, args ...any) {
		fmt.Fprintf(w, "  %s %s\n", cells.FillRight(label.in(l), 13), fmt.Sprintf(format, args...))
	}
	line(text{"message", "報文"}, "%s", describeMessage(j.verdict.Info()))
	j.printCertificate(line)
	if sum, ok := j.verdict.SignedSHA256(); ok {
		line(text{"signed bytes", "簽章內容"}, "SHA-256 %x", sum)
	}
	for _, d := range explain.Details(j.verdict) {
		line(text(d.Label), "%s", d.Value.In(l))
	}
	line(text{"judged", "判斷依據"}, "%s", j.basis(l))
	label := text{"what to do", "如何處理"}
	for _, advice := range explain.ToDo(j.verdict) {
		line(label, "%s", advice.In(l))
		label = text{}
	}
}

func (j judgement) printCertificate(line func(text, string, ...any)) {
	label := text{"tried", "比對憑證"}
	if j.verdict.Verified() {
		label = text{"signer", "簽章憑證"}
	}
	used := j.verdict.Used()
	if used == nil {
		return
	}
	line(label, "%s  %s", used.Serial(), used.Subject())
	line(text{}, "SHA-256 %s", used.Fingerprint())
	line(text{}, "%s ~ %s", stamp(used.NotBefore()), stamp(used.NotAfter()))
}

// basis says what the verdict rests on, so that nobody takes it for more.
func (j judgement) basis(l language) string {
	serials := make([]string, 0, len(j.certs))
	for _, c := range j.certs {
		serials = append(serials, c.Serial())
	}
	return fmt.Sprintf(text{
		"at %s, profile %s, against the given certificates (%s); issuer and revocation not checked",
		"時間 %s，規範 %s，以所提供的憑證（%s）為準；未檢查發證機關與廢止狀態",
	}.in(l), stamp(j.at), j.profile, strings.Join(serials, ", "))
}

func describeMessage(info verifier.MessageInfo) string {
	switch {
	case info.Root == "":
		return "-"
	case info.Type == "":
		return fmt.Sprintf("<%s> %s", info.Root, info.Namespace)
	case info.ID == "":
		return fmt.Sprintf("%s %s <%s>", info.Type, info.Version, info.Root)
	default:
		return fmt.Sprintf("%s %s <%s> %q", info.Type, info.Version, info.Root, info.ID)
	}
}

// stamp writes a moment as people in Taiwan read it, with its offset.
func stamp(m time.Time) string {
	return m.In(taipei).Format("2006-01-02 15:04:05 -07:00")
}

// taipei is where the platform is. time/tzdata is linked in, so this cannot fail.
var taipei = func() *time.Location {
	l, err := time.LoadLocation("Asia/Taipei")
	if err != nil {
		panic(err)
	}
	return l
}()
