package verifier_test

import (
	"testing"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest/grammar"
	"turnkey-gateway/verifier/verifiertest/oracle"
)

// TestGrammarIsReadAlike has documents that are hard to canonicalise, and changes of them,
// read by all that makes reading fast, and token by token.
func TestGrammarIsReadAlike(t *testing.T) {
	const documents, changes = 80, 11
	for seed := range uint64(documents) {
		d, err := grammar.Make(seed, oracle.Own{})
		if err != nil {
			t.Fatal(err)
		}
		docs := [][]byte{d.Text}
		for number := range changes {
			docs = append(docs, d.Mutate(number).Text)
		}
		for _, profile := range []string{"cpt", "interop"} {
			verifier.CheckReadAlike(t, profile, docs)
		}
	}
}
