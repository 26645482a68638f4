package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// A screen shows views: on a terminal the same frame is redrawn in place, elsewhere there
// is a line now and then. It is for one goroutine.
type screen struct {
	out   *os.File
	live  bool
	paint paint
	every time.Duration
}

// How often a view is shown.
const (
	redrawEvery = 500 * time.Millisecond
	lineEvery   = 2 * time.Second
)

// newScreen takes a terminal's rights to be redrawn, unless plain lines are wanted: by
// the flag, by NO_COLOR, or by a terminal that can't.
func newScreen(out *os.File, plain bool, getenv func(string) string) *screen {
	if plain || getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" || !term.IsTerminal(int(out.Fd())) {
		return &screen{out: out, every: lineEvery}
	}
	return &screen{out: out, live: true, paint: paint{on: true}, every: redrawEvery}
}

// Sequences of xterm that every terminal emulator of today knows.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l" // the alternate screen, no cursor, no wrapping
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	home        = "\x1b[H"
	eraseLine   = "\x1b[K"
	eraseBelow  = "\x1b[J"
)

// begin takes the terminal over; end gives it back as it was.
func (s *screen) begin() {
	if s.live {
		fmt.Fprint(s.out, enterScreen)
	}
}

func (s *screen) end() {
	if s.live {
		fmt.Fprint(s.out, leaveScreen)
	}
}

// note writes a line of a log. A summary that is redrawn has its own place for what it says.
// It is safe for concurrent use.
func (s *screen) note(text string) {
	if !s.live {
		fmt.Fprintln(s.out, text)
	}
}

// show draws v.
func (s *screen) show(v view) {
	if !s.live {
		fmt.Fprintln(s.out, line(v))
		return
	}
	width, height, err := term.GetSize(int(s.out.Fd()))
	if err != nil {
		width, height = 80, 24
	}
	redraw(s.out, fit(frame(v, width, s.paint), height))
}

// redraw writes in one go, so that the terminal never shows half a frame.
func redraw(out io.Writer, lines []string) {
	fmt.Fprint(out, home+strings.Join(lines, eraseLine+"\r\n")+eraseLine+eraseBelow)
}

// fit leaves out blank lines, the last first, until the frame is no higher than the
// terminal, and then lines above the last.
func fit(lines []string, height int) []string {
	for i := len(lines) - 1; i >= 0 && len(lines) > height; i-- {
		if lines[i] == "" {
			lines = append(lines[:i:i], lines[i+1:]...)
		}
	}
	if len(lines) > height && height > 1 {
		lines = append(lines[:height-1:height-1], lines[len(lines)-1])
	}
	return lines
}

// line is a view in one line, for logs.
func line(v view) string {
	text := fmt.Sprintf("%s  in %.1f/s  verified %.1f/s  rejected %.1f/s  waiting %d  p50 %s  p99 %s  as planned %s, otherwise %d",
		v.Now.Format("15:04:05"), v.Sent, v.Verified, v.Rejected, v.Waiting, short(v.Seen.P50), short(v.Seen.P99),
		count(v.AsPlanned), v.Otherwise)
	if n := len(v.Changes); n > 0 && v.Changes[n-1].After > 0 && v.Now.Sub(v.Changes[n-1].At) <= 2*lineEvery {
		c := v.Changes[n-1]
		text += fmt.Sprintf("  %s %s: %s after %s", c.What, c.Serial, c.Effect, short(c.After))
	}
	if v.Otherwise > 0 && len(v.Faults) > 0 {
		text += "\n!!! OTHERWISE THAN PLANNED: " + v.Faults[len(v.Faults)-1]
	}
	return text
}
