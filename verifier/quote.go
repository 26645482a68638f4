package verifier

import (
	"strconv"
	"unicode/utf8"
)

// asciiQuote quotes what a message shows of a document: in ASCII, shortened.
func asciiQuote(s string) string {
	const most = 80
	if len(s) <= most {
		return strconv.QuoteToASCII(s)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strconv.QuoteToASCII(s[:cut]) + "..."
}
