package verifier

import (
	"os"
	"regexp"
	"testing"
)

// TestInstructionsUsed holds what is said against what Linux says of the processor.
func TestInstructionsUsed(t *testing.T) {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip(err)
	}
	in := InstructionsUsed()
	for flag, used := range map[string]string{"avx512ifma": in.RSA, "sha_ni": in.SHA256, "avx512_?vbmi": in.Scan} {
		has := regexp.MustCompile(`(?m)^flags\s*:.*\b` + flag + `\b`).Match(text)
		if special := used != "go"; special && !has || !special && has && !plainBuild {
			t.Errorf("%s: the processor has it: %v; used: %q", flag, has, used)
		}
	}
}
