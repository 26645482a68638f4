package xmltext

import (
	"strings"
	"unicode/utf8"
)

// class says what a byte may be, where it stands for itself.
type class uint8

const (
	nameStart  class = 1 << iota // ASCII NameStartChar but the colon
	nameChar                     // ASCII NameChar but the colon
	textStop                     // ends or breaks a run of canonical character data
	valueStop                    // ends or breaks a run of a canonical attribute value
	markupStop                   // needs a look inside CDATA, comments and instructions
	space                        // S
	uriChar                      // stands for itself in a URI behind its scheme (RFC 3986, 2.2 and 2.3)
)

// classes holds the class of every byte; bytes of multi-byte sequences stop everything.
var classes = func() (table [256]class) {
	for c := range table {
		b := byte(c)
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_'
		switch {
		case letter:
			table[c] |= nameStart | nameChar
		case b >= '0' && b <= '9', b == '-', b == '.':
			table[c] |= nameChar
		}
		switch {
		case b == ' ', b == '\t', b == '\n', b == '\r':
			table[c] |= space
		case letter, b >= '0' && b <= '9', strings.IndexByte("-.~:/?@!$&'()*+,;=", b) >= 0:
			table[c] |= uriChar
		}
		switch {
		case b >= utf8.RuneSelf, b < ' ' && table[c]&space == 0:
			table[c] |= textStop | valueStop | markupStop
		case b == '<', b == '&', b == '>':
			table[c] |= textStop | markupStop
		case b == '\r':
			table[c] |= textStop | valueStop | markupStop
		case b == '\t', b == '\n', b == '"', b == '\'':
			table[c] |= valueStop
		case b == '-', b == '?', b == ']':
			table[c] |= markupStop
		}
		if b == '<' || b == '&' {
			table[c] |= valueStop
		}
	}
	return table
}()

func isSpace(b byte) bool { return classes[b]&space != 0 }

// Blank reports whether b consists of white space (XML 1.0, production 3), written as
// such: a reference is not blank.
func Blank(b []byte) bool {
	for _, c := range b {
		if !isSpace(c) {
			return false
		}
	}
	return true
}

// charSize returns the length of the character at the start of b, whose first byte is
// not ASCII, or 0 if it is no valid UTF-8 or no Char (XML 1.0, production 2).
func charSize(b []byte) int {
	// Most Chinese characters, at once: three bytes that can be neither overlong nor
	// surrogates nor U+FFFE.
	if len(b) >= 3 && b[0] >= 0xE1 && b[0] <= 0xEC && b[1]&0xC0 == 0x80 && b[2]&0xC0 == 0x80 {
		return 3
	}
	r, size := utf8.DecodeRune(b)
	if r == utf8.RuneError && size <= 1 || r == 0xFFFE || r == 0xFFFF {
		return 0
	}
	return size
}

// isChar is production 2 of XML 1.0.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// isNameStart is production 4 of XML 1.0, fifth edition, beyond ASCII.
func isNameStart(r rune) bool {
	switch {
	case r >= 0xC0 && r <= 0x2FF:
		return r != 0xD7 && r != 0xF7
	case r >= 0x370 && r <= 0x1FFF:
		return r != 0x37E
	case r == 0x200C, r == 0x200D,
		r >= 0x2070 && r <= 0x218F,
		r >= 0x2C00 && r <= 0x2FEF,
		r >= 0x3001 && r <= 0xD7FF,
		r >= 0xF900 && r <= 0xFDCF,
		r >= 0xFDF0 && r <= 0xFFFD,
		r >= 0x10000 && r <= 0xEFFFF:
		return true
	}
	return false
}

// isNameChar is production 4a of XML 1.0, fifth edition, beyond ASCII.
func isNameChar(r rune) bool {
	return isNameStart(r) || r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}
