package main

import (
	"fmt"
	"strings"

	"turnkey-gateway/verifier/explain"
)

// A language is one that verdicts and advice are written in.
type language = explain.Language

const (
	english = explain.English
	chinese = explain.Chinese
)

// A text is one sentence in both languages, as an explain.Text is.
type text struct{ English, Chinese string }

func (t text) in(l language) string { return explain.Text(t).In(l) }

// chooseLanguage reads --lang, else the locale in the order POSIX gives its variables.
func (t *tool) chooseLanguage() error {
	switch t.lang {
	case "zh":
		t.language = chinese
		return nil
	case "en":
		t.language = english
		return nil
	case "":
	default:
		return fmt.Errorf("--lang %q: only zh and en are there", t.lang)
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := t.getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				t.language = chinese
			}
			return nil
		}
	}
	return nil
}
