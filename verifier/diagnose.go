package verifier

import (
	"bytes"
	"strings"
)

// maxDiagnosed bounds the canonical form, in bytes, whose likely originals are tried:
// each costs a pass and a digest, on a rejection only.
const maxDiagnosed = 1 << 20

// likelyCause looks for what probably happened to a document between signing and
// receipt: it undoes the usual accidents one by one, and sees whether the digest is then
// the signer's. It is empty where none explains it.
func (m *Message) likelyCause(ref *reference) string {
	if ref.uri != "" || ref.digestBy.hash == 0 {
		return ""
	}
	var canonical bytes.Buffer
	if _, err := ref.write(&canonical, m.doc, m.engine.limits); err != nil || canonical.Len() > maxDiagnosed {
		return ""
	}
	for _, a := range accidents {
		for _, original := range a.undo(canonical.Bytes(), m.info.ID) {
			h := ref.digestBy.hash.New()
			h.Write(original)
			if bytes.Equal(h.Sum(nil), ref.expected) {
				return a.name
			}
		}
	}
	return ""
}

// An accident is what tools do to documents; undo returns canonical forms that the
// original may have had.
type accident struct {
	name string
	undo func(canonical []byte, id string) [][]byte
}

var accidents = []accident{
	{"blanks collapsed after signing", undoCollapse},
	{"re-indented after signing", func(c []byte, _ string) [][]byte { return [][]byte{unindent(c)} }},
	{"line ends changed after signing", undoLineEnds},
	{"white space at the end of texts changed after signing", func(c []byte, _ string) [][]byte {
		return [][]byte{bytes.ReplaceAll(c, []byte(" </"), []byte("</"))}
	}},
}

// undoCollapse puts a second blank where the declaration number has one: its second
// office may be two blanks.
func undoCollapse(canonical []byte, id string) [][]byte {
	blank := strings.IndexByte(id, ' ')
	if blank < 0 {
		return nil
	}
	wide := id[:blank] + " " + id[blank:]
	all := bytes.ReplaceAll(canonical, []byte(">"+id+"<"), []byte(">"+wide+"<"))
	return [][]byte{all}
}

// unindent removes white space between tags. In canonical form a '<' is markup, so what
// stands between '>' and '<' is no attribute value.
func unindent(canonical []byte) []byte {
	out := make([]byte, 0, len(canonical))
	for i := 0; i < len(canonical); {
		c := canonical[i]
		out = append(out, c)
		i++
		if c != '>' {
			continue
		}
		end := i
		for end < len(canonical) && (canonical[end] == ' ' || canonical[end] == '\t' || canonical[end] == '\n') {
			end++
		}
		if end < len(canonical) && canonical[end] == '<' {
			i = end
		}
	}
	return out
}

// undoLineEnds supposes a signer that took CR for data, and one that had none.
func undoLineEnds(canonical []byte, _ string) [][]byte {
	bare := bytes.ReplaceAll(canonical, []byte("&#xD;"), nil)
	return [][]byte{bare, bytes.ReplaceAll(bare, []byte("\n"), []byte("&#xD;\n"))}
}
