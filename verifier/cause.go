package verifier

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"turnkey-gateway/verifier/c14n"
	"turnkey-gateway/verifier/xmltext"
)

// A CauseKind is something that commonly happens to a document between signing and
// receipt. The values are API.
type CauseKind string

const (
	CanonicalisedOtherwise CauseKind = "canonicalised_otherwise"
	SpaceAroundSignature   CauseKind = "space_around_signature"
	LineEndsChanged        CauseKind = "line_ends_changed"
	Reencoded              CauseKind = "reencoded"
	Reindented             CauseKind = "reindented"
	BlanksCollapsed        CauseKind = "blanks_collapsed"
)

// CauseKinds returns all of them.
func CauseKinds() []CauseKind {
	return []CauseKind{CanonicalisedOtherwise, SpaceAroundSignature, LineEndsChanged, Reencoded, Reindented, BlanksCollapsed}
}

var causeWords = map[CauseKind]string{
	CanonicalisedOtherwise: "canonicalised otherwise than the Signature says",
	SpaceAroundSignature:   "white space put around the Signature after signing",
	LineEndsChanged:        "line ends changed after signing",
	Reencoded:              "re-encoded after signing: UTF-8 was taken for Latin-1",
	Reindented:             "re-indented after signing",
	BlanksCollapsed:        "blanks collapsed after signing",
}

func (k CauseKind) String() string { return causeWords[k] }

// A Cause is why a digest differs: undoing it gives the digest that was signed.
type Cause struct {
	Kind CauseKind

	// Places are where the blanks were lost, at most 8 texts, or where the first
	// difference is, or the Signature: at least one.
	Places []Place
}

// A Place is one in the document as received.
type Place struct {
	Offset       int    // in bytes, from 0
	Line, Column int    // from 1
	Element      string // path from the root, as "/Declaration/Item[2]/ID"; a long one begins with "..."

	// Signed and Received are the text in which blanks were lost, in canonical spelling,
	// shortened; empty for other causes.
	Signed, Received string
}

// maxPlaces bounds Cause.Places.
const maxPlaces = 8

// LikelyCause says what explains that the digest of a Reference differs, and false where
// none does or nothing is known of it. The search is made at each call; it hashes at most
// 4 MiB, and tries more than is tried for the verdict's detail.
func (v Verdict) LikelyCause() (Cause, bool) {
	if v.msg == nil || v.msg.signed == nil || v.msg.refused.reason != Unjudged {
		return Cause{}, false
	}
	ref := v.msg.signed.mismatch()
	if ref == nil {
		return Cause{}, false
	}
	return v.msg.likelyCause(ref, true)
}

// places finds in the document what was found in the canonical form, at most so many.
func (s *search) places(canonical []byte, texts bool, most int) []Place {
	if len(s.at) == 0 {
		return []Place{s.place(s.m.signed.begin)}
	}
	var all []Place
	for at := s.at; len(at) > 0 && len(all) < most; {
		anchor, text := anchorOf(canonical, at[0])
		here := 1 // how many of at are in this text
		for here < len(at) && at[here] < text.finish {
			here++
		}
		p := s.place(s.original(anchor))
		if texts {
			p.Signed, p.Received = aroundText(canonical, text, at[:here])
		}
		all = append(all, p)
		at = at[here:]
	}
	return all
}

// An anchor is a place among what a canonical form and its document have in common.
type anchor struct {
	marks      int // how many tags and instructions stand before it
	characters int // behind the last of those, of text
}

// anchorOf returns an offset's anchor, and the text around it.
func anchorOf(canonical []byte, at int) (a anchor, text span) {
	var t xmltext.Tokenizer
	t.Reset(canonical, xmltext.Limits{})
	for {
		kind, err := t.Next()
		if err != nil || kind == xmltext.EOF || t.Begin > at {
			break
		}
		if kind == xmltext.Text {
			text = span{t.Begin, t.Finish}
			if at < t.Finish {
				a.characters = charactersIn(t.Data[:at-t.Begin])
				break
			}
			a.characters = charactersIn(t.Data)
			continue
		}
		if t.Finish > at && t.Finish > t.Begin {
			break // it begins here
		}
		a.marks++
		a.characters, text = 0, span{t.Finish, t.Finish}
	}
	return a, text
}

// charactersIn counts the characters of a text, each as one however it is spelt.
func charactersIn(text []byte) int {
	n := 0
	for len(text) > 0 {
		text = text[character(text, false):]
		n++
	}
	return n
}

// character returns the length of the first character as it is spelt.
func character(text []byte, cdata bool) int {
	switch {
	case text[0] == '\r' && len(text) > 1 && text[1] == '\n':
		return 2
	case text[0] == '&' && !cdata:
		if _, size := xmltext.Reference(text); size > 0 {
			return size
		}
	}
	_, size := utf8.DecodeRune(text)
	return size
}

// original returns the offset in the document of an anchor in the canonical form that the
// reference is to.
func (s *search) original(a anchor) int {
	var (
		t      xmltext.Tokenizer
		within = s.ref.uri == "" // what the reference is to
		passed = 0               // depth of the Signature that is left out; 0 for none
	)
	t.Reset(s.m.doc, s.m.engine.limits)
	for {
		kind, err := t.Next()
		if err != nil || kind == xmltext.EOF {
			return len(s.m.doc)
		}
		if kind == xmltext.Start && !within {
			within = countID(t.Attrs, s.ref.uri[1:]) > 0
		}
		if !within {
			continue
		}
		leftOut := passed > 0
		switch {
		case passed == 0 && kind == xmltext.Start && (s.ref.uri == "" || s.ref.enveloped) && t.Name.Is(c14n.SignatureNamespace, "Signature"):
			passed, leftOut = t.Depth(), true
		case passed > 0 && kind == xmltext.End && t.Depth() == passed:
			passed = 0
		}
		if leftOut || kind == xmltext.Comment {
			continue
		}
		if kind != xmltext.Text && kind != xmltext.CDATA {
			if a.marks == 0 {
				return t.Begin
			}
			a.marks--
			continue
		}
		if a.marks > 0 {
			continue
		}
		at := t.Begin
		if kind == xmltext.CDATA {
			at += len("<![CDATA[")
		}
		for data := t.Data; len(data) > 0; a.characters-- {
			if a.characters == 0 {
				return at
			}
			size := character(data, kind == xmltext.CDATA)
			data, at = data[size:], at+size
		}
	}
}

// place describes an offset of the document.
func (s *search) place(at int) Place {
	line, column := xmltext.Position(s.m.doc, at)
	return Place{Offset: at, Line: line, Column: column, Element: pathTo(s.m.doc, at, s.m.engine.limits)}
}

// maxPath bounds an element's path, in bytes.
const maxPath = 160

// pathTo returns the path of the innermost element around an offset.
func pathTo(doc []byte, at int, limits Limits) string {
	names := namesAround(doc, at, limits)
	path := ""
	for i := len(names) - 1; i >= 0; i-- {
		step := "/" + string(names[i].name)
		if names[i].number > 1 {
			step += "[" + strconv.Itoa(names[i].number) + "]"
		}
		if len(path)+len(step) > maxPath {
			return "..." + path
		}
		path = step + path
	}
	return path
}

// A step of a path is an element's name as written, and its number among the elements of
// that name in the one around it.
type pathStep struct {
	name   []byte
	number int
}

// namesAround reads the document up to there twice: the numbers of a path can be counted
// once its names are known.
func namesAround(doc []byte, at int, limits Limits) []pathStep {
	var around []pathStep
	tagsUpTo(doc, at, limits, func(t *xmltext.Tokenizer) {
		if t.Kind == xmltext.Start {
			around = append(around, pathStep{name: t.QName})
		} else {
			around = around[:len(around)-1]
		}
	})
	tagsUpTo(doc, at, limits, func(t *xmltext.Tokenizer) {
		depth := t.Depth()
		if t.Kind != xmltext.Start || depth > len(around) {
			return
		}
		if bytes.Equal(t.QName, around[depth-1].name) {
			around[depth-1].number++
		}
		if depth < len(around) {
			around[depth].number = 0
		}
	})
	return around
}

// tagsUpTo calls do for every tag that ends at or before an offset, and for one that
// begins with it if it is a start tag.
func tagsUpTo(doc []byte, at int, limits Limits, do func(*xmltext.Tokenizer)) {
	var t xmltext.Tokenizer
	t.Reset(doc, limits)
	for {
		kind, err := t.Next()
		if err != nil || kind == xmltext.EOF || t.Begin > at {
			return
		}
		switch {
		case kind == xmltext.Start && t.Begin <= at, kind == xmltext.End && t.Finish <= at:
			do(&t)
		}
	}
}
