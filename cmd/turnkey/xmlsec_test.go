package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/verifier/verifiertest"
)

const (
	c14n10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	c14n11 = "http://www.w3.org/2006/12/xml-c14n11"
	exc    = "http://www.w3.org/2001/10/xml-exc-c14n#"
)

// A template is a signature for xmlsec1 to fill in.
type template struct {
	method     string // of SignedInfo
	transform  string // of the Reference, after enveloped-signature; "" means none
	prefixList string // on transform, where it is exclusive
	hash       string // "256", "384", "512"
	prefix     string // of the Signature's elements, with its colon
}

func (tm template) xml() string {
	digest := map[string]string{
		"256": "http://www.w3.org/2001/04/xmlenc#sha256",
		"384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
		"512": "http://www.w3.org/2001/04/xmlenc#sha512",
	}[tm.hash]
	p := tm.prefix
	transform := ""
	switch {
	case tm.prefixList != "":
		transform = fmt.Sprintf(`<%sTransform Algorithm="%s"><ec:InclusiveNamespaces xmlns:ec="%s" PrefixList="%s"/></%sTransform>`, p, tm.transform, exc, tm.prefixList, p)
	case tm.transform != "":
		transform = fmt.Sprintf(`<%sTransform Algorithm="%s"/>`, p, tm.transform)
	}
	s := `<@Signature xmlns$="http://www.w3.org/2000/09/xmldsig#">
    <@SignedInfo>
      <@CanonicalizationMethod Algorithm="` + tm.method + `"/>
      <@SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha` + tm.hash + `"/>
      <@Reference URI=""><@Transforms><@Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>%TRANSFORM%</@Transforms>
        <@DigestMethod Algorithm="` + digest + `"/><@DigestValue></@DigestValue></@Reference>
    </@SignedInfo>
    <@SignatureValue></@SignatureValue>
    <@KeyInfo><@X509Data><@X509Certificate/></@X509Data></@KeyInfo>
  </@Signature>`
	binding := ""
	if p != "" {
		binding = ":" + strings.TrimSuffix(p, ":")
	}
	return strings.NewReplacer("@", p, "$", binding, "%TRANSFORM%", transform).Replace(s)
}

// declaration is an N5203 with what trips careless tools: ds: bound to the WCO's
// namespace, two blanks in the declaration number, CDATA, references, attributes
// whose order depends on namespaces, a processing instruction.
func declaration(signature string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<?customs route="AA"?>
<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05" xmlns:ds="urn:wco:datamodel:WCO:DS:1" xmlns:twds="urn:wco:datamodel:TW:DS:1" xml:lang="zh-TW">
  <FunctionCode>9</FunctionCode>
  <ID>AA  1312300001</ID>
  <TypeCode twds:b="2" ds:a='1' z="&#9;&lt;x&gt;">G5</TypeCode>
  <Agent><ID>123</ID><tw_SubBoxID>A</tw_SubBoxID></Agent>
  ` + signature + `
  <GoodsShipment><Description><![CDATA[螺絲 <M4> & 墊片]]></Description><twds:Note/>堃&#xD;</GoodsShipment>
</Declaration>
`
}

// signWithXMLSec has xmlsec1 fill in the signature of a document, and returns the file
// that it made.
func signWithXMLSec(t *testing.T, document string, id *verifiertest.Identity) string {
	t.Helper()
	xmlsec := stacktest.Program(t, "xmlsec1")
	key, err := id.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	// Relative names: xmlsec1 takes a comma in a path for the end of it.
	dir := t.TempDir()
	for name, content := range map[string][]byte{"key.pem": key, "cert.pem": id.CertificatePEM(), "template.xml": []byte(document)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(xmlsec, "--sign", "--privkey-pem", "key.pem,cert.pem", "--output", "signed.xml", "template.xml")
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("xmlsec1: %v\n%s", err, text)
	}
	return filepath.Join(dir, "signed.xml")
}

func TestVerifyDocumentsSignedByXMLSec(t *testing.T) {
	tests := []struct {
		name string
		template
	}{
		{"inclusive, no canonicalisation named", template{method: c14n10, hash: "256", prefix: "sig:"}},
		{"inclusive 1.0", template{method: c14n10, transform: c14n10, hash: "256", prefix: "sig:"}},
		{"inclusive 1.1", template{method: c14n11, transform: c14n11, hash: "384", prefix: "sig:"}},
		{"exclusive", template{method: exc, transform: exc, hash: "256", prefix: "sig:"}},
		{"exclusive with a prefix list", template{method: exc, transform: exc, prefixList: "ds twds #default", hash: "512", prefix: "sig:"}},
		{"exclusive, default namespace", template{method: exc, transform: exc, hash: "256"}},
		{"inclusive body, exclusive SignedInfo", template{method: exc, transform: c14n10, hash: "256"}},
	}
	signer := broker(t, 0)
	cert := certFile(t, signer)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signed := signWithXMLSec(t, declaration(tt.template.xml()), signer)
			turnkey(t, "verify", "--cert", cert, signed).want(t, exitYes, "VERIFIED", "N5203", `"AA  1312300001"`)

			doc, err := os.ReadFile(signed)
			if err != nil {
				t.Fatal(err)
			}
			collapsed := strings.Replace(string(doc), "AA  13", "AA 13", 1)
			turnkeyWith(t, nil, collapsed, "verify", "--cert", cert, "-").want(t, exitNo, "DIGEST_MISMATCH")
			turnkey(t, "verify", "--cert", certFile(t, broker(t, 1)), signed).want(t, exitNo, "UNREGISTERED_CERTIFICATE")
		})
	}
}
