package main

import (
	"testing"

	"turnkey-gateway/verifier"
)

func TestEveryReasonIsExplainedInBothLanguages(t *testing.T) {
	for _, r := range append(verifier.Rejections(), verifier.Verified) {
		words, ok := reasonTexts[r]
		if !ok || words.meaning.en == "" || words.meaning.zh == "" {
			t.Errorf("%v has no meaning in words", r)
		}
		if r != verifier.Verified && (words.mend.en == "" || words.mend.zh == "") {
			t.Errorf("%v has no advice", r)
		}
	}
}
