package secondopinion

import (
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

const prefixList = ` <ec:InclusiveNamespaces xmlns:ec="` + exclusively + `" PrefixList="p"/>`

// deviations are documents that the verifier accepts and goxmldsig errs on.
var deviations = []struct {
	name string
	want Reason
	doc  string
	form form
}{
	{"name of the fifth edition", Names, "<a><𠮷/>{signature}</a>", form{method: inclusive}},
	{"instruction of the fifth edition", Names, "<a><?𠮷?>{signature}</a>", form{method: inclusive}},
	{"attribute of the fifth edition", Names, "<a 𠮷=''>{signature}</a>", form{method: inclusive}},
	{"prefix of the fifth edition", Names, "<a xmlns:𠮷='urn:a:1'>{signature}</a>", form{method: inclusive}},
	{"xml declared", XMLDeclared, `<a xmlns:xml="http://www.w3.org/XML/1998/namespace">{signature}</a>`, form{method: inclusive}},
	{"order of attributes", AttributeOrder, `<a xmlns:p="urn:z:1" xmlns:q="urn:a:1"><b p:a="1" q:b="2"/>{signature}</a>`, form{method: inclusive}},
	{"tab in an attribute", AttributeBlanks, "<a b='1\t2'>{signature}</a>", form{method: inclusive}},
	{"line end in an attribute", AttributeBlanks, "<a b='1\r\n2'>{signature}</a>", form{method: inclusive}},
	{"default undeclared", DefaultUndeclared, `<a xmlns="">{signature}</a>`, form{method: inclusive, transform: exclusively}},
	{"xml:lang inherited", XMLInherited, `<a xml:lang="zh">{signature}</a>`, form{method: inclusive, transform: inclusive}},
	{"comment and no canonicalisation", Comments, "<a><!--1--><b/>{signature}</a>", form{method: inclusive}},
	{"comment and one that keeps it", Comments, "<a><!--1--><b/>{signature}</a>", form{method: inclusive, transform: inclusive + "#WithComments"}},
	{"instruction before the root", Instructions, "<?p q?><a>{signature}</a>", form{method: inclusive}},
	{"instruction behind the root", Instructions, "<a>{signature}</a><?p q?>", form{method: inclusive}},
	{"instruction of two lines", Instructions, "<a><?p q\r\nr?>{signature}</a>", form{method: inclusive}},
	{"PrefixList of SignedInfo", PrefixList, `<a xmlns:p="urn:p:1">{signature}</a>`, form{method: exclusively + prefixList, transform: exclusively}},
	{"PrefixList with #default", PrefixList, `<p:a xmlns="urn:d:1" xmlns:p="urn:p:1"><b/>{signature}</p:a>`,
		form{method: inclusive, transform: exclusively + strings.Replace(prefixList, `"p"`, `"p #default"`, 1)}},
	{"blanks in DigestValue", Blanks, "<a>{signature}</a>", form{method: inclusive, edit: strings.NewReplacer("<DigestValue>", "<DigestValue> ")}},
}

// Each deviation is still there: were goxmldsig mended, its reason could go.
func TestDeviationsAreSkipped(t *testing.T) {
	for _, tt := range deviations {
		t.Run(tt.name, func(t *testing.T) {
			doc := sign(t, tt.doc, tt.form)
			if !verified(t, doc) {
				t.Fatal("not verified by us: no test of a deviation")
			}
			if o := check(t, doc); o.Skipped != tt.want {
				t.Errorf("skipped %q, want %q; %v", o.Skipped, tt.want, o.Err)
			}
			if errs := asked(doc, certificate(t).X509()); errs {
				t.Error("goxmldsig does not err here")
			}
		})
	}
}

// asked is a Check that skips nothing.
func asked(doc string, cert *x509.Certificate) bool {
	root, err := parse([]byte(doc))
	if err != nil {
		return false
	}
	prepare(root, signatureIn(root))
	return validate(root, cert, now).Signed
}

// What it can't be asked for other reasons.
func TestSkips(t *testing.T) {
	plain := sign(t, "<a>{signature}</a>", form{method: inclusive})
	tests := []struct {
		name string
		want Reason
		doc  string
	}{
		{"malformed", Unreadable, "<a>"},
		{"with a document type", Unreadable, "<!DOCTYPE a><a/>"},
		{"unsigned", Placement, "<a/>"},
		{"Signature as the root", Placement, plain[len("<a>") : len(plain)-len("</a>")]},
		{"Signature in a child", Placement, "<b>" + plain + "</b>"},
		{"two Signatures", Placement, "<b>" + plain[3:len(plain)-4] + plain + "</b>"},
		{"by Id", References, sign(t, `<a ID="x">{signature}</a>`, form{method: inclusive, uri: "#x"})},
		{"no URI", References, strings.Replace(plain, ` URI=""`, "", 1)},
		{"ECDSA", Algorithm, strings.Replace(plain, "rsa-sha256", "ecdsa-sha256", 1)},
		{"PSS", Algorithm, strings.Replace(plain, rsaSHA256, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if o := check(t, tt.doc); o.Skipped != tt.want || o.On(true) != Skipped || o.On(false) != Skipped {
				t.Errorf("%+v, want skipped %q", o, tt.want)
			}
		})
	}
}

// A reason that no document can show would not be one.
func TestReasonsAreClosed(t *testing.T) {
	shown := []Reason{Unreadable, Placement, References, Algorithm, TooLarge, Panicked} // elsewhere in these tests
	for _, tt := range deviations {
		shown = append(shown, tt.want)
	}
	for _, r := range Reasons() {
		if !slices.Contains(shown, r) {
			t.Errorf("no test shows %q", r)
		}
	}
	for _, r := range shown {
		if !slices.Contains(Reasons(), r) {
			t.Errorf("%q is not among the reasons", r)
		}
	}
}

func stranger(t testing.TB) *x509.Certificate {
	t.Helper()
	pki, err := verifiertest.NewPKI(2, now)
	if err != nil {
		t.Fatal(err)
	}
	id, err := pki.Customs.Issue(verifiertest.CustomsHolder{BusinessID: "12345675"},
		verifiertest.Terms{NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 6, 0), Key: verifiertest.Key(77)})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := verifier.ParseCertificate(id.DER())
	if err != nil {
		t.Fatal(err)
	}
	return cert.X509()
}
