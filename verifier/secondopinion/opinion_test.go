package secondopinion

import (
	"strings"
	"testing"
)

const declaration = `<?xml version="1.0" encoding="UTF-8"?>
<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05" xmlns:ds="urn:wco:datamodel:WCO:DS:1">
  <ID>AA  15A1200001</ID>
  <ds:Mode ds:code="1">2</ds:Mode>{signature}
  <Amount currency="TWD">100</Amount>
  <Note>不鏽鋼 &amp; 螺絲</Note>
</Declaration>
`

// fair are documents on which it does not err.
var fair = map[string]string{
	"as customs send":       declaration,
	"Signature last":        "<a><b/><c d='1'/>{signature}</a>",
	"namespaces redeclared": `<p:a xmlns:p="urn:p:1" xmlns:u="urn:u:1"><p:b xmlns:p="urn:p:2"><c p:x="1"/><p:e xmlns:p="urn:p:1"/></p:b>{signature}<u:f/></p:a>`,
	"CDATA and references":  "<a><b>&#x6587;&quot;&gt;]]&gt;</b>{signature}<b><![CDATA[<&>]]>&#13;</b></a>",
	"line ends":             "<a\r\nb='1'>\r\n4&#13;\r5<![CDATA[6\r\n<>&]]>\r\n<c/>{signature}\r\n</a>\r\n",
	"attributes":            `<a z="1" xmlns:b="urn:a:1" b:x="2" b:a="3" B="4" c="&#9;&#10;&lt;&quot;'>">{signature}<d b:c="1"/></a>`,
	"instructions inside":   "<a><?p?><?r  s t?>{signature}</a>",
	"comment outside":       "<!--1--><a>{signature}</a><!--2-->",
	"3,000 elements":        "<a>" + strings.Repeat("<b>1</b>", 3000) + "{signature}</a>",
}

var forms = map[string]form{
	"1.0":                {method: inclusive, transform: inclusive},
	"none named":         {method: inclusive},
	"1.1, prefixed":      {method: inclusive11, transform: inclusive11, prefix: "s:"},
	"exclusive":          {method: exclusively, transform: exclusively},
	"exclusive, mixed":   {method: exclusively, transform: inclusive, prefix: "ds:"},
	"PrefixList":         {method: inclusive, transform: exclusively + ` <ec:InclusiveNamespaces xmlns:ec="` + exclusively + `" PrefixList="p ds u"/>`},
	"useless KeyInfo":    {method: inclusive, transform: inclusive, keyInfo: "<KeyInfo><KeyName>somebody</KeyName></KeyInfo>"},
	"SignedInfo with CR": {method: exclusively, transform: exclusively, edit: strings.NewReplacer("\n", "\r\n")},
}

// It agrees both ways: on what was signed, and on what was changed since.
func TestAgreesWithTheVerifier(t *testing.T) {
	changes := map[string]*strings.Replacer{
		"untouched":       strings.NewReplacer(),
		"blanks in value": strings.NewReplacer("<SignatureValue>", "<SignatureValue>\n \t"),
		"text added":      strings.NewReplacer("</a>", " </a>", "</Declaration>", " </Declaration>", "</p:a>", " </p:a>"),
		"digest changed":  strings.NewReplacer("<DigestValue>", "<DigestValue>\n"),
	}
	for name, doc := range fair {
		for style, f := range forms {
			signed := sign(t, doc, f)
			for change, edit := range changes {
				if f.prefix != "" && change != "text added" {
					edit = strings.NewReplacer() // what it looks for has a prefix
				}
				t.Run(name+"/"+style+"/"+change, func(t *testing.T) {
					doc := edit.Replace(signed)
					ours := verified(t, doc)
					o := check(t, doc)
					if o.On(ours) != Agrees {
						t.Errorf("signed: we say %v; %s: it says %v, skipped %q, %v", ours, o.On(ours), o.Signed, o.Skipped, o.Err)
					}
					if want := doc == signed || change == "blanks in value"; ours != want {
						t.Errorf("verified: %v", ours)
					}
				})
			}
		}
	}
}

func TestDisagreesBothWays(t *testing.T) {
	good := sign(t, declaration, forms["1.0"])
	if got := check(t, good).On(false); got != Disagrees {
		t.Errorf("it accepts what we reject: %s", got)
	}
	bad := strings.Replace(good, ">100<", ">900<", 1)
	if got := check(t, bad).On(true); got != Disagrees {
		t.Errorf("it refuses what we accept: %s", got)
	}
}

// The certificate is the verdict's, and only it.
func TestAsksForOneCertificate(t *testing.T) {
	doc := []byte(sign(t, declaration, forms["1.0"]))
	cert := certificate(t).X509()
	if o := Check(doc, stranger(t), now, Limits{}); o.On(false) != Agrees {
		t.Errorf("another's certificate: %+v", o)
	}
	if o := Check(doc, cert, now.AddDate(1, 0, 0), Limits{}); o.On(false) != Agrees {
		t.Errorf("an expired certificate: %+v", o)
	}
	if o := Check(doc, nil, now, Limits{}); o.Skipped != Panicked {
		t.Errorf("no certificate: %+v", o)
	}
}
