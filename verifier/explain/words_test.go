package explain

import (
	"testing"
	"unicode"

	"turnkey-gateway/verifier"
)

// wantBoth fails unless a text is there in both languages.
func wantBoth(t *testing.T, what string, texts ...Text) {
	t.Helper()
	for _, text := range texts {
		han := 0
		for _, r := range text.Chinese {
			if unicode.Is(unicode.Han, r) {
				han++
			}
		}
		if text.English == "" || han < 2 {
			t.Errorf("%s: %+v", what, text)
		}
	}
}

func TestEveryReasonHasWordsInBothLanguages(t *testing.T) {
	for _, r := range verifier.Rejections() {
		words := WordsOf(r)
		wantBoth(t, r.String(), words.Title, words.Meaning, words.Mend)
		if words == WordsOf(verifier.Unjudged) {
			t.Errorf("%v has no words of its own", r)
		}
	}
	wantBoth(t, "verified", WordsOf(verifier.Verified).Title, WordsOf(verifier.Verified).Meaning)
	wantBoth(t, "unjudged", WordsOf(verifier.Unjudged).Title, WordsOf(verifier.Unjudged).Meaning)
	if mend := WordsOf(verifier.Verified).Mend; mend != (Text{}) {
		t.Errorf("something is to be mended of what is verified: %+v", mend)
	}
}

func TestEveryCauseHasWordsInBothLanguages(t *testing.T) {
	for _, k := range verifier.CauseKinds() {
		words := CauseWords(k)
		wantBoth(t, string(k), words.Title, words.Meaning, words.Mend)
		if k.String() == "" {
			t.Errorf("%s has no words in details", string(k))
		}
	}
}
