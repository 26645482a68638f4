package verifier

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

// withCertificates puts certificates, as they are to be written, into KeyInfo instead of the
// signer's.
func withCertificates(t testing.TB, doc string, texts ...string) []byte {
	t.Helper()
	const begin, end = "<X509Certificate>", "</X509Certificate>"
	return []byte(replaceOnce(t, doc, between(t, doc, begin, end), begin+strings.Join(texts, end+begin)+end))
}

// TestFingerprintsOfManyTexts reads certificates that are alike, or written alike, many more
// than have places: each is taken for what it is.
func TestFingerprintsOfManyTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 28))
	doc := sign(t, "<a>{signature}</a>", form{})
	e := cptEngines()[0]
	seen := make(map[string]string) // text to what it is base64 of
	var texts []string
	for _, text := range []string{"    QUJD", "QUJDQUJD", "QUJD    ", "QU JD\n", "\tQUJDQUI=", "QUJDQUI="} {
		der, err := base64.StdEncoding.DecodeString(strings.NewReplacer(" ", "", "\t", "").Replace(text))
		if err != nil {
			t.Fatal(err)
		}
		seen[text] = string(der)
		texts = append(texts, text)
	}
	for len(texts) < 3*maxFingerprints {
		der := make([]byte, 1+random.IntN(3))
		for i := range der {
			der[i] = byte(random.IntN(24))
		}
		text := base64.StdEncoding.EncodeToString(der)
		seen[text] = string(der)
		texts = append(texts, text)
	}
	for range 4_000 {
		var some []string
		var want []Fingerprint
		for range 1 + random.IntN(4) {
			text := texts[random.IntN(len(texts))]
			some = append(some, text)
			want = append(want, sha256.Sum256([]byte(seen[text])))
		}
		m := e.Read(withCertificates(t, doc, some...))
		if got := m.Hints().Fingerprints; !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", some, got, want)
		}
	}
}

// TestFingerprintsAreRemembered: what is short and base64, and no more than there are places.
func TestFingerprintsAreRemembered(t *testing.T) {
	doc := sign(t, "<a>{signature}</a>", form{})
	long := strings.Repeat("QUJD", maxFingerprinted/4)
	for _, tt := range []struct {
		name, text string
		kept       []string
	}{
		{"as long as may be", long, []string{long}},
		{"longer", long + "QUJD", nil},
		{"no base64", "QUJ", nil},
		{"with blanks", "QU JD", []string{"QU JD"}},
		{"with a reference", "&#81;UJD", []string{"QUJD"}},
	} {
		e := newEngine(t, "cpt")
		e.Read(withCertificates(t, doc, tt.text))
		var kept []string
		for i := range e.known.known {
			if known := e.known.known[i].Load(); known != nil {
				kept = append(kept, known.text)
			}
		}
		if !slices.Equal(kept, tt.kept) {
			t.Errorf("%s: remembered %.40q", tt.name, kept)
		}
	}
}

// TestFingerprintsMutated changes a letter of the certificate of a signed document, and holds
// what becomes known against a plain reading.
func TestFingerprintsMutated(t *testing.T) {
	random := rand.New(rand.NewPCG(28, 5))
	doc := sign(t, sample, form{})
	begin := strings.Index(doc, "<X509Certificate>") - 5
	end := strings.Index(doc, "</X509Certificate>") + 5
	const alphabet = "AZaz09+/= \n\t<>&;"
	for range 3_000 {
		changed := []byte(doc)
		for range random.IntN(3) {
			changed[begin+random.IntN(end-begin)] = alphabet[random.IntN(len(alphabet))]
		}
		checkSkimmedReading(t, "cpt", changed)
	}
}

// TestFingerprintsAtOnce has several goroutines read batches of documents whose certificates
// share places and are written in many ways, whole and broken ones side by side.
func TestFingerprintsAtOnce(t *testing.T) {
	doc := sign(t, "<a>{signature}</a>", form{})
	e, plain := newEngine(t, "cpt"), newEngine(t, "cpt")
	plain.plainly = true
	written := []func(text string) string{
		func(text string) string { return text },
		func(text string) string { return " " + text },
		func(text string) string { return text[:2] + "\r\n" + text[2:] },
		func(text string) string { return text[:1] + "\t" + text[1:] },
		func(text string) string { return fmt.Sprintf("&#%d;%s", text[0], text[1:]) },
		func(text string) string { return text[:3] },
		func(text string) string { return text[:2] + "<!---->" + text[2:] },
		func(text string) string { return text[:2] + "<b/>" + text[2:] },
		func(text string) string { return strings.Repeat("QUJD", maxFingerprinted/4-1) + text },
		func(text string) string { return strings.Repeat("QUJD", maxFingerprinted/4) + text },
		func(text string) string { return strings.Repeat("QUJD", maxCertificateText/4) + text },
	}
	broken := []func(doc string) string{
		func(doc string) string { return doc[:len(doc)-5] },
		func(doc string) string { return strings.Replace(doc, "<DigestValue>", "<DigestValue>&#65;", 1) },
		func(doc string) string { return strings.Replace(doc, "<SignedInfo>", "<SignedInfo><b/>", 1) },
		func(doc string) string { return doc },
		func(doc string) string { return doc },
	}
	var readers sync.WaitGroup
	for reader := range uint64(4) {
		readers.Go(func() {
			random := rand.New(rand.NewPCG(28, reader))
			for range 20 {
				docs := make([][]byte, 1+random.IntN(9))
				for i := range docs {
					var texts []string
					for range 1 + random.IntN(maxKeyInfoCertificates+2) {
						der := []byte{byte(random.IntN(64)), byte(random.IntN(64))}[:1+random.IntN(2)]
						texts = append(texts, written[random.IntN(len(written))](base64.StdEncoding.EncodeToString(der)))
					}
					whole := withCertificates(t, doc, texts...)
					docs[i] = []byte(broken[random.IntN(len(broken))](string(whole)))
				}
				for i, m := range e.ReadAll(docs) {
					want := plain.Read(docs[i])
					if m.refused != want.refused || !reflect.DeepEqual(m.signed, want.signed) {
						t.Errorf("%.2000q:\n%+v %+v\ntoken by token\n%+v %+v", docs[i], m.refused, m.signed, want.refused, want.signed)
						return
					}
				}
			}
		})
	}
	readers.Wait()
}

// BenchmarkFingerprints is what a certificate costs that is remembered, and one that isn't.
func BenchmarkFingerprints(b *testing.B) {
	e := newEngine(b, "cpt")
	text := []byte(base64.StdEncoding.EncodeToString(alice().cert.DER()))
	b.Run("remembered", func(b *testing.B) {
		e.known.keep(&fingerprinted{text: string(text)})
		for b.Loop() {
			if e.fingerprinted(text) == nil {
				b.Fatal("not remembered")
			}
		}
	})
	b.Run("not", func(b *testing.B) {
		for b.Loop() {
			der, err := decodeBase64(nil, text)
			if err != nil {
				b.Fatal(err)
			}
			e.known.keep(&fingerprinted{string(text), sha256.Sum256(der)})
		}
	})
}
