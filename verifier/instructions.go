package verifier

import (
	"turnkey-gateway/verifier/pkcs1"
	"turnkey-gateway/verifier/sha256x2"
	"turnkey-gateway/verifier/xmltext"
)

// Instructions say by which instructions of the processor the engine works, chosen once at
// the start of the program. "go" stands for plain Go, which is several times slower.
type Instructions struct {
	RSA    string // "avx512ifma" or "go"
	SHA256 string // "sha", two digests at a time, or "go", by crypto/sha256
	Scan   string // "avx512vbmi" or "go"
}

// InstructionsUsed returns those of this program on this machine.
func InstructionsUsed() Instructions {
	word := func(special bool, name string) string {
		if special {
			return name
		}
		return "go"
	}
	return Instructions{
		RSA:    word(pkcs1.Lockstep(), "avx512ifma"),
		SHA256: word(sha256x2.Paired(), "sha"),
		Scan:   word(xmltext.Charted(), "avx512vbmi"),
	}
}
