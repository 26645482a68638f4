package explain

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Language is one that explanations are written in.
type Language string

const (
	English Language = "en"
	Chinese Language = "zh" // 繁體中文
)

// A Text is said in both languages; where it is a value they are the same.
type Text struct {
	English string `json:"en"`
	Chinese string `json:"zh"`
}

// In returns the text in a language, English where that is unknown.
func (t Text) In(l Language) string {
	if l == Chinese {
		return t.Chinese
	}
	return t.English
}

// same is a value that needs no translation.
func same(format string, args ...any) Text {
	s := fmt.Sprintf(format, args...)
	return Text{s, s}
}

// say puts values into a text with verbs.
func say(t Text, args ...any) Text {
	return Text{fmt.Sprintf(t.English, args...), fmt.Sprintf(t.Chinese, args...)}
}

// join puts one text behind another.
func join(a, b Text) Text { return Text{a.English + b.English, a.Chinese + b.Chinese} }

// maxValue is how long a value of the document may be shown, in bytes.
const maxValue = 200

// shown makes a value of the document fit to be shown.
func shown[T ~string | ~[]byte](s T) string { return shorten(string(s), maxValue) }

// shorten is escape of the beginning of s, as much as makes no more than most bytes, with
// an ellipsis where that is not all.
func shorten(s string, most int) string { return shortenBy(escapeOne, s, most) }

func shortenBy(escape func(string) (string, int), s string, most int) string {
	var b strings.Builder
	for len(s) > 0 {
		next, size := escape(s)
		if b.Len()+len(next) > most {
			return b.String() + "..."
		}
		b.WriteString(next)
		s = s[size:]
	}
	return b.String()
}

// escape writes what can't be seen, or takes part in no text, as Go does: line ends, tabs,
// blanks of other kinds and what turns the direction of writing can be told apart then.
func escape(s string) string { return shorten(s, len(s)*len(`\u0000`)) }

func escapeOne(s string) (escaped string, size int) {
	if s[0] == '\\' {
		return `\\`, 1
	}
	return escapeUnseen(s)
}

// escapeUnseen leaves backslashes alone: of a text whose parts were escaped before.
func escapeUnseen(s string) (escaped string, size int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf(`\x%02x`, s[0]), 1
	case strconv.IsPrint(r):
		return s[:size], size
	}
	quoted := strconv.QuoteRuneToASCII(r)
	return quoted[1 : len(quoted)-1], size
}

// taipei is where the platform is: eight hours before UTC, all year.
var taipei = time.FixedZone("", 8*60*60)

// stamp writes a moment as people in Taiwan read it, with its offset.
func stamp(t time.Time) string { return t.In(taipei).Format("2006-01-02 15:04:05 -07:00") }
