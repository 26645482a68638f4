package grammar

import (
	"fmt"
	"strings"
)

// What is canonicalised in a way of its own, or looks as if it were. A literal ] stands
// only where no > can come to follow it.
var (
	words  = []string{"15A1200001", "AA  15", "螺絲", "不鏽鋼", "x", "TWD", "1.50", "é", "e\u0301", "ﬁ", "Ω"}
	quaint = []string{"\u00a0", "\u0085", "\u2028", "\u2029", "\ufeff", "\u00ad", "\ufffd", "\ud7ff", "\ue000", "\u007f", "\U00010000", "\U0001F600", "\U0010FFFD", "\u200b", "\ufdd0"}

	escapes = []string{"&lt;", "&amp;", "&gt;", "&quot;", "&apos;", "&amp;amp;", "&#38;", "&#60;", "&#x3e;", "&#34;", "&#39;", "]]&gt;", "&#x5d;]&gt;", "&#x26;lt;"}
	blanks  = []string{"&#13;", "&#xD;", "&#xd;", "&#10;", "&#xA;", "&#9;", "&#x9;", "&#32;", "&#x20;", "&#013;", "&#x0000D;", "&#xA0;", "&#133;"}
)

// reference returns a character reference to some character.
func (s source) reference() string {
	r := pick(s, []rune{'A', '0', 'z', '中', '文', 0x1F600, 0x10FFFF, 0xFFFD, 0xD7FF, 0xE000, 0x7F, 0x85, 0x2028, 0x10000, ' ', '>', '\'', '"', ']'})
	return s.referenceTo(r)
}

// referenceTo returns a reference to r in one of its spellings.
func (s source) referenceTo(r rune) string {
	zeros := strings.Repeat("0", s.IntN(4)*s.IntN(3))
	switch s.IntN(3) {
	case 0:
		return fmt.Sprintf("&#%s%d;", zeros, r)
	case 1:
		return fmt.Sprintf("&#x%s%x;", zeros, r)
	}
	return fmt.Sprintf("&#x%s%X;", zeros, r)
}

// characters returns what may stand in text and in values alike.
func (g *generator) characters() string {
	switch n := g.IntN(20); {
	case n < 8:
		return pick(g.source, words)
	case n < 11:
		return pick(g.source, []string{" ", "  ", "\t", " \t "})
	case n < 13:
		return g.newline()
	case n < 15:
		return pick(g.source, escapes)
	case n < 16:
		return pick(g.source, blanks)
	case n < 18:
		return g.reference()
	case n < 19:
		return pick(g.source, quaint)
	}
	return pick(g.source, []string{">", ",", "-", "--", "=", "/", "?", "%41", "x;", "#"})
}

// newline returns a line end as the document writes them.
func (g *generator) newline() string {
	if g.lines == "" {
		return pick(g.source, []string{"\n", "\r\n", "\r", "\n\r", "\r\r\n"})
	}
	return g.lines
}

// text returns character data that is not blank.
func (g *generator) text() string {
	return g.repeated(0, 4, func() string {
		if g.oneIn(10) {
			return pick(g.source, []string{"\"", "'", "] ]>", "a]b"})
		}
		return g.characters()
	}) + pick(g.source, words) + g.repeated(0, 3, g.characters)
}

// blank returns literal white space, perhaps none.
func (g *generator) blank() string {
	if g.oneIn(3) {
		return ""
	}
	return g.newline() + strings.Repeat(pick(g.source, []string{" ", "\t"}), g.IntN(5))
}

// value returns an attribute's value as it stands in those quotes.
func (g *generator) value(quote byte) string {
	other := "'"
	if quote == '\'' {
		other = `"`
	}
	value := g.repeated(0, 5, func() string {
		if g.oneIn(10) {
			return other
		}
		return g.characters()
	})
	if g.tame {
		return strings.Map(func(r rune) rune {
			if r < ' ' {
				return '-'
			}
			return r
		}, value)
	}
	return value
}

// section returns the inside of a CDATA section.
func (g *generator) section() string {
	inside := g.repeated(0, 4, func() string {
		switch g.IntN(4) {
		case 0:
			return pick(g.source, []string{"<", "&", ">", "&amp;", "<b>", "]]", "]", "\"", "&#13;", "<!--x-->", "]] >"})
		case 1:
			return g.newline()
		case 2:
			return pick(g.source, quaint)
		}
		return pick(g.source, words)
	})
	return strings.ReplaceAll(inside, "]]>", "]]&gt;")
}

// comment returns the inside of a comment.
func (g *generator) comment() string {
	return g.repeated(0, 3, func() string {
		return pick(g.source, []string{"c", " ", "- ", "<a>", "&amp;", "&#13;", "螺", "]]>", "?>", "\U0001F600", g.newline()})
	})
}

// instruction returns the inside of a processing instruction.
func (g *generator) instruction() string {
	target := pick(g.source, []string{"p", "route", "xml-stylesheet", "xmlx", "Q-1", "é", "_"})
	if g.oneIn(3) {
		return target + pick(g.source, []string{"", "", " ", "\t\n"})
	}
	data := g.repeated(1, 3, func() string {
		return pick(g.source, []string{"AA", "a='1'", " ", "?", "<b>", "&amp;", "&#13;", "--", "螺", " >", g.newline()})
	})
	return target + pick(g.source, []string{" ", "  ", "\t", g.newline()}) + data
}
