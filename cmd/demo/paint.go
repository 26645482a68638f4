package main

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// A paint colours text for terminals (ECMA-48 section 8.3.117); the zero value leaves it
// as it is.
type paint struct{ on bool }

func (p paint) sgr(code, text string) string {
	if !p.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p paint) bold(s string) string   { return p.sgr("1", s) }
func (p paint) dim(s string) string    { return p.sgr("2", s) }
func (p paint) good(s string) string   { return p.sgr("32", s) }
func (p paint) warn(s string) string   { return p.sgr("33", s) }
func (p paint) accent(s string) string { return p.sgr("36", s) }
func (p paint) alarm(s string) string  { return p.sgr("1;97;41", s) }

// cells is the condition under which widths are counted: the same on every machine, so
// that ambiguous characters, such as the bars' blocks, take one cell.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

// left makes text exactly n cells wide: cut off with an ellipsis, or filled with blanks.
func left(s string, n int) string { return cells.FillRight(cells.Truncate(s, n, "…"), n) }

// right is left with the blanks in front.
func right(s string, n int) string { return cells.FillLeft(cells.Truncate(s, n, "…"), n) }

// eighths are the blocks that fill so many eighths of a cell.
var eighths = []rune(" ▏▎▍▌▋▊▉")

// bar is share (0 to 1) of n cells, to the eighth of one. A share that is not nothing
// shows.
func bar(share float64, n int) string {
	full := int(share*float64(n)*8 + 0.5)
	if share > 0 {
		full = max(full, 1)
	}
	full = min(full, n*8)
	text := strings.Repeat("█", full/8)
	if rest := full % 8; rest > 0 {
		text += string(eighths[rest])
	}
	return text
}
