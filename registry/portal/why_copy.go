package portal

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"turnkey-gateway/verifier"
)

// verdictCopy is a verdict as JSON, to be sent to support: `turnkey verify --json`
// without whose certificate it is.
func verdictCopy(v verifier.Verdict, sender verifier.Sender, at time.Time, alone bool) string {
	type signer struct {
		SHA256 string `json:"sha256"`
		Serial string `json:"serial"`
	}
	type message struct {
		Namespace string `json:"namespace"`
		Root      string `json:"root"`
		Type      string `json:"type"`
		ID        string `json:"id"`
	}
	info := v.Info()
	out := struct {
		Verdict      string          `json:"verdict"`
		Reason       string          `json:"reason"`
		Detail       json.RawMessage `json:"detail"`
		Signer       *signer         `json:"signer"`
		Message      message         `json:"message"`
		SignedSHA256 string          `json:"signed_sha256,omitempty"`
		Registration string          `json:"registration"` // checked, or not
		Version      uint64          `json:"registry_version,omitempty"`
		At           string          `json:"judged_at"`
	}{
		Verdict: "rejected", Reason: v.Reason().String(), Detail: v.Detail().JSON(),
		Message:      message{info.Namespace, info.Root, info.Type, info.ID},
		Registration: "checked", Version: sender.Version, At: at.UTC().Format(time.RFC3339),
	}
	if alone {
		out.Registration = "not checked"
		if v.Reason() == verifier.UnregisteredCertificate { // nobody looked
			out.Verdict, out.Reason = "unknown", ""
		}
	}
	if c, ok := v.Signer(); ok {
		out.Verdict, out.Signer = "verified", &signer{c.Fingerprint().String(), c.Serial()}
	}
	if sum, ok := v.SignedSHA256(); ok {
		out.SignedSHA256 = hex.EncodeToString(sum[:])
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}
