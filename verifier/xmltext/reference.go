package xmltext

import (
	"bytes"
	"unicode/utf8"
)

// predefined are the only entities there are without a DTD (XML 1.0, 4.6).
func predefined(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	return 0, false
}

// Reference reads the reference at the start of b, which begins with '&', and returns
// the character it stands for and its length in bytes; the length is 0 where it is not
// well-formed, refers to no Char, or to an entity that is not predefined.
func Reference(b []byte) (r rune, size int) {
	end := bytes.IndexByte(b[:min(len(b), MaxReference)], ';')
	if end < 2 {
		return 0, 0
	}
	if b[1] != '#' {
		r, ok := predefined(string(b[1:end]))
		if !ok {
			return 0, 0
		}
		return r, end + 1
	}
	base, digits := rune(10), b[2:end]
	if len(digits) > 0 && digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	if len(digits) == 0 {
		return 0, 0
	}
	for _, c := range digits {
		d := digit(c)
		if d >= base {
			return 0, 0
		}
		r = r*base + d
		if r > utf8.MaxRune {
			return 0, 0
		}
	}
	if !isChar(r) {
		return 0, 0
	}
	return r, end + 1
}

// canonicalInText returns the length of the reference at the start of b if that is how
// Canonical XML (2.3) writes its character in text, else 0.
func canonicalInText(b []byte) int {
	switch {
	case hasPrefix(b, "&amp;"), hasPrefix(b, "&#xD;"):
		return 5
	case hasPrefix(b, "&lt;"), hasPrefix(b, "&gt;"):
		return 4
	}
	return 0
}

// canonicalInValue is canonicalInText for attribute values.
func canonicalInValue(b []byte) int {
	switch {
	case hasPrefix(b, "&amp;"), hasPrefix(b, "&#x9;"), hasPrefix(b, "&#xA;"), hasPrefix(b, "&#xD;"):
		return 5
	case hasPrefix(b, "&lt;"):
		return 4
	case hasPrefix(b, "&quot;"):
		return 6
	}
	return 0
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// MaxReference bounds a reference, in bytes: leading zeros are legal, a page of them is not.
const MaxReference = 64

func digit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return 99
}

// AppendValue appends the attribute value that raw, as written, stands for: references
// expanded, white space turned into spaces (XML 1.0, 3.3.3), nothing else.
func AppendValue(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		switch c := raw[i]; c {
		case '&':
			r, size := Reference(raw[i:])
			dst = utf8.AppendRune(dst, r)
			i += max(size, 1)
		case '\r':
			dst = append(dst, ' ')
			i++
			if i < len(raw) && raw[i] == '\n' {
				i++
			}
		case '\t', '\n':
			dst = append(dst, ' ')
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// AppendText appends the character data that raw, as written between markup, stands
// for: references expanded, line ends turned into LF (XML 1.0, 2.11).
func AppendText(dst, raw []byte) []byte {
	if bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return append(dst, raw...)
	}
	for i := 0; i < len(raw); {
		switch c := raw[i]; c {
		case '&':
			r, size := Reference(raw[i:])
			dst = utf8.AppendRune(dst, r)
			i += max(size, 1)
		case '\r':
			dst = append(dst, '\n')
			i++
			if i < len(raw) && raw[i] == '\n' {
				i++
			}
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// AppendLineEnds appends raw with its line ends turned into LF (XML 1.0, 2.11), which is
// all that a CDATA section, a comment or an instruction stands for otherwise than as
// written.
func AppendLineEnds(dst, raw []byte) []byte {
	for {
		end := bytes.IndexByte(raw, '\r')
		if end < 0 {
			return append(dst, raw...)
		}
		dst = append(append(dst, raw[:end]...), '\n')
		if end++; end < len(raw) && raw[end] == '\n' {
			end++
		}
		raw = raw[end:]
	}
}
