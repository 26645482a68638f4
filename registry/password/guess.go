package password

import (
	_ "embed"
	"strings"
	"time"
)

// fewestGuesses is how many pieces a password must be made of at least. A piece is
// whatever those who guess try as one: a common word, a row of neighbouring keys, a
// sequence, a repetition, a year; any other character is a piece by itself. Eight
// characters by chance are eight pieces, hardly ever fewer than six; Taiwan2024! is three.
const fewestGuesses = 5

// guessable reports whether the password is made of few pieces.
func guessable(password string) bool {
	text := strings.Map(unshifted, strings.ToLower(password))
	// fewest[i] is the number of pieces that text[:i] can be cut into.
	fewest := make([]int, len(text)+1)
	for i := range fewest {
		fewest[i] = i
	}
	for i := range len(text) {
		reach(text, i, fewest)
	}
	return fewest[len(text)] < fewestGuesses
}

// reach offers every piece that begins at i.
func reach(text string, i int, fewest []int) {
	offer := func(length, pieces int) {
		fewest[i+length] = min(fewest[i+length], fewest[i]+pieces)
	}
	rest := text[i:]
	offer(1, 1)
	for _, word := range words {
		if spells(rest, word) {
			offer(len(word), price(word))
		}
	}
	for _, row := range rows {
		for n := 3; n <= len(rest) && strings.Contains(row, rest[:n]); n++ {
			offer(n, 1)
		}
	}
	for n := sequence(rest); n >= 2; n-- {
		offer(n, 1)
	}
	// What was there just before, once more or again and again.
	for size := 1; size <= i && size <= len(rest); size++ {
		block := text[i-size : i]
		for n := size; n <= len(rest) && rest[n-size:n] == block; n += size {
			if size > 1 {
				offer(n, 1)
			}
		}
	}
	if len(rest) >= 4 {
		switch century := rest[:2]; {
		case (century == "19" || century == "20") && digits(rest[:4]):
			offer(4, 1)
		case isDate("20060102", "2000"+rest[:4]): // of a leap year, so that 0229 is one
			offer(4, 2)
		}
	}
	if len(rest) >= 8 && isDate("20060102", rest[:8]) {
		offer(8, 2)
	}
}

// sequence returns how long the text goes on in equal steps: aaa, abc, 321, 2468. Two
// characters alike are one already.
func sequence(text string) int {
	if len(text) < 2 {
		return 0
	}
	step := int(text[1]) - int(text[0])
	if step < -2 || step > 2 {
		return 0
	}
	n := 2
	for n < len(text) && int(text[n])-int(text[n-1]) == step {
		n++
	}
	if n < 3 && step != 0 {
		return 0
	}
	return n
}

// price is in pieces. A short word turns up by chance.
func price(word string) int {
	if len(word) < 4 {
		return 2
	}
	return 1
}

func isDate(layout, text string) bool {
	_, err := time.Parse(layout, text)
	return err == nil
}

func digits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// spells reports whether the text begins with the word, read as one reads p4ssw0rd.
func spells(text, word string) bool {
	if len(text) < len(word) {
		return false
	}
	for i := range len(word) {
		if text[i] != word[i] && !strings.ContainsRune(lookalikes[text[i]], rune(word[i])) {
			return false
		}
	}
	return true
}

// lookalikes are the letters that a digit or mark stands for. Marks were unshifted
// before: @ is 2, ! is 1, $ is 4.
var lookalikes = map[byte]string{
	'0': "o", '1': "il", '2': "az", '3': "e", '4': "as", '5': "s", '6': "g", '7': "t", '8': "b", '9': "g",
}

// unshifted returns the character that the same key of a US keyboard gives without the
// shift key.
func unshifted(r rune) rune {
	const with, without = "!@#$%^&*()_+{}|:\"<>?~", "1234567890-=[]\\;',./`"
	if i := strings.IndexRune(with, r); i >= 0 {
		return rune(without[i])
	}
	return r
}

// rows are the ways along a keyboard, in either direction.
var rows = bothWays(
	"1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
	"1qazxsw23edcvfr45tgbnhy67ujm,ki89ol./;p0",
	"zaq1xsw2cde3vfr4bgt5nhy6mju7,ki8.lo9/;p0",
	"1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qawsedrftgyhujikolp", "azsxdcfvgbhnjm",
	"147258369", "789456123", "159357", "741852963", "1470", "2580",
)

func bothWays(ways ...string) []string {
	for _, way := range ways {
		back := []byte(way)
		for i := range back {
			back[i] = way[len(way)-1-i]
		}
		ways = append(ways, string(back))
	}
	return ways
}

//go:embed common.txt
var commonText string

// words are the lines of common.txt.
var words = func() (list []string) {
	for line := range strings.Lines(commonText) {
		for _, word := range strings.Fields(line) {
			if strings.HasPrefix(word, "#") {
				break
			}
			list = append(list, word)
		}
	}
	return list
}()
