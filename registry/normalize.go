package registry

import (
	"strings"

	"turnkey-gateway/verifier"
)

// Normalize returns the form in which identifiers of a kind are compared: blanks
// around it removed, account names in lower case (they are e-mail addresses or
// 統一編號), all else in upper case, and full-width ASCII letters and digits, as
// Chinese input methods produce them, made narrow. Only ASCII letters change case: no
// two names become one by way of a look-alike. It accepts anything.
func Normalize(kind verifier.IdentifierKind, value string) string {
	fold := upper
	if kind == verifier.Account {
		fold = lower
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune { return fold(narrow(r)) }, value))
}

// narrow maps U+FF01..U+FF5E to ASCII and the ideographic space to a blank.
func narrow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r == 0x3000:
		return ' '
	}
	return r
}

func upper(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r - ('a' - 'A')
	}
	return r
}

func lower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + ('a' - 'A')
	}
	return r
}
