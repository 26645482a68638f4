package differential

import (
	"bytes"
	"encoding/xml"
	"strings"
	"unicode/utf8"

	"turnkey-gateway/verifier/xmltext"
)

// withFourthNames returns the document with other characters, letters of all editions of
// XML 1.0, for those in names that the fourth edition does not have.
func withFourthNames(doc []byte) []byte {
	var pairs []string
	free := rune(0x4e00)
	for _, r := range recentRunes(doc) {
		for bytes.ContainsRune(doc, free) {
			free++
		}
		pairs = append(pairs, string(r), string(free))
		free++
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(doc)))
}

// recentRunes returns the characters of names that the fourth edition does not have.
func recentRunes(doc []byte) []rune {
	var found []rune
	add := func(name []byte) {
		for _, r := range string(name) {
			if r >= utf8.RuneSelf && !fourth(r) {
				found = append(found, r)
			}
		}
	}
	var t xmltext.Tokenizer
	for t.Reset(doc, xmltext.Limits{}); ; {
		kind, err := t.Next()
		if err != nil || kind == xmltext.EOF {
			return found
		}
		if kind != xmltext.Start && kind != xmltext.Instruction {
			continue
		}
		add(t.QName)
		for i := range t.Attrs {
			add(t.Attrs[i].Name.Local)
		}
		for i := range t.Declarations {
			add(t.Declarations[i].Prefix)
		}
	}
}

// fourth reports whether a name may begin with r by the tables of encoding/xml, which
// are those of the fourth edition.
func fourth(r rune) bool {
	token, err := xml.NewDecoder(strings.NewReader("<" + string(r) + "/>")).RawToken()
	_, isStart := token.(xml.StartElement)
	return err == nil && isStart
}
