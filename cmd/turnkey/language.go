package main

import (
	"fmt"
	"strings"
)

// A language is one that verdicts and advice are written in.
type language int

const (
	english language = iota
	chinese          // 繁體中文
)

// A text is one sentence in both languages.
type text struct{ en, zh string }

func (t text) in(l language) string {
	if l == chinese {
		return t.zh
	}
	return t.en
}

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
