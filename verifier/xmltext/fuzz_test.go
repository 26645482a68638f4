package xmltext

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"
)

// FuzzTokenizer: what is accepted here, the standard library reads too, with the same
// elements and texts; tokens cover the document in order; no input panics.
func FuzzTokenizer(f *testing.F) {
	for _, doc := range []string{
		"<a/>", "\ufeff<?xml version='1.0' encoding=\"utf-8\"?><?p q?><a b='1'>&lt;<![CDATA[<]]><!--c--></a>\n",
		`<p:a xmlns:p="urn:p:1" xmlns="urn:d:1"><b p:x="1" x="2"/><p:c xmlns:p="urn:p:2" xmlns=""><d/></p:c></p:a>`,
		"<a b='1\r\n2\t'>\r\n&#13;]]&gt;\r</a>", "<報單 專='1'>文字</報單>", `<x ::attr="1"/>`, "<!-<!--x-->-!y>", "<::Root/>",
		"<!DOCTYPE a><a/>", "<a xmlns:p='urn:x:y' xmlns:q='urn:x:y' p:b='1' q:b='2'/>", "<a>&#xD800;</a>", "<a><b></a></b>",
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var own, other bytes.Buffer
		var tok Tokenizer
		tok.Reset(doc, Limits{})
		last := 0
		for {
			kind, err := tok.Next()
			if err != nil {
				var fault *Error
				if !errors.As(err, &fault) || fault.Offset < 0 || fault.Offset > len(doc) || fault.Line < 1 || fault.Column < 1 {
					t.Fatalf("%q: error %#v", doc, err)
				}
				return
			}
			if kind == EOF {
				break
			}
			if tok.Begin < last || tok.Finish < tok.Begin || tok.Finish > len(doc) {
				t.Fatalf("%q: token %d to %d after %d", doc, tok.Begin, tok.Finish, last)
			}
			last = tok.Finish
			switch kind {
			case Start:
				own.WriteString("<" + string(tok.Name.Namespace) + " " + string(tok.Name.Local) + ">")
			case End:
				own.WriteString("</>")
			case Text:
				own.Write(AppendText(nil, tok.Data))
			case CDATA:
				own.Write(bytes.ReplaceAll(bytes.ReplaceAll(tok.Data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n")))
			}
		}
		dec := xml.NewDecoder(bytes.NewReader(doc))
		depth := 0
		for {
			token, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%q: accepted here, not by encoding/xml: %v", doc, err)
			}
			switch token := token.(type) {
			case xml.StartElement:
				depth++
				other.WriteString("<" + token.Name.Space + " " + token.Name.Local + ">")
			case xml.EndElement:
				depth--
				other.WriteString("</>")
			case xml.CharData:
				if depth > 0 {
					other.Write(token)
				}
			}
		}
		if own.String() != other.String() {
			t.Errorf("%q: read as\n%q, by encoding/xml as\n%q", doc, own.String(), other.String())
		}
	})
}
