package verifier

import (
	"crypto"
	"crypto/rsa"
	"fmt"
	"strings"
	"testing"
)

// sized is a message of about that many bytes, in a few hundred to some ten thousand
// elements.
func sized(size int) string {
	var doc strings.Builder
	doc.WriteString(strings.Split(sample, "  <ds:Mode")[0])
	for i := 1; doc.Len() < size; i++ {
		fmt.Fprintf(&doc, "  <GoodsItem>\n    <SequenceNumeric>%d</SequenceNumeric>\n    <Description>不鏽鋼螺絲 M%d &amp; 螺帽</Description>\n"+
			"    <ds:Weight ds:unitCode=\"KGM\">%d.5</ds:Weight>\n  </GoodsItem>\n", i, i%12, i)
	}
	doc.WriteString("</Declaration>\n")
	return doc.String()
}

// BenchmarkVerify is one message read and judged on one core, beside its RSA alone and
// beside goxmldsig, which reads no more than 1,000 elements.
func BenchmarkVerify(b *testing.B) {
	e := newEngine(b, "cpt")
	sender := registered(alice())
	at := Moment{Received: now, Decided: now}
	for _, size := range []int{8 << 10, 300 << 10} {
		for _, f := range []form{{}, {method: uriExc, transform: uriExc}} {
			doc := []byte(sign(b, sized(size), f))
			b.Run(fmt.Sprintf("%dKB/%s", size>>10, map[bool]string{true: "inclusive", false: "exclusive"}[f.method == ""]), func(b *testing.B) {
				b.SetBytes(int64(len(doc)))
				b.ReportAllocs()
				for b.Loop() {
					if v := e.Read(doc).Judge(sender, at); !v.Verified() {
						b.Fatal(v.Reason())
					}
				}
			})
		}
	}
	b.Run("RSA alone", func(b *testing.B) {
		sum := make([]byte, 32)
		value, err := alice().key.Sign(nil, sum, crypto.SHA256)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if rsa.VerifyPKCS1v15(alice().cert.PublicKey(), crypto.SHA256, sum, value) != nil {
				b.Fatal("not verified")
			}
		}
	})
	b.Run("goxmldsig/8KB", func(b *testing.B) {
		doc := strings.Replace(sized(8 << 10)[strings.Index(sample, "<Declaration"):], ` xml:lang="zh-TW"`, "", 1)
		signed := sign(b, doc, form{transform: uriC14N10})
		b.SetBytes(int64(len(signed)))
		b.ReportAllocs()
		for b.Loop() {
			if !secondOpinion(b, signed) {
				b.Fatal("not verified")
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	e := newEngine(b, "cpt")
	for _, size := range []int{8 << 10, 300 << 10} {
		doc := []byte(sign(b, sized(size), form{}))
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				e.Read(doc)
			}
		})
	}
}
