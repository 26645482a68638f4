package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
)

// A shape is a document made to be expensive.
type shape struct {
	name   string
	holder *holder
	doc    []byte

	reason verifier.Reason // what it is judged to be
}

// A recipe makes the content of a shape's document of n parts, its root's tags included.
type recipe struct {
	name   string
	n      int
	method signer.Method
	make   func(n int) string

	// edit changes what was signed; nil leaves it.
	edit func(signed string, n int) string
}

// shapes makes all documents that are to be expensive. Those that the engine refuses
// whoever signs them carry the Signature of another document, as an attacker's would.
func (s *sheaf) shapes(scale int) ([]*shape, error) {
	h, err := s.holder(2048)
	if err != nil {
		return nil, err
	}
	var all []*shape
	for _, r := range recipes {
		doc, err := r.document(h, max(r.n/scale, 1))
		if err != nil {
			return nil, fmt.Errorf("make the shape %q: %w", r.name, err)
		}
		all = append(all, &shape{name: r.name, holder: h, doc: doc})
	}
	return all, nil
}

func (r recipe) document(h *holder, n int) ([]byte, error) {
	method := r.method
	if method == "" {
		method = signer.C14N10
	}
	content := []byte(r.make(n))
	signed, err := sign(h, method, content)
	if err != nil {
		other, err := sign(h, method, []byte("<a/>"))
		if err != nil {
			return nil, err
		}
		signed = replayed(content, other)
	}
	if r.edit == nil {
		return signed, nil
	}
	edited := r.edit(string(signed), n)
	if edited == string(signed) {
		return nil, errors.New("the edit finds nothing to change")
	}
	return []byte(edited), nil
}

// replayed puts the Signature of one document before the end of another.
func replayed(content, other []byte) []byte {
	signature := other[bytes.Index(other, []byte("<Signature ")):bytes.LastIndex(other, []byte("</a>"))]
	end := bytes.LastIndex(content, []byte("</"))
	return bytes.Join([][]byte{content[:end], signature, content[end:]}, nil)
}

// repeated is "<a>" with so many times the text, which may hold %d.
func repeated(text string) func(n int) string {
	return func(n int) string {
		var doc strings.Builder
		doc.WriteString("<a>")
		for i := range n {
			if strings.Contains(text, "%d") {
				fmt.Fprintf(&doc, text, i)
			} else {
				doc.WriteString(text)
			}
		}
		doc.WriteString("</a>")
		return doc.String()
	}
}

// numbered is the texts with the numbers 0 to n-1, one after the other.
func numbered(text string, n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, text, i)
	}
	return all.String()
}

// nested is so many chains of elements, each as deep as the limits allow, with leaves in
// the innermost.
func nested(chains, leaves int, tag func(level int) string) string {
	const deep = 900
	var doc strings.Builder
	doc.WriteString("<a>")
	for range chains {
		for level := range deep {
			doc.WriteString("<" + tag(level) + ">")
		}
		doc.WriteString(strings.Repeat("<b/>", leaves))
		for level := deep - 1; level >= 0; level-- {
			name, _, _ := strings.Cut(tag(level), " ")
			doc.WriteString("</" + name + ">")
		}
	}
	doc.WriteString("</a>")
	return doc.String()
}

// children is a root that declares so many namespaces, and n children in turn of each.
func children(namespaces, n int) string {
	var doc strings.Builder
	doc.WriteString("<a" + numbered(` xmlns:p%[1]d="urn:x:%[1]d"`, namespaces) + ">")
	for i := range n {
		fmt.Fprintf(&doc, "<p%d:b/>", i%namespaces)
	}
	doc.WriteString("</a>")
	return doc.String()
}
