package verifier

import (
	"bytes"
	"crypto/elliptic"
	"crypto/sha256"
	"strings"
	"testing"

	"turnkey-gateway/verifier/c14n"
)

// TestVerified holds what senders may do differently; 17 is a pitfall of canonicalisation.
func TestVerified(t *testing.T) {
	prefixes := `<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="ds #default"></ec:InclusiveNamespaces>`
	swap := func(old, new string) func(string) string {
		return func(info string) string { return strings.Replace(info, old, new, 1) }
	}
	tests := []struct {
		name string
		doc  string
		form form
	}{
		{"as most do", sample, form{}},
		{"inclusive 1.0 named", sample, form{transform: uriC14N10}},
		{"inclusive 1.1", sample, form{method: uriC14N11, transform: uriC14N11}},
		{"exclusive", sample, form{method: uriExc, transform: uriExc}},
		{"exclusive with a PrefixList", sample, form{method: uriExc, transform: uriExc, inside: prefixes}},
		{"17 exclusive for SignedInfo only: the document's default is inclusive", sample, form{method: uriExc}},
		{"17 exclusive for the document only", sample, form{transform: uriExc}},
		{"SHA-384", sample, form{algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", digest: "http://www.w3.org/2001/04/xmldsig-more#sha384"}},
		{"SHA-512", sample, form{algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", digest: "http://www.w3.org/2001/04/xmlenc#sha512"}},
		{"digest and signature of different hashes", sample, form{algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"}},
		{"a prefix", sample, form{prefix: "sig:"}},
		{"the prefix ds, which the message bound elsewhere", sample, form{prefix: "ds:"}},
		{"Signature first", replaceOnce(t, sample, "  <ID>AA", "{signature}  <ID>AA"), form{}},
		{"Signature between", replaceOnce(t, sample, "<Note>", "{signature}<Note>"), form{}},
		{"CRLF", strings.ReplaceAll(sample, "\n", "\r\n"), form{}},
		{"byte order mark", "\ufeff" + sample, form{}},
		{"no declaration", sample[strings.Index(sample, "<?route"):], form{}},
		{"instruction behind the root", sample + "<?end?>", form{}},
		{"comments beside no text", replaceOnce(t, sample, "<Amount", "<!-- <a> --><Amount") + "<!--end-->", form{}},
		{"CDATA", replaceOnce(t, sample, "不鏽鋼 &amp; 螺絲", "<![CDATA[不鏽鋼 & 螺絲]]>"), form{}},
		{"no namespace", "<a><b/></a>", form{}},
		{"namespaces declared on the Signature's place", replaceOnce(t, sample, "  <Note>", `  <x:y xmlns:x="urn:x:1"/>{signature}<Note>`), form{}},
		{"xml:base and 1.1", replaceOnce(t, sample, `xml:lang="zh-TW"`, `xml:base="http://a.example/b"`), form{method: uriC14N11}},
		{"Ids on the Signature's parts", sample, form{info: swap("<SignedInfo>", `<SignedInfo Id="i">`)}},
		{"Id on the Reference", sample, form{info: swap("<Reference ", `<Reference Id="i" `)}},
		{"indented SignedInfo", sample, form{info: swap("><", ">\n  <")}},
		{"broken base64 in DigestValue", sample, form{info: swap("<DigestValue>", "<DigestValue>\r\n  ")}},
		{"attack 15, references in an algorithm", sample, form{info: swap("rsa-sha256", "rsa-sha25&#54;")}},
		{"no KeyInfo", sample, form{keyInfo: "-"}},
		{"KeyName only", sample, form{keyInfo: "<KeyName>x</KeyName>"}},
		{"all that KeyInfo may hold", sample, form{keyInfo: "<KeyName>x</KeyName><KeyValue><RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue></KeyValue>" +
			`<d:DEREncodedKeyValue xmlns:d="http://www.w3.org/2009/xmldsig11#">AQAB</d:DEREncodedKeyValue><PGPData><PGPKeyID>AQAB</PGPKeyID></PGPData>` +
			"<X509Data><X509SubjectName>CN=x</X509SubjectName>" + x509Element(alice().cert.DER()) + "<X509CRL>AQAB</X509CRL></X509Data>"}},
		{"a chain in KeyInfo", sample, form{keyInfo: "<X509Data>" + x509Element(bob().cert.DER()) + x509Element(alice().cert.DER()) + "</X509Data>"}},
		{"what would be fetched is not looked at", sample, form{keyInfo: `<RetrievalMethod URI="http://169.254.169.254/"/><KeyValue><RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue></KeyValue>`}},
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signed := sign(t, tt.doc, tt.form)
			v := judge(e, signed, registered(alice()))
			want(t, v, Verified)
			if t.Failed() {
				return
			}
			signer, _ := v.Signer()
			if signer.Fingerprint() != alice().cert.Fingerprint() || v.Used() != signer {
				t.Errorf("the signer is %s", signer.Serial())
			}
			opts := c14n.Options{}
			if tt.form.transform != "" {
				opts = optionsOf(tt.form.transform, tt.form.inside)
			}
			canonical, err := c14n.Canonicalize([]byte(strings.Replace(tt.doc, "{signature}", "", 1)), opts)
			if err != nil || !bytes.Equal(v.SignedBytes(), canonical) {
				t.Errorf("signed bytes:\n%s, want\n%s", v.SignedBytes(), canonical)
			}
			if sum, _ := v.SignedSHA256(); sum != sha256.Sum256(canonical) {
				t.Errorf("signed digest %x", sum)
			}
			want(t, judge(newEngine(t, "interop"), signed, registered(alice())), Verified)
			want(t, judge(e, signed, registered(bob())), map[bool]Reason{true: SignatureMismatch, false: UnregisteredCertificate}[!strings.Contains(signed, "X509Cert") || strings.Contains(tt.name, "chain")])
		})
	}
}

// TestInterop holds what only the wider profile accepts, and that cpt refuses it.
func TestInterop(t *testing.T) {
	signer := func(key person) *person { return &key }
	p256 := newPerson(20, ecdsaKey(elliptic.P256()), now.AddDate(0, -1, 0), now.AddDate(0, 1, 0))
	p521 := newPerson(21, ecdsaKey(elliptic.P521()), now.AddDate(0, -1, 0), now.AddDate(0, 1, 0))
	withID := replaceOnce(t, sample[strings.Index(sample, "<Declaration"):], " xml:lang=", ` ID="d1" xml:lang=`)
	second := func(target, content string) func(string) string {
		return func(info string) string {
			extra := `<Reference URI="` + target + `"><DigestMethod Algorithm="` + uriSHA256 + `"></DigestMethod><DigestValue>` +
				digest64(digestHashes[uriSHA256], []byte(content)) + `</DigestValue></Reference>`
			return strings.Replace(info, "</SignedInfo>", extra+"</SignedInfo>", 1)
		}
	}
	object := `<Object><Properties xmlns="urn:props:1" Id="p1">now</Properties></Object>`
	canonicalObject := `<Properties xmlns="urn:props:1" xmlns:ds="urn:wco:datamodel:WCO:DS:1" Id="p1" xml:lang="zh-TW">now</Properties>`
	tests := []struct {
		name string
		doc  string
		form form
		cpt  Reason
	}{
		{"SHA-1", sample, form{algorithm: uriRSASHA1, digest: uriSHA1}, WeakAlgorithm},
		{"SHA-1 digest only", sample, form{digest: uriSHA1}, WeakAlgorithm},
		{"with comments", replaceOnce(t, sample, "<Amount", "<!--c--><Amount"), form{method: uriC14N10 + "#WithComments", transform: uriC14N10 + "#WithComments"}, ProfileViolation},
		{"any comment", replaceOnce(t, sample, "100", "1<!--c-->00"), form{}, ProfileViolation},
		{"Signature anywhere", replaceOnce(t, sample, "A12</ID>\n", "A12</ID>{signature}\n"), form{}, ProfileViolation},
		{"by Id of the root", withID, form{uri: "#d1"}, ProfileViolation},
		{"PSS", sample, form{algorithm: "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"}, ProfileViolation},
		{"something else in KeyInfo", sample, form{keyInfo: `<x:Reference xmlns:x="urn:x:1"/><X509Data>` + x509Element(alice().cert.DER()) + "</X509Data>"}, ProfileViolation},
		{"ECDSA P-256", sample, form{by: signer(p256), algorithm: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"}, ProfileViolation},
		{"ECDSA P-521", sample, form{by: signer(p521), algorithm: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"}, ProfileViolation},
		{"a second Reference, to an Object", sample, form{object: object, info: second("#p1", canonicalObject)}, ProfileViolation},
	}
	cpt, interop := newEngine(t, "cpt"), newEngine(t, "interop")
	all := registered(alice(), p256, p521)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signed := sign(t, tt.doc, tt.form)
			want(t, judge(interop, signed, all), Verified)
			want(t, judge(cpt, signed, all), tt.cpt)
			changed := replaceOnce(t, signed, "螺絲", "螺帽")
			want(t, judge(interop, changed, all), DigestMismatch)
		})
	}
	signed := sign(t, sample, form{object: object, info: second("#p1", canonicalObject)})
	refused := []struct {
		name, doc string
		want      Reason
	}{
		{"second Reference does not hold", replaceOnce(t, signed, ">now<", ">then<"), DigestMismatch},
		{"second Reference to nothing", sign(t, sample, form{info: second("#p2", "")}), ProfileViolation},
		{"4 second Reference to an Id that two have", sign(t, replaceOnce(t, sample, "<Agent>", `<Agent id="p1">`), form{object: object, info: second("#p1", canonicalObject)}), ProfileViolation},
		{"1 by Id of something else than the root", sign(t, replaceOnce(t, sample, "<Agent>", `<Agent Id="d1">`), form{uri: "#d1"}), ProfileViolation},
		{"by Id, an instruction stands outside", "<?x y?>" + sign(t, withID, form{uri: "#d1"}), ProfileViolation},
		{"4 by Id that the root and another have", sign(t, replaceOnce(t, withID, "<Agent>", `<Agent xml:id="d1">`), form{uri: "#d1"}), ProfileViolation},
		{"4 by Id that another has with a prefix", sign(t, replaceOnce(t, withID, "<Agent>", `<Agent ds:ID="d1">`), form{uri: "#d1"}), ProfileViolation},
		{"4 by Id that another has in blanks", sign(t, replaceOnce(t, withID, "<Agent>", `<Agent xml:id=" d1 ">`), form{uri: "#d1"}), ProfileViolation},
		{"4 by an Id that is escaped", sign(t, replaceOnce(t, withID, `ID="d1"`, `ID="d%31"`), form{uri: "#d%31"}), ProfileViolation},
		{"XPointer", sign(t, withID, form{uri: "#xpointer(id('d1'))"}), ProfileViolation},
		{"two Signatures", replaceOnce(t, signed, "<Note>", `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/><Note>`), AmbiguousSignature},
	}
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) { want(t, judge(interop, tt.doc, all), tt.want) })
	}
}

func TestLegacySHA1(t *testing.T) {
	p, _ := ProfileNamed("cpt")
	p.LegacySHA1Until = now
	e, err := New(Config{Profile: p})
	if err != nil {
		t.Fatal(err)
	}
	m := e.Read([]byte(sign(t, sample, form{algorithm: uriRSASHA1, digest: uriSHA1})))
	before := Moment{Received: now.Add(-1), Decided: now}
	want(t, m.Judge(registered(alice()), before), Verified)
	want(t, m.Judge(registered(alice()), Moment{Received: now, Decided: now}), WeakAlgorithm)
	md5 := sign(t, sample, form{info: func(s string) string {
		return strings.Replace(s, uriRSA256, "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", 1)
	}})
	want(t, e.Read([]byte(md5)).Judge(registered(alice()), before), WeakAlgorithm)
}
