package verifier

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/jonboulle/clockwork"
	dsig "github.com/russellhaering/goxmldsig"

	"turnkey-gateway/deploy/local/stacktest"
	"turnkey-gateway/verifier/c14n"
)

// awkward are documents whose canonical form is easy to get wrong, {signature} in them.
var awkward = map[string]string{
	"as customs send": strings.Replace(sample, "</Declaration>", "{signature}</Declaration>", 1),
	"Signature first": strings.Replace(sample, "\n  <ID>AA", "{signature}\n  <ID>AA", 1),
	"namespaces redeclared": `<p:a xmlns:p="urn:p:1" xmlns="urn:d:1" xmlns:u="urn:u:1"><p:b xmlns:p="urn:p:2" xmlns=""><c p:x="1"/>` +
		`<d xmlns="urn:d:1" xmlns:p="urn:p:1"><p:e/></d></p:b>{signature}<u:f/></p:a>`,
	"attributes in odd order": `<a z="1" xmlns:b="urn:a:1" b:x="2" xmlns:a="urn:b:1" a:y="3" B="4" c="&#9;&#10;&lt;&quot;'>">{signature}<d b:c="1" a:a="2"/></a>`,
	"line ends":               "<a\r\nb='1\r\n2\t3'>\r\n4&#13;\r5<![CDATA[6\r\n<>&]]>\r\n{signature}\r\n</a>\r\n",
	"xml attributes":          `<a xml:lang="zh" xml:space="preserve" xmlns:x="urn:x:1"><b xml:lang="en"/>{signature}</a>`,
	"comments":                "<!--1--><a><!--2--><b/>{signature}<!--3--></a><!--4-->",
	"instructions":            "<?p q?>\n<a><?r  s t?>{signature}</a><?u?>\n",
	"references":              "<a b='&#x4e2d;&amp;&gt;'>&#x6587;&quot;&apos;&gt;]]&gt;{signature}</a>",
	"no namespace":            "<a>{signature}</a>",
	"undeclared default":      `<a xmlns="urn:d:1"><b xmlns=""><c xmlns="urn:d:1"/></b>{signature}</a>`,
}

type template struct{ name, method, transform, inside, digest, prefix string }

var prefixList = `<ec:InclusiveNamespaces xmlns:ec="` + uriExc + `" PrefixList="p ds xs #default"/>`

var templates = []template{
	{name: "inclusive, none named", method: uriC14N10, digest: "256"},
	{name: "inclusive 1.0", method: uriC14N10, transform: uriC14N10, digest: "512", prefix: "s:"},
	{name: "inclusive 1.1", method: uriC14N11, transform: uriC14N11, digest: "256"},
	{name: "exclusive", method: uriExc, transform: uriExc, digest: "384", prefix: "ds:"},
	{name: "exclusive with a PrefixList", method: uriExc, transform: uriExc, inside: prefixList, digest: "256", prefix: "s:"},
	{name: "exclusive SignedInfo of an inclusive document", method: uriExc, transform: uriC14N10, digest: "256"},
}

func (tt template) signature() string {
	transform := ""
	if tt.transform != "" {
		transform = `<Transform Algorithm="` + tt.transform + `">` + tt.inside + `</Transform>`
	}
	digest := map[string]string{"256": uriSHA256, "384": "http://www.w3.org/2001/04/xmldsig-more#sha384", "512": "http://www.w3.org/2001/04/xmlenc#sha512"}[tt.digest]
	text := "<Signature" + dsigNS + ">\n<SignedInfo>\n<CanonicalizationMethod Algorithm=\"" + tt.method + "\">" + tt.inside + "</CanonicalizationMethod>\n" +
		`<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha` + tt.digest + `"/>` +
		`<Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>` + transform +
		`</Transforms><DigestMethod Algorithm="` + digest + `"/><DigestValue/></Reference></SignedInfo><SignatureValue/></Signature>`
	if tt.prefix == "" {
		return text
	}
	text = strings.ReplaceAll(text, "<ec:", "{ec}")
	text = strings.NewReplacer("xmlns=", "xmlns:"+tt.prefix[:len(tt.prefix)-1]+"=", "</", "</"+tt.prefix, "<", "<"+tt.prefix).Replace(text)
	return strings.ReplaceAll(text, "{ec}", "<ec:")
}

func keyFile(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(alice().key)
	if err != nil {
		t.Fatal(err)
	}
	return tempFile(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func publicFile(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(alice().key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return tempFile(t, "public.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func tempFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestVerifiesWhatXmlsecSigns has xmlsec1 sign awkward documents in every way.
func TestVerifiesWhatXmlsecSigns(t *testing.T) {
	xmlsec := stacktest.Program(t, "xmlsec1")
	key := keyFile(t)
	e := newEngine(t, "cpt")
	for name, doc := range awkward {
		for _, tt := range templates {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				unsigned := tempFile(t, "template.xml", []byte(strings.Replace(doc, "{signature}", tt.signature(), 1)))
				var complaint strings.Builder
				cmd := exec.Command(xmlsec, "--sign", "--privkey-pem", key, unsigned)
				cmd.Stderr = &complaint
				signed, err := cmd.Output()
				if err != nil {
					t.Fatalf("xmlsec1: %v\n%s", err, complaint.String())
				}
				v := judge(e, string(signed), registered(alice()))
				want(t, v, Verified)
				opts := c14n.Options{}
				if tt.transform != "" {
					opts = optionsOf(tt.transform, tt.inside)
				}
				if canonical, err := c14n.CanonicalizeUnsigned(signed, opts); err != nil || string(canonical) != string(v.SignedBytes()) {
					t.Errorf("signed bytes %q, want %q", v.SignedBytes(), canonical)
				}
			})
		}
	}
}

// TestXmlsecVerifiesWhatIsVerified: what is accepted here must be accepted there. The
// other direction does not hold: xmlsec1 is laxer.
func TestXmlsecVerifiesWhatIsVerified(t *testing.T) {
	xmlsec := stacktest.Program(t, "xmlsec1")
	public := publicFile(t)
	e := newEngine(t, "cpt")
	for name, doc := range awkward {
		for _, tt := range templates {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				f := form{method: tt.method, transform: tt.transform, inside: strings.Replace(tt.inside, "/>", "></ec:InclusiveNamespaces>", 1), prefix: "", keyInfo: "-"}
				signed := sign(t, doc, f)
				want(t, judge(e, signed, registered(alice())), Verified)
				out, err := exec.Command(xmlsec, "--verify", "--pubkey-pem", public, tempFile(t, "signed.xml", []byte(signed))).CombinedOutput()
				if err != nil {
					t.Errorf("xmlsec1: %v\n%s\n%s", err, out, signed)
				}
			})
		}
	}
}

// TestSecondOpinion compares with goxmldsig. It errs on these, and is not asked:
// more than 1,000 elements before the Signature, attributes of several namespaces,
// xml:* inherited by SignedInfo, PrefixLists, xmlns="" and instructions outside the root,
// line ends and blanks in attribute values, comments without a named canonicalisation.
func TestSecondOpinion(t *testing.T) {
	e := newEngine(t, "cpt")
	plain := strings.Replace(sample[strings.Index(sample, "<Declaration"):], ` xml:lang="zh-TW"`, "", 1)
	docs := map[string]string{
		"as customs send":       plain,
		"namespaces redeclared": `<p:a xmlns:p="urn:p:1" xmlns:u="urn:u:1"><p:b xmlns:p="urn:p:2"><c p:x="1"/><p:e xmlns:p="urn:p:1"/></p:b><u:f/></p:a>`,
		"CDATA and references":  "<a>&#x6587;&quot;&gt;]]&gt;<![CDATA[<&>]]></a>",
		"900 elements":          "<a>" + strings.Repeat("<b>1</b>", 900) + "</a>",
	}
	changes := map[string][2]string{"untouched": {"", ""}, "digest changed": {"<DigestValue>", "<DigestValue>A"}, "value changed": {"<SignatureValue>", "<SignatureValue>AAAA"}}
	for name, doc := range docs {
		for _, f := range []form{{transform: uriC14N10}, {method: uriExc, transform: uriExc}, {method: uriC14N11, transform: uriC14N11}} {
			for change, edit := range changes {
				t.Run(fmt.Sprintf("%s/%s/%s", name, f.transform, change), func(t *testing.T) {
					signed := strings.Replace(sign(t, doc, f), edit[0], edit[1], 1)
					ours := judge(e, signed, registered(alice())).Verified()
					if theirs := secondOpinion(t, signed); ours != theirs {
						t.Errorf("verified here %v, by goxmldsig %v", ours, theirs)
					}
					if ours != (change == "untouched") {
						t.Errorf("verified: %v", ours)
					}
				})
			}
		}
	}
}

func secondOpinion(t testing.TB, signed string) bool {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(signed); err != nil {
		return false
	}
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{alice().cert.X509()}})
	ctx.Clock = dsig.NewFakeClock(clockwork.NewFakeClockAt(now.Add(time.Minute)))
	_, err := ctx.Validate(doc.Root())
	return err == nil
}
