package c14n

import (
	"unicode/utf8"

	"turnkey-gateway/verifier/xmltext"
)

// The rules of Canonical XML, 2.3: in text & < > and CR are escaped, in attribute
// values & < " TAB LF and CR. Line ends and the white space of attribute values are
// normalised first, as a parser does; a reference to one of them is not.

func appendText(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		switch c := raw[i]; c {
		case '&':
			r, size := xmltext.Reference(raw[i:])
			dst = appendTextRune(dst, r)
			i += max(size, 1)
		case '\r':
			dst = append(dst, '\n')
			i += lineEnd(raw[i:])
		case '>':
			dst = append(dst, "&gt;"...)
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

func appendCDATA(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		switch c := raw[i]; c {
		case '\r':
			dst = append(dst, '\n')
			i += lineEnd(raw[i:])
		case '&', '<', '>':
			dst = appendTextRune(dst, rune(c))
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

func appendTextRune(dst []byte, r rune) []byte {
	switch r {
	case '&':
		return append(dst, "&amp;"...)
	case '<':
		return append(dst, "&lt;"...)
	case '>':
		return append(dst, "&gt;"...)
	case '\r':
		return append(dst, "&#xD;"...)
	}
	return utf8.AppendRune(dst, r)
}

// appendValue appends the canonical form of an attribute value as written.
func appendValue(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		switch c := raw[i]; c {
		case '&':
			r, size := xmltext.Reference(raw[i:])
			dst = appendValueRune(dst, r)
			i += max(size, 1)
		case '\r':
			dst = append(dst, ' ')
			i += lineEnd(raw[i:])
		case '\t', '\n':
			dst = append(dst, ' ')
			i++
		case '"':
			dst = append(dst, "&quot;"...)
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

func appendValueRune(dst []byte, r rune) []byte {
	switch r {
	case '&':
		return append(dst, "&amp;"...)
	case '<':
		return append(dst, "&lt;"...)
	case '"':
		return append(dst, "&quot;"...)
	case '\t':
		return append(dst, "&#x9;"...)
	case '\n':
		return append(dst, "&#xA;"...)
	case '\r':
		return append(dst, "&#xD;"...)
	}
	return utf8.AppendRune(dst, r)
}

// appendEscapedValue appends the canonical form of an attribute value already expanded.
func appendEscapedValue(dst, value []byte) []byte {
	done := 0
	for i, c := range value {
		switch c {
		case '&', '<', '"', '\t', '\n', '\r':
			dst = append(dst, value[done:i]...)
			dst = appendValueRune(dst, rune(c))
			done = i + 1
		}
	}
	return append(dst, value[done:]...)
}

// lineEnd is the length of the line end, CR or CR LF, at the start of b.
func lineEnd(b []byte) int {
	if len(b) > 1 && b[1] == '\n' {
		return 2
	}
	return 1
}
