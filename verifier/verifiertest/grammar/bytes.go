package grammar

import (
	"bytes"
	"slices"
)

// special is what parsers look at.
var special = []string{
	"<", ">", "&", "\"", "'", "\r", "\n", "\t", " ", "\x00", "\x01", "\x1f", "\x7f", "\x80", "\xc0\xaf", "\xed\xa0\xbd", "\xef\xbf\xbe", "\xef\xbf\xbf",
	"\xff", "\ufeff", "\u0085", "\u2028", ":", "=", "/", "?", "!", "-->", "]]>", "<!--", "&#13;", "&#0;", "&#xD800;", "&#x110000;", "&lt;", "&x;", "A", "0", "é",
}

// Changes of bytes, whatever they are.
var byteChanges = []change{
	{name: "bit flipped", apply: func(m *mutant) bool {
		m.text = bytes.Clone(m.original)
		m.text[m.IntN(len(m.text))] ^= 1 << m.IntN(8)
		return true
	}},
	{name: "byte deleted", apply: func(m *mutant) bool { return m.splice(m.IntN(len(m.original)), 1, "") }},
	{name: "special inserted", apply: func(m *mutant) bool {
		return m.splice(m.IntN(len(m.original)+1), 0, pick(m.source, special))
	}},
	{name: "byte replaced", apply: func(m *mutant) bool {
		return m.splice(m.IntN(len(m.original)), 1, pick(m.source, special))
	}},
	{name: "bytes swapped", apply: func(m *mutant) bool {
		i := m.IntN(len(m.original) - 1)
		return m.splice(i, 2, string([]byte{m.original[i+1], m.original[i]}))
	}},
	{name: "stretch removed", apply: func(m *mutant) bool {
		i := m.IntN(len(m.original))
		return m.splice(i, min(m.between(2, 80), len(m.original)-i), "")
	}},
	{name: "stretch repeated", apply: func(m *mutant) bool {
		i := m.IntN(len(m.original))
		return m.splice(i, 0, string(m.original[i:min(i+m.between(2, 80), len(m.original))]))
	}},
	{name: "cut short", apply: func(m *mutant) bool {
		m.text = bytes.Clone(m.original[:m.IntN(len(m.original))])
		return true
	}},
	{name: "something behind the end", apply: func(m *mutant) bool {
		return m.splice(len(m.original), 0, pick(m.source, []string{"<a/>", "x", "\x00", "<!--x-->", "&#32;", "<![CDATA[]]>", "\ufeff", "<?x?>", " \n", "</a>"}))
	}},
	{name: "something before the beginning", apply: func(m *mutant) bool {
		return m.splice(0, 0, pick(m.source, []string{" ", "\n", "x", "\x00", "<!--x-->", "<?x?>", "\ufeff", "<?xml version='1.0'?>"}))
	}},
}

// splice replaces n bytes at i.
func (m *mutant) splice(i, n int, by string) bool {
	m.text = slices.Replace(bytes.Clone(m.original), i, i+n, []byte(by)...)
	return true
}
