package xmltext

import (
	"fmt"
	"unicode/utf8"
)

// A Fault is what kind of wrong a document is.
type Fault uint8

const (
	Malformed Fault = iota + 1 // not well-formed XML 1.0 with namespaces
	Forbidden                  // a DTD, an encoding other than UTF-8, another version of XML
	TooLarge                   // beyond a limit

	// RelativeNamespace is a namespace name that is no absolute URI. Such a document is
	// well-formed but has no canonical form (Canonical XML 1.0, 1.3), so it is refused,
	// once the rest of it was found well-formed.
	RelativeNamespace
)

// An Error says where a document is wrong and how.
type Error struct {
	Fault  Fault
	Offset int    // in bytes, from 0
	Line   int    // from 1; a line ends with LF, CR or CR LF
	Column int    // in characters, from 1
	What   string // in words; may quote a few characters of the document
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s at byte %d (line %d, column %d)", e.What, e.Offset, e.Line, e.Column)
}

func newError(doc []byte, fault Fault, offset int, format string, args ...any) *Error {
	line, column := Position(doc, offset)
	return &Error{Fault: fault, Offset: offset, Line: line, Column: column, What: fmt.Sprintf(format, args...)}
}

// Position returns the line and column of a byte offset, both from 1. A byte that is
// not part of a UTF-8 sequence counts as one character.
func Position(doc []byte, offset int) (line, column int) {
	line = 1
	lineStart := 0
	offset = min(offset, len(doc))
	for i := 0; i < offset; i++ {
		switch {
		case doc[i] == '\n', doc[i] == '\r' && (i+1 >= len(doc) || doc[i+1] != '\n'):
			line++
			lineStart = i + 1
		}
	}
	return line, utf8.RuneCount(doc[lineStart:offset]) + 1
}

// quote shortens what a message quotes of the document.
func quote(b []byte) string {
	const most = 40
	if len(b) > most {
		return fmt.Sprintf("%q...", b[:most])
	}
	return fmt.Sprintf("%q", b)
}
