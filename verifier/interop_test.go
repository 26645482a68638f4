package verifier

import (
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"
)

// interopKinds are the kinds of signature that only the profile interop claims: by which
// switch of the profile, and the vectors, signed by xmlsec1 or the JDK, that prove it.
var interopKinds = []struct {
	field   string // of Profile
	off     func(*Profile)
	vectors string // that have this kind, and no other that needs a switch
	reason  Reason // once the switch is off
}{
	{"SHA1", func(p *Profile) { p.SHA1 = false },
		"xmlsec1/interop-sha1 jdk/interop-sha1 xmlsec1/interop-sha1-digest jdk/interop-sha1-digest xmlsec1/interop-sha1-value jdk/interop-sha1-value",
		WeakAlgorithm},
	{"AnyComment", func(p *Profile) { p.AnyComment = false }, "xmlsec1/comment-beside-text jdk/comment-beside-text", ProfileViolation},
	{"WithComments", func(p *Profile) { p.WithComments = false },
		"xmlsec1/interop-c14n10-with-comments jdk/interop-c14n10-with-comments xmlsec1/interop-c14n11-with-comments " +
			"jdk/interop-c14n11-with-comments xmlsec1/interop-exc-with-comments jdk/interop-exc-with-comments", ProfileViolation},
	{"AnyPlace", func(p *Profile) { p.AnyPlace = false },
		"xmlsec1/place-deep-c14n10 jdk/place-deep-c14n10 xmlsec1/place-deep-c14n11 jdk/place-deep-c14n11 xmlsec1/place-deep-exc " +
			"jdk/place-deep-exc xmlsec1/place-deep-two-bases-c14n10 xmlsec1/place-deep-two-bases-c14n11", ProfileViolation},
	{"References", func(p *Profile) { p.References = 0 },
		"xmlsec1/interop-several-c14n10 jdk/interop-several-c14n10 xmlsec1/interop-several-c14n11 jdk/interop-several-c14n11 " +
			"xmlsec1/interop-several-exc jdk/interop-several-exc", ProfileViolation},
	{"ByID", func(p *Profile) { p.ByID, p.References = false, 0 },
		"xmlsec1/interop-by-Id jdk/interop-by-Id xmlsec1/interop-by-ID jdk/interop-by-ID xmlsec1/interop-by-id jdk/interop-by-id " +
			"xmlsec1/interop-by-xml-id jdk/interop-by-xml-id xmlsec1/interop-by-Id-exc jdk/interop-by-Id-exc", ProfileViolation},
	{"Objects", func(p *Profile) { p.Objects = false },
		"xmlsec1/unsigned-object jdk/unsigned-object xmlsec1/interop-object jdk/interop-object xmlsec1/interop-properties " +
			"jdk/interop-properties xmlsec1/interop-xades-c14n10 jdk/interop-xades-c14n10 xmlsec1/interop-xades-exc jdk/interop-xades-exc",
		ProfileViolation},
	{"PSS", func(p *Profile) { p.PSS = false }, "jdk/interop-pss-256 jdk/interop-pss-384 jdk/interop-pss-512 jdk/interop-pss-3072", ProfileViolation},
	{"ECDSA", func(p *Profile) { p.ECDSA = false },
		"xmlsec1/interop-p256 jdk/interop-p256 xmlsec1/interop-p384 jdk/interop-p384 xmlsec1/interop-p521 jdk/interop-p521 " +
			"xmlsec1/interop-p256-certificate jdk/interop-p521-certificate xmlsec1/interop-p256-sha1", ProfileViolation},
}

// TestInteropKinds: each kind verifies in interop; without the one switch it is for, and in
// cpt, it is refused.
func TestInteropKinds(t *testing.T) {
	full, cpt := newEngine(t, "interop"), newEngine(t, "cpt")
	for _, kind := range interopKinds {
		narrowed, err := ProfileNamed("interop")
		if err != nil {
			t.Fatal(err)
		}
		kind.off(&narrowed)
		without, err := New(Config{Profile: narrowed, Claims: DefaultClaims()})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range strings.Fields(kind.vectors) {
			t.Run(kind.field+"/"+name, func(t *testing.T) {
				v := vectorNamed(t, name)
				want(t, judgeWith(t, full, v.doc, v.key), Verified)
				want(t, judgeWith(t, without, v.doc, v.key), kind.reason)
				want(t, judgeWith(t, cpt, v.doc, v.key), v.cpt)
				if v.cpt == Verified {
					t.Error("cpt takes it")
				}
			})
		}
	}
}

// TestInteropKindsAreAll: every switch of a profile that interop sets has its proof.
func TestInteropKindsAreAll(t *testing.T) {
	proved := make(map[string]bool)
	for _, kind := range interopKinds {
		proved[kind.field] = true
	}
	p, err := ProfileNamed("interop")
	if err != nil {
		t.Fatal(err)
	}
	for i, set := 0, reflect.ValueOf(p); i < set.NumField(); i++ {
		name := set.Type().Field(i).Name
		if name != "Name" && !set.Field(i).IsZero() != proved[name] {
			t.Errorf("%s is set: %v, proved: %v", name, !set.Field(i).IsZero(), proved[name])
		}
	}
}

// TestEveryReferenceMustHold changes, in each vector, what each of its References covers,
// one at a time.
func TestEveryReferenceMustHold(t *testing.T) {
	e := newEngine(t, "interop")
	broken := make(map[int]int) // vectors, by the number of what was changed
	for _, v := range signedVectors(t) {
		if v.interop != Verified {
			continue
		}
		for i := 0; strings.Contains(v.doc, fmt.Sprint("mark-", i)); i++ {
			broken[i]++
			t.Run(fmt.Sprint(v.name, "/", i), func(t *testing.T) {
				changed := replaceOnce(t, v.doc, fmt.Sprint("mark-", i), fmt.Sprint("Mark-", i))
				want(t, judgeWith(t, e, changed, v.key), DigestMismatch)
			})
		}
		references := strings.Count(string(v.info), "Reference URI=") + strings.Count(string(v.info), "Reference Type=")
		for i := range references {
			t.Run(fmt.Sprint(v.name, "/DigestValue ", i), func(t *testing.T) {
				want(t, judgeWith(t, e, otherDigest(v.doc, i), v.key), DigestMismatch)
			})
		}
	}
	if broken[0] < 80 || broken[1] < 12 || broken[2] < 6 {
		t.Errorf("too few vectors were broken: %v", broken)
	}
}

// otherDigest changes the first letter of the i-th DigestValue.
func otherDigest(doc string, i int) string {
	const tag = "DigestValue>"
	at := 0
	for range 2*i + 1 { // it ends the start tag and the end tag
		at += strings.Index(doc[at:], tag) + len(tag)
	}
	letter := "A"
	if doc[at] == 'A' {
		letter = "B"
	}
	return doc[:at] + letter + doc[at+1:]
}

// TestUnsignedObject: what no Reference is to may change, and is not in what is signed.
func TestUnsignedObject(t *testing.T) {
	e := newEngine(t, "interop")
	for _, name := range []string{"xmlsec1/unsigned-object", "jdk/unsigned-object"} {
		v := vectorNamed(t, name)
		changed := judgeWith(t, e, replaceOnce(t, v.doc, "not signed", "anything"), v.key)
		want(t, changed, Verified)
		if strings.Contains(string(changed.SignedBytes()), "anything") {
			t.Errorf("%s: signed bytes hold the Object:\n%s", name, changed.SignedBytes())
		}
	}
}

// TestEmptyTransforms: a Reference without transforms has no Transforms, for that holds one
// Transform or more (XML Signature, 4.4.3.4, its schema).
func TestEmptyTransforms(t *testing.T) {
	const transform = `<Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>`
	v := vectorNamed(t, "xmlsec1/interop-several-c14n10")
	e := newEngine(t, "interop")
	for name, tt := range map[string]struct {
		transforms string
		want       Reason
	}{
		"one":          {"<Transforms>" + transform + "</Transforms>", Verified},
		"none":         {"", SignatureMismatch}, // allowed, but not what was signed
		"empty":        {"<Transforms></Transforms>", ProfileViolation},
		"white space":  {"<Transforms>\n</Transforms>", ProfileViolation},
		"two elements": {"<Transforms></Transforms><Transforms>" + transform + "</Transforms>", ProfileViolation},
	} {
		t.Run(name, func(t *testing.T) {
			doc := replaceOnce(t, v.doc, `"#d2"><Transforms>`+transform+"</Transforms>", `"#d2">`+tt.transforms)
			want(t, judgeWith(t, e, doc, v.key), tt.want)
		})
	}
}

// TestRawECDSA holds what RFC 9231, 2.3.6 says of a value: r and s, each as long as the
// order of the curve, and nothing else, so that one signature has one value's length.
func TestRawECDSA(t *testing.T) {
	e := newEngine(t, "interop")
	for _, curve := range []string{"p256", "p384", "p521"} {
		v := vectorNamed(t, "xmlsec1/interop-"+curve)
		text := between(t, v.doc, "<SignatureValue>", "</SignatureValue>")
		value := decode(t, strings.NewReplacer("<SignatureValue>", "", "</SignatureValue>", "", "\n", "").Replace(text))
		half := len(value) / 2
		tests := map[string]struct {
			value []byte
			want  Reason
		}{
			"as it is":          {value, Verified},
			"r and s swapped":   {append(append([]byte(nil), value[half:]...), value[:half]...), SignatureMismatch},
			"a zero before":     {append([]byte{0}, value...), SignatureMismatch},
			"a zero behind":     {append(append([]byte(nil), value...), 0), SignatureMismatch},
			"a zero before all": {append(append(append([]byte{0}, value[:half]...), 0), value[half:]...), SignatureMismatch},
			"r only":            {value[:half], SignatureMismatch},
			"zeros":             {make([]byte, len(value)), SignatureMismatch},
			"r is zero":         {append(make([]byte, half), value[half:]...), SignatureMismatch},
			"s is zero":         {append(append([]byte(nil), value[:half]...), make([]byte, half)...), SignatureMismatch},
			"in DER":            {derECDSA(t, value), SignatureMismatch},
		}
		for name, tt := range tests {
			t.Run(curve+"/"+name, func(t *testing.T) {
				doc := replaceOnce(t, v.doc, text, "<SignatureValue>"+encode(tt.value)+"</SignatureValue>")
				want(t, judgeWith(t, e, doc, curve), tt.want)
			})
		}
	}
}

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// derECDSA writes r||s as X.509 does.
func derECDSA(t testing.TB, value []byte) []byte {
	t.Helper()
	half := len(value) / 2
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(value[:half]), new(big.Int).SetBytes(value[half:])})
	if err != nil {
		t.Fatal(err)
	}
	return der
}
