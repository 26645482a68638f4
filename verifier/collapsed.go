package verifier

import (
	"bytes"
	"hash"

	"turnkey-gateway/verifier/xmltext"
)

const (
	// maxBlanks is how many blanks of a document are looked at.
	maxBlanks = 64 << 10

	// leastTrial is what a trial is charged at least, in bytes, so that a short document
	// isn't tried without end.
	leastTrial = 512
)

// A blank is one in a text that holds more than white space.
type blank struct {
	at         int // in the canonical form
	text       span
	ofANumber  bool // the text looks like a declaration number that lost a blank
	endsATexts bool // it is the last of its text
}

// blanks returns the blanks of the canonical form's texts.
func blanks(canonical []byte) []blank {
	var all []blank
	var t xmltext.Tokenizer
	t.Reset(canonical, xmltext.Limits{})
	for {
		kind, err := t.Next()
		if err != nil || kind == xmltext.EOF {
			return all
		}
		if kind != xmltext.Text || xmltext.Blank(t.Data) {
			continue
		}
		before, number := len(all), lostABlank(t.Data)
		for i, c := range t.Data {
			if c != ' ' {
				continue
			}
			if len(all) == maxBlanks {
				return all
			}
			all = append(all, blank{at: t.Begin + i, text: span{t.Begin, t.Finish}, ofANumber: number})
		}
		if len(all) > before {
			all[len(all)-1].endsATexts = true
		}
	}
}

// lostABlank reports whether a text looks like a declaration number of one office, whose
// two blanks in the place of the second one became one: office, blank, year of two digits,
// the broker's box and the serial, eight together.
func lostABlank(text []byte) bool {
	if len(text) != 13 || text[2] != ' ' || !isDigit(text[3]) || !isDigit(text[4]) {
		return false
	}
	for i, c := range text {
		if i != 2 && !isDigit(c) && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// numbersCollapsed tries all declaration numbers with the blank that they seem to have lost.
func (s *search) numbersCollapsed(canonical []byte) bool {
	var at []int
	for _, b := range blanks(canonical) {
		if b.ofANumber {
			at = append(at, b.at)
		}
	}
	if len(at) == 0 || !s.is(widened(canonical, at)) {
		return false
	}
	s.at = at
	return true
}

// widened doubles the blanks that stand at those offsets.
func widened(text []byte, at []int) []byte {
	out := make([]byte, 0, len(text)+len(at))
	last := 0
	for _, i := range at {
		out = append(append(out, text[last:i]...), ' ')
		last = i
	}
	return append(out, text[last:]...)
}

// collapsed tries the blanks of one text doubled, all of them and each alone, text by
// text in the order of the document; then any two blanks, those of declaration numbers
// before others.
func (s *search) collapsed(canonical []byte) bool {
	all := blanks(canonical)
	if s.texts(canonical, all) || s.each(canonical, all) {
		return true
	}
	if !s.thorough { // a short document has many pairs
		s.budget = min(s.budget, maxPaired)
	}
	return s.pairs(canonical, all, true) || s.pairs(canonical, all, false)
}

// A state is a digest of the beginning of a canonical form, with some of its blanks
// doubled. What several trials have in common is hashed once.
type state struct {
	s         *search
	canonical []byte
	h         hash.Cloner
	at        int // how far it is
}

func (s *search) begin(canonical []byte) (state, bool) {
	h, ok := s.ref.digestBy.hash.New().(hash.Cloner)
	return state{s: s, canonical: canonical, h: h}, ok
}

// to goes on up to an offset.
func (t *state) to(at int) {
	t.s.budget -= at - t.at
	t.h.Write(t.canonical[t.at:at])
	t.at = at
}

// double adds a blank.
func (t *state) double() { t.h.Write([]byte{' '}) }

func (t *state) clone() (state, bool) {
	h, err := t.h.Clone()
	if err != nil {
		return state{}, false
	}
	c := *t
	c.h = h
	return c, true
}

// ends goes on to the end, and reports whether that is what was signed.
func (t *state) ends() bool {
	s := t.s
	rest := t.canonical[t.at:]
	if s.budget -= max(len(rest), leastTrial); s.budget < 0 {
		return false
	}
	t.h.Write(rest)
	return s.holds(t.h)
}

// texts tries all blanks of each text doubled; of one that has a single blank each does so.
func (s *search) texts(canonical []byte, all []blank) bool {
	prefix, ok := s.begin(canonical)
	if !ok {
		return false
	}
	first := 0
	for i, b := range all {
		if !b.endsATexts {
			continue
		}
		of := all[first : i+1]
		first = i + 1
		if len(of) < 2 {
			continue
		}
		if s.budget < 0 {
			return false
		}
		prefix.to(of[0].at)
		trial, ok := prefix.clone()
		if !ok {
			return false
		}
		for _, b := range of {
			trial.to(b.at)
			trial.double()
		}
		if trial.ends() {
			s.found(of...)
			return true
		}
	}
	return false
}

// each tries every blank alone.
func (s *search) each(canonical []byte, all []blank) bool {
	prefix, ok := s.begin(canonical)
	return ok && s.oneMore(&prefix, all)
}

// pairs tries every two blanks of which the first, or else neither, is of a number.
func (s *search) pairs(canonical []byte, all []blank, number bool) bool {
	prefix, ok := s.begin(canonical)
	if !ok {
		return false
	}
	for i, b := range all {
		if s.budget < 0 {
			return false
		}
		if b.ofANumber != number {
			continue
		}
		prefix.to(b.at)
		wide, ok := prefix.clone()
		if !ok {
			return false
		}
		wide.double()
		if s.oneMore(&wide, all[i+1:]) {
			s.found(b)
			return true
		}
	}
	return false
}

// oneMore tries each of the blanks doubled too, which stand behind the state.
func (s *search) oneMore(prefix *state, of []blank) bool {
	for _, b := range of {
		if s.budget < 0 {
			return false
		}
		prefix.to(b.at)
		trial, ok := prefix.clone()
		if !ok {
			return false
		}
		trial.double()
		if trial.ends() {
			s.found(b)
			return true
		}
	}
	return false
}

// found notes blanks that were lost, before those noted already.
func (s *search) found(lost ...blank) {
	var at []int
	for _, b := range lost {
		at = append(at, b.at)
	}
	s.at = append(at, s.at...)
}

// aroundText returns what a text was and what it is, with the blanks at those offsets of
// the canonical form, all in it, doubled: shortened to what is about the first.
func aroundText(canonical []byte, text span, at []int) (signed, received string) {
	const about = 32
	begin, finish := text.begin, text.finish
	if at[0]-begin > about {
		begin = at[0] - about
	}
	if finish-at[0] > 2*about {
		finish = at[0] + 2*about
	}
	for len(at) > 0 && at[len(at)-1] >= finish {
		at = at[:len(at)-1]
	}
	inside := make([]int, len(at))
	for i := range at {
		inside[i] = at[i] - begin
	}
	whole := func(b []byte) string { return string(bytes.ToValidUTF8(b, nil)) }
	return whole(widened(canonical[begin:finish], inside)), whole(canonical[begin:finish])
}
