package verifier

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/verifier/c14n"
)

// between returns the part of doc from open to end, both included.
func between(t testing.TB, doc, open, end string) string {
	t.Helper()
	i := strings.Index(doc, open)
	j := strings.Index(doc, end)
	if i < 0 || j < i {
		t.Fatalf("the document holds no %s...%s", open, end)
	}
	return doc[i : j+len(end)]
}

const (
	dsigNS  = ` xmlns="http://www.w3.org/2000/09/xmldsig#"`
	evilDoc = `<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05"><ID>AA  15A1299999</ID></Declaration>`
)

// An attack is a document, and what becomes of it where the sender registered alice's
// certificate. Its name begins with its number in the list of attacks, of which there are
// 29; 18 is pkcs1's, and 20 to 25 and 28 are xmltext's, too.
type attack struct {
	name, doc string
	want      Reason
}

const attackKinds = 29

// TestAttacks holds the profile cpt against all of them.
func TestAttacks(t *testing.T) {
	e := newEngine(t, "cpt")
	for _, a := range attacks(t) {
		t.Run(a.name, func(t *testing.T) { want(t, judge(e, a.doc, registered(alice())), a.want) })
	}
}

func attacks(t testing.TB) []attack {
	return slices.Concat(attacksOnASignedDocument(t), attacksByASigner(t), attacksBySomebodyElse(t))
}

// TestEveryAttackIsThere: each number has a document, and one short enough to be a seed.
func TestEveryAttackIsThere(t *testing.T) {
	rows, seeds := make(map[int]int), make(map[int]int)
	for _, a := range attacks(t) {
		var number int
		if _, err := fmt.Sscan(a.name, &number); err != nil {
			continue // what stands beside the attacks
		}
		rows[number]++
		if len(a.doc) <= maxSeed {
			seeds[number]++
		}
	}
	for number := 1; number <= attackKinds; number++ {
		if rows[number] == 0 || seeds[number] == 0 {
			t.Errorf("attack %d has %d rows, of which %d are seeds", number, rows[number], seeds[number])
		}
	}
	if len(rows) != attackKinds {
		t.Errorf("there are %d numbers", len(rows))
	}
}

// attacksOnASignedDocument are changes to a document that alice signed.
func attacksOnASignedDocument(t testing.TB) []attack {
	good := sign(t, sample, form{})
	root := between(t, good, "<Declaration", "</Declaration>")
	signature := between(t, good, "<Signature", "</Signature>")
	info := between(t, good, "<SignedInfo>", "</SignedInfo>")
	value := strings.TrimSuffix(strings.TrimPrefix(between(t, good, "<SignatureValue>", "</SignatureValue>"), "<SignatureValue>"), "</SignatureValue>")
	digest := strings.TrimSuffix(strings.TrimPrefix(between(t, good, "<DigestValue>", "</DigestValue>"), "<DigestValue>"), "</DigestValue>")
	keyInfo := between(t, good, "<KeyInfo>", "</KeyInfo>")
	bare := strings.Replace(root, signature, "", 1)
	edit := func(old, new string) string { return replaceOnce(t, good, old, new) }
	editSignature := func(old, new string) string {
		return replaceOnce(t, good, signature, replaceOnce(t, signature, old, new))
	}
	certificate := base64.StdEncoding.EncodeToString(alice().cert.DER())
	typed := sign(t, `<a xmlns:p="urn:p:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><b xsi:type="p:T"></b></a>`, form{method: uriExc, transform: uriExc})

	return []attack{
		{"untouched", good, Verified},
		{"amount raised", edit(">100<", ">900<"), DigestMismatch},
		{"attribute changed", edit(`currency="TWD"`, `currency="USD"`), DigestMismatch},
		{"element renamed", edit("<Amount currency=\"TWD\">100</Amount>", "<Sum currency=\"TWD\">100</Sum>"), DigestMismatch},
		{"prefix rebound", edit("urn:wco:datamodel:WCO:DS:1", "urn:wco:datamodel:WCO:DS:2"), DigestMismatch},

		{"1 wrapped in a forged root", `<Declaration ID="evil">` + root + `</Declaration>`, ProfileViolation},
		{"1 wrapped in a forged root, the Signature moved up", `<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05">` + bare + signature + `</Declaration>`, DigestMismatch},
		{"1 a forged sibling before", evilDoc + root, MalformedXML},
		{"1 a forged sibling after", good + evilDoc, MalformedXML},
		{"2 original moved into Object", strings.Replace(evilDoc, "</Declaration>", strings.Replace(signature, "</Signature>", "<Object>"+bare+"</Object></Signature>", 1)+"</Declaration>", 1), ProfileViolation},
		{"2 Signature moved into a forged element", editSignature(signature, "<Forged>"+signature+"</Forged>"), ProfileViolation},
		{"2 Signature taken to a forged document", strings.Replace(evilDoc, "</Declaration>", signature+"</Declaration>", 1), DigestMismatch},
		{"3 original inside an extension", `<Declaration xmlns="urn:wco:datamodel:TW:N5203:R-00-05"><ID>AA  15A1299999</ID><Extensions>` + root + `</Extensions></Declaration>`, ProfileViolation},
		{"4 an Id added", edit("<Agent>", `<Agent ID="x">`), DigestMismatch},
		{"4 Reference to an Id", editSignature(`URI=""`, `URI="#x"`), ProfileViolation},
		{"5 Signature of another namespace", editSignature(dsigNS, ` xmlns="urn:evil:1"`), Unsigned},
		{"5 Signature's parts of another namespace", editSignature("<SignedInfo>", `<SignedInfo xmlns="urn:evil:1">`), ProfileViolation},
		{"5 a part's prefix rebound inside the Signature", editSignature("<SignatureMethod ", `<SignatureMethod xmlns="urn:evil:1" `), ProfileViolation},
		{"6 no Signature", strings.Replace(good, signature, "", 1), Unsigned},
		{"6 Signature twice", editSignature(signature, signature+signature), AmbiguousSignature},
		{"6 a decoy before", edit("<ID>AA", "<Signature"+dsigNS+"/><ID>AA"), AmbiguousSignature},
		{"6 a decoy deep inside", edit("<ID>A12", "<x><Signature"+dsigNS+"/></x><ID>A12"), AmbiguousSignature},
		{"6 a decoy inside the Signature", editSignature("</Signature>", "<Object>"+signature+"</Object></Signature>"), AmbiguousSignature},
		{"5 the prefix of a type rebound where exclusive canonicalisation does not look", replaceOnce(t, typed, "urn:p:1", "urn:p:2"), ProfileViolation},
		{"7 second SignedInfo before", editSignature("<SignedInfo>", info+"<SignedInfo>"), ProfileViolation},
		{"7 second SignedInfo after", editSignature("<SignatureValue>", info+"<SignatureValue>"), ProfileViolation},
		{"7 second SignedInfo last", editSignature("</Signature>", info+"</Signature>"), ProfileViolation},
		{"7 SignedInfo inside SignatureValue", editSignature("</SignatureValue>", info+"</SignatureValue>"), ProfileViolation},
		{"7 SignedInfo inside Object", editSignature("</Signature>", "<Object>"+info+"</Object></Signature>"), ProfileViolation},
		{"7 SignedInfo of another namespace", editSignature("<SignedInfo>", `<SignedInfo xmlns="urn:evil:1"/><SignedInfo>`), ProfileViolation},
		{"7 SignedInfo gone", editSignature(info, ""), ProfileViolation},
		{"7 SignatureValue gone", editSignature("<SignatureValue>"+value+"</SignatureValue>", ""), ProfileViolation},
		{"7 empty Signature", strings.Replace(good, signature, "<Signature"+dsigNS+"/>", 1), ProfileViolation},
		{"8 comment in DigestValue", editSignature("<DigestValue>", "<DigestValue>AAAA<!--x-->"), ProfileViolation},
		{"8 comment splits DigestValue", editSignature(digest, digest[:8]+"<!--x-->"+digest[8:]), ProfileViolation},
		{"8 instruction in DigestValue", editSignature(digest, digest[:8]+"<?x?>"+digest[8:]), ProfileViolation},
		{"8 CDATA in DigestValue", editSignature(digest, "<![CDATA["+digest+"]]>"), ProfileViolation},
		{"8 element in DigestValue", editSignature(digest, digest+"<x/>"), ProfileViolation},
		{"8 two DigestValues", editSignature("</DigestValue>", "</DigestValue><DigestValue>"+digest+"</DigestValue>"), ProfileViolation},
		{"8 comment between parts of SignedInfo", editSignature("<Reference ", "<!--x--><Reference "), ProfileViolation},
		{"8 comment in CanonicalizationMethod", editSignature("></CanonicalizationMethod>", "><!--x--></CanonicalizationMethod>"), ProfileViolation},
		{"8 empty CDATA in CanonicalizationMethod", editSignature("></CanonicalizationMethod>", "><![CDATA[]]></CanonicalizationMethod>"), ProfileViolation},
		{"8 comment in SignatureValue", editSignature(value, value[:8]+"<!--x-->"+value[8:]), ProfileViolation},
		{"9 comment splits a value", edit("15A1200001", "15A12<!---->00001"), ProfileViolation},
		{"9 comment before a value", edit("15A1200001", "<!---->15A1200001"), ProfileViolation},
		{"9 comment before a value that nobody looks for", edit(">100<", "><!---->100<"), ProfileViolation},
		{"9 comment behind a value", edit("15A1200001", "15A1200001<!---->"), ProfileViolation},
		{"9 two comments and a blank split a value", edit("15A1200001", "15A12<!--a--> <!--b-->00001"), ProfileViolation},
		{"9 comment and CDATA", edit("15A1200001", "<!--a--><![CDATA[15A1200001]]>"), ProfileViolation},
		{"10 relative namespace", edit("<Agent>", `<Agent xmlns:a="1">`), ProfileViolation},
		{"10 namespace that is no URI", edit("<Agent>", "<Agent xmlns:a=\"http://e\u0080\">"), ProfileViolation},
		{"10 digest of nothing", editSignature(digest, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), DigestMismatch},
		{"10 relative namespace and digest of nothing", replaceOnce(t, editSignature(digest, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), "<Agent>", `<Agent xmlns:a="rel/uri">`), ProfileViolation},
		{"12 zero transforms", editSignature(between(t, signature, "<Transforms>", "</Transforms>"), ""), ProfileViolation},
		{"15 SignatureMethod replaced", editSignature(uriRSA256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"), SignatureMismatch},
		{"16 attacker's certificate first", editSignature("<X509Data>", "<X509Data>"+x509Element(bob().cert.DER())), Verified},
		{"16 10,000 certificates", editSignature("<X509Data>", "<X509Data>"+strings.Repeat("<X509Certificate>AAAA</X509Certificate>", 10_000)), KeyInfoUnusable},
		{"18 signature of zeros", editSignature(value, base64.StdEncoding.EncodeToString(make([]byte, 256))), SignatureMismatch},
		{"18 signature shorter than the modulus", editSignature(value, base64.StdEncoding.EncodeToString(make([]byte, 255))), SignatureMismatch},
		{"18 signature longer than the modulus", editSignature(value, base64.StdEncoding.EncodeToString(append(make([]byte, 1), decode(t, value)...))), SignatureMismatch},
		{"18 signature and modulus added up", editSignature(value, base64.StdEncoding.EncodeToString(plusModulus(t, decode(t, value)))), SignatureMismatch},
		{"18 empty signature", editSignature(value, ""), ProfileViolation},
		{"19 pad bits not zero", editSignature(digest, nonZeroPad(digest)), ProfileViolation},
		{"19 no pad", editSignature(digest, strings.TrimRight(digest, "=")), ProfileViolation},
		{"19 more pad", editSignature(digest, digest+"="), ProfileViolation},
		{"19 something behind the pad", editSignature(digest, digest+"AAAA"), ProfileViolation},
		{"19 white space in SignatureValue", editSignature(value, " "+value[:8]+"\t\n"+value[8:]+"\r\n"), Verified},
		{"19 reference to CR in SignatureValue, as .NET writes it", editSignature(value, value[:8]+"&#xD;\n"+value[8:]), Verified},
		{"19 references for letters of SignatureValue", editSignature(value, "&#"+itoa(value[0])+";"+value[1:]), Verified},
		{"19 white space in DigestValue is signed", editSignature(digest, " "+digest), SignatureMismatch},
		{"19 NBSP in SignatureValue", editSignature(value, value[:8]+"\u00a0"+value[8:]), ProfileViolation},
		{"19 letters of the URL alphabet", editSignature(value, "-_"+value[2:]), ProfileViolation},
		{"19 SignatureValue of 10 MB", editSignature(value, strings.Repeat("A", 10<<20)), ProfileViolation},
		{"20 entities that expand", "<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>" + edit(">100<", ">&b;<")[strings.Index(good, "<?route"):], ForbiddenXML},
		{"20 document type", "<!DOCTYPE Declaration>" + root, ForbiddenXML},
		{"21 declared Big5", edit("UTF-8", "Big5"), ForbiddenXML},
		{"22 NUL", edit("15A", "15A\x00"), MalformedXML},
		{"23 LF became CRLF: the same", strings.ReplaceAll(good, "\n", "\r\n"), Verified},
		{"23 LF became CR: the same", strings.ReplaceAll(good, "\n", "\r"), Verified},
		{"23 LF became a reference to CR", edit("\n  <Agent>", "&#13;\n  <Agent>"), DigestMismatch},
		{"23 LF became NEL", edit("\n  <Agent>", "\u0085  <Agent>"), DigestMismatch},
		{"23 blank in a value became TAB: the same", edit("<Agent>", "<Agent\n\t>"), Verified},
		{"23 reference to LF in a value", edit(`ds:code="1"`, `ds:code="1&#10;"`), DigestMismatch},
		{"24 attribute twice", edit(`currency="TWD"`, `currency="TWD" currency="USD"`), MalformedXML},
		{"24 attribute twice by namespace", edit(`ds:code="1"`, `xmlns:d="urn:wco:datamodel:WCO:DS:1" ds:code="1" d:code="2"`), MalformedXML},
		{"25 deeper than the limit", edit("<Agent>", strings.Repeat("<a>", 1001)+strings.Repeat("</a>", 1001)+"<Agent>"), TooLarge},
		{"25 10^6 attributes", edit("<Agent>", "<Agent"+strings.Repeat(" a=''", 1_000_000)+">"), TooLarge},
		{"25 10^5 siblings", edit("<Agent>", strings.Repeat("<a/>", 100_000)+"<Agent>"), DigestMismatch},
		{"25 10^5 namespaces on one element", edit("<Agent>", strings.NewReplacer("<b", "", "/>", "").Replace("<Agent"+manyPrefixes(100_000))+">"), TooLarge},
		{"25 2,000 namespaces and many children", edit("<Agent>", strings.Replace(manyPrefixes(2000), "/>", ">", -1)+strings.Repeat("<p1:a/>", 20_000)+strings.Repeat("</b>", 2000)+"<Agent>"), TooLarge},
		{"25 more than 1,000 attributes of xml in scope", edit("<Agent>", manyXML(2, 501)+"</a></a><Agent>"), TooLarge},
		{"25 a replayed SignedInfo on a deep body", edit("<Agent>", strings.Repeat("<a>", 900)+strings.Repeat("<b/>", 20_000)+strings.Repeat("</a>", 900)+"<Agent>"), DigestMismatch},
		{"26 instruction before the root is signed", "<?evil?>" + root, DigestMismatch},
		{"26 instruction behind the root is signed", good + "<?evil?>", DigestMismatch},
		{"26 comments outside the root are not signed", edit("<?route AA?>", "<!--evil--><?route AA?><!--evil-->"), Verified},
		{"26 the instruction taken away", edit("<?route AA?>", ""), DigestMismatch},
		{"26 Object in the Signature", editSignature("</Signature>", "<Object>1</Object></Signature>"), ProfileViolation},
		{"26 the message's elements in KeyInfo", editSignature("<KeyInfo>", `<KeyInfo><Agent xmlns="urn:wco:datamodel:TW:N5203:R-00-05"><ID>Z99</ID></Agent>`), ProfileViolation},
		{"26 the message's elements in X509Data", editSignature("<X509Data>", `<X509Data><ID xmlns="">Z99</ID>`), ProfileViolation},
		{"26 the message's elements deep in KeyInfo", editSignature("<KeyInfo>", `<KeyInfo><KeyValue><ds:ID xmlns:ds="urn:wco:datamodel:WCO:DS:1">Z99</ds:ID></KeyValue>`), ProfileViolation},
		{"26 the message's names in KeyInfo", editSignature("<KeyInfo>", `<KeyInfo><Agent><ID>Z99</ID></Agent>`), ProfileViolation},
		{"26 text in the Signature", editSignature("<KeyInfo>", "x<KeyInfo>"), ProfileViolation},
		{"26 unknown attribute on Signature", editSignature("<Signature ", `<Signature evil="1" `), ProfileViolation},
		{"26 unknown attribute on SignatureValue", editSignature("<SignatureValue>", `<SignatureValue xml:lang="zh">`), ProfileViolation},
		{"26 trailing bytes", good + "x", MalformedXML},
		{"26 trailing NUL", good + "\x00", MalformedXML},
		{"28 two colons before an attribute", edit("<Agent>", `<Agent ::attr="1">`), MalformedXML},
		{"28 directive around a comment", "<!-<!--x-->-!y>" + root, MalformedXML},
		{"KeyInfo is not signed, and gone it leaves all the sender's", editSignature(keyInfo, ""), Verified},
		{"certificate not base64", editSignature(certificate, certificate+"!"), KeyInfoUnusable},
		{"certificate no DER", editSignature(certificate, "AAAA"), KeyInfoUnusable},
		{"certificate empty", editSignature(certificate, ""), KeyInfoUnusable},
	}
}

// TestReplays: who sends a message counts, not who signed it, and the same content has the
// same digest whatever its Signature's text (16, 27).
func TestReplays(t *testing.T) {
	e := newEngine(t, "cpt")
	good := sign(t, sample, form{})
	t.Run("16 certificate of another tenant", func(t *testing.T) {
		sender := registered(bob())
		sender.Elsewhere = []Fingerprint{alice().cert.Fingerprint()}
		want(t, judge(e, good, sender), SenderMismatch)
	})
	t.Run("27 a message of one sender sent by another", func(t *testing.T) {
		want(t, judge(e, good, registered(bob())), UnregisteredCertificate)
	})
	t.Run("27 the same message twice has the same digest, whatever its SignatureValue's text", func(t *testing.T) {
		first, _ := judge(e, good, registered(alice())).SignedSHA256()
		spelt := replaceOnce(t, good, "<SignatureValue>", "<SignatureValue> ")
		second, ok := judge(e, spelt, registered(alice())).SignedSHA256()
		if first != second || !ok {
			t.Errorf("%x and %x", first, second)
		}
	})
}

// attacksByASigner are what a key that is registered signed, but must not be accepted:
// what it says is ambiguous, weak or not of the profile.
func attacksByASigner(t testing.TB) (all []attack) {
	swap := func(old, new string) form {
		return form{info: func(info string) string {
			if !strings.Contains(info, old) {
				panic("SignedInfo holds no " + old)
			}
			return strings.Replace(info, old, new, 1)
		}}
	}
	const (
		enveloped = `<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></Transform>`
		c14n10    = `<Transform Algorithm="` + uriC14N10 + `"></Transform>`
	)
	method := func(uri string) form { return swap(`Method Algorithm="`+uriC14N10, `Method Algorithm="`+uri) }
	signature := func(uri string) form { return swap(uriRSA256, uri) }
	reference := func(f func(string) string) form {
		return form{info: func(info string) string {
			i, j := strings.Index(info, "<Reference "), strings.Index(info, "</Reference>")+len("</Reference>")
			return info[:i] + f(info[i:j]) + info[j:]
		}}
	}
	public := alice().key.Public().(*rsa.PublicKey)
	tests := []struct {
		name string
		form form
		want Reason
	}{
		{"8 two DigestMethods", swap("<DigestMethod", `<DigestMethod Algorithm="`+uriSHA256+`"/><DigestMethod`), ProfileViolation},
		{"8 unknown element in SignedInfo", swap("</SignedInfo>", "<x/></SignedInfo>"), ProfileViolation},
		{"8 text in SignedInfo", swap("<Reference", "x<Reference"), ProfileViolation},
		{"8 unknown attribute on Reference", swap("<Reference ", `<Reference evil="1" `), ProfileViolation},
		{"8 an attribute of another namespace", swap(`<Reference URI=""`, `<Reference xmlns:x="urn:x:1" x:URI=""`), ProfileViolation},
		{"11 with comments", method(uriC14N10 + "#WithComments"), ProfileViolation},
		{"11 custom URI", method("urn:c14n:1"), ProfileViolation},
		{"11 missing", swap("<CanonicalizationMethod Algorithm=\""+uriC14N10+"\"></CanonicalizationMethod>", ""), ProfileViolation},
		{"11 two of them", swap("<SignatureMethod", `<CanonicalizationMethod Algorithm="`+uriExc+`"/><SignatureMethod`), ProfileViolation},
		{"11 no Algorithm", swap(`Method Algorithm="`+uriC14N10+`"`, "Method"), ProfileViolation},
		{"11 PrefixList of an inclusive method", swap("</CanonicalizationMethod>", `<InclusiveNamespaces xmlns="`+uriExc+`" PrefixList="ds"/></CanonicalizationMethod>`), ProfileViolation},
		{"12 XSLT", swap(enveloped, enveloped+`<Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform"/></Transform>`), ProfileViolation},
		{"12 XPath", swap(enveloped, enveloped+`<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><XPath>0</XPath></Transform>`), ProfileViolation},
		{"12 XPath filter 2", swap(enveloped, enveloped+`<Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"/>`), ProfileViolation},
		{"12 base64", swap(enveloped, enveloped+`<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>`), ProfileViolation},
		{"12 decrypt", swap(enveloped, enveloped+`<Transform Algorithm="http://www.w3.org/2002/07/decrypt#XML"/>`), ProfileViolation},
		{"12 enveloped twice", swap(enveloped, enveloped+enveloped), ProfileViolation},
		{"12 canonicalisation before enveloped", swap(enveloped, c14n10+enveloped), ProfileViolation},
		{"12 canonicalisation twice", swap(enveloped, enveloped+c14n10+c14n10), ProfileViolation},
		{"12 canonicalisation only", swap(enveloped, c14n10), ProfileViolation},
		{"12 1,000 transforms", swap(enveloped, enveloped+strings.Repeat(c14n10, 1000)), ProfileViolation},
		{"12 no Transforms", swap("<Transforms>"+enveloped+"</Transforms>", ""), ProfileViolation},
		{"12 empty Transforms", swap(enveloped, ""), ProfileViolation},
		{"12 transform with comments", swap(enveloped, enveloped+`<Transform Algorithm="`+uriC14N10+`#WithComments"/>`), ProfileViolation},
		{"13 no Reference", reference(func(string) string { return "" }), ProfileViolation},
		{"13 two References", reference(func(r string) string { return r + r }), ProfileViolation},
		{"13 300 References", reference(func(r string) string { return strings.Repeat(r, 300) }), ProfileViolation},
		{"13 no URI", swap(` URI=""`, ""), ProfileViolation},
		{"13 URI #", swap(`URI=""`, `URI="#"`), ProfileViolation},
		{"13 URI of another Id", swap(`URI=""`, `URI="#other"`), ProfileViolation},
		{"13 URI x", swap(`URI=""`, `URI="x"`), ProfileViolation},
		{"13 URI a blank", swap(`URI=""`, `URI=" "`), ProfileViolation},
		{"13 XPointer to the root", swap(`URI=""`, `URI="#xpointer(/)"`), ProfileViolation},
		{"13 XPointer to an Id", swap(`URI=""`, `URI="#xpointer(id('a'))"`), ProfileViolation},
		{"13 http", swap(`URI=""`, `URI="http://169.254.169.254/"`), ProfileViolation},
		{"13 file", swap(`URI=""`, `URI="file:///etc/passwd"`), ProfileViolation},
		{"13 Manifest", swap(`URI=""`, `URI="" Type="http://www.w3.org/2000/09/xmldsig#Manifest"`), ProfileViolation},
		{"13 Object", swap(`URI=""`, `URI="" Type="http://www.w3.org/2000/09/xmldsig#Object"`), ProfileViolation},
		{"14 HMAC-SHA1", signature("http://www.w3.org/2000/09/xmldsig#hmac-sha1"), ProfileViolation},
		{"14 HMAC-SHA256", signature("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"), ProfileViolation},
		{"14 HMACOutputLength of 0", swap("</SignatureMethod>", "<HMACOutputLength>0</HMACOutputLength></SignatureMethod>"), ProfileViolation},
		{"14 HMACOutputLength of 8", swap("</SignatureMethod>", "<HMACOutputLength>8</HMACOutputLength></SignatureMethod>"), ProfileViolation},
		{"15 RSA-SHA1", form{algorithm: uriRSASHA1, digest: uriSHA1}, WeakAlgorithm},
		{"15 SHA-1 digest with RSA-SHA256", form{digest: uriSHA1}, WeakAlgorithm},
		{"15 RSA-MD5", signature("http://www.w3.org/2001/04/xmldsig-more#rsa-md5"), WeakAlgorithm},
		{"15 DSA", signature("http://www.w3.org/2000/09/xmldsig#dsa-sha1"), WeakAlgorithm},
		{"15 ECDSA", signature("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"), ProfileViolation},
		{"15 PSS", form{algorithm: "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"}, ProfileViolation},
		{"15 trailing blank", signature(uriRSA256 + " "), ProfileViolation},
		{"15 other case", signature(strings.ToUpper(uriRSA256)), ProfileViolation},
		{"15 digest's trailing blank", swap(uriSHA256, uriSHA256+" "), ProfileViolation},
		{"16 RSAKeyValue", form{by: ptr(bob()), keyInfo: "<KeyValue><RSAKeyValue><Modulus>" + base64.StdEncoding.EncodeToString(public.N.Bytes()) + "</Modulus><Exponent>AQAB</Exponent></RSAKeyValue></KeyValue>"}, SignatureMismatch},
		{"16 attacker's own certificate", form{by: ptr(bob())}, UnregisteredCertificate},
		{"16 attacker's signature with the sender's certificate", form{by: ptr(bob()), keyInfo: "<X509Data>" + x509Element(alice().cert.DER()) + "</X509Data>"}, SignatureMismatch},
		{"16 RetrievalMethod", form{by: ptr(bob()), keyInfo: `<RetrievalMethod URI="http://attacker.example/cert"/>`}, SignatureMismatch},
		{"16 KeyInfoReference", form{by: ptr(bob()), keyInfo: `<KeyInfoReference xmlns="http://www.w3.org/2009/xmldsig11#" URI="http://attacker.example/cert"/>`}, SignatureMismatch},
		{"16 certificate as PEM", form{keyInfo: "<X509Data><X509Certificate>" + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: alice().cert.DER()})) + "</X509Certificate></X509Data>"}, KeyInfoUnusable},
		{"19 DigestValue of another length", form{info: func(info string) string {
			return strings.Replace(info, "<DigestValue>", "<DigestValue>AAAA", 1)
		}}, ProfileViolation},
		{"SignedInfo of 64 KiB and more", swap("<Reference ", strings.Repeat(" ", 65<<10)+"<Reference "), ProfileViolation},
	}
	for _, tt := range tests {
		all = append(all, attack{tt.name, sign(t, sample, tt.form), tt.want})
	}
	return all
}

// attacksBySomebodyElse are documents that no key signed which the sender registered.
func attacksBySomebodyElse(t testing.TB) []attack {
	short := newPerson(30, rsaKey(1024), now.AddDate(0, -1, 0), now.AddDate(0, 1, 0))
	hmac256 := sign(t, sample, form{keyInfo: "-", info: func(info string) string {
		return replaceOnce(t, info, uriRSA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
	}})
	secret := func(key []byte) string {
		mac := hmac.New(sha256.New, key)
		mac.Write(canonicalInfo(t, hmac256, c14n.Options{}))
		value := between(t, hmac256, "<SignatureValue>", "</SignatureValue>")
		return replaceOnce(t, hmac256, value, "<SignatureValue>"+encode(mac.Sum(nil))+"</SignatureValue>")
	}
	cert := alice().cert
	return []attack{
		{"14 HMAC keyed with the certificate", secret(cert.DER()), ProfileViolation},
		{"14 HMAC keyed with the public key", secret(cert.X509().RawSubjectPublicKeyInfo), ProfileViolation},
		{"14 HMAC keyed with the modulus", secret(cert.PublicKey().N.Bytes()), ProfileViolation},
		{"14 HMAC keyed with the certificate as PEM", secret(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.DER()})), ProfileViolation},
		{"17 a key of 1024 bits", sign(t, sample, form{by: &short}), UnregisteredCertificate},
		{"17 a key of 1024 bits in the name of the sender's", sign(t, sample, form{by: &short, keyInfo: "-"}), SignatureMismatch},
		{"27 another's message", sign(t, sample, form{by: ptr(bob())}), UnregisteredCertificate},
		{"29 a bit of the content flipped", replaceOnce(t, sign(t, sample, form{}), ">100<", ">101<"), DigestMismatch},
		{"29 a bit of SignedInfo flipped", replaceOnce(t, sign(t, sample, form{}), "<Reference URI", "<Reference URi"), ProfileViolation},
	}
}

// TestManyReferences: the wider profile takes several References, not any number (13).
func TestManyReferences(t *testing.T) {
	many := sign(t, sample, form{info: func(info string) string {
		reference := between(t, info, "<Reference ", "</Reference>")
		return strings.Replace(info, reference, strings.Repeat(reference, 5000), 1)
	}})
	want(t, judge(newEngine(t, "interop"), many, registered(alice())), ProfileViolation)
}

// TestWeakKeys: what the registry should never have let in does not verify (17).
func TestWeakKeys(t *testing.T) {
	from, until := now.AddDate(0, -1, 0), now.AddDate(0, 1, 0)
	t.Run("17 an exponent of 3", func(t *testing.T) {
		public := &rsa.PublicKey{N: alice().key.Public().(*rsa.PublicKey).N, E: 3}
		if why := keyWeakness(public); why == "" {
			t.Error("accepted")
		}
	})
	odd := func(bits uint) *big.Int { return new(big.Int).SetBit(big.NewInt(1), int(bits-1), 1) }
	for name, key := range map[string]*rsa.PublicKey{
		"512 bits": {N: odd(512), E: 65537}, "2047 bits": {N: odd(2047), E: 65537}, "4097 bits": {N: odd(4097), E: 65537},
		"16384 bits": {N: odd(16384), E: 65537}, "even modulus": {N: new(big.Int).SetBit(new(big.Int), 2047, 1), E: 65537},
		"exponent 1": {N: odd(2048), E: 1}, "exponent 2": {N: odd(2048), E: 2}, "exponent 65536": {N: odd(2048), E: 65536},
		"exponent 2^31": {N: odd(2048), E: 1 << 31}, "exponent 2^31+1": {N: odd(2048), E: 1<<31 + 1},
	} {
		if keyWeakness(key) == "" {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, key := range map[string]*rsa.PublicKey{"2048 bits": {N: odd(2048), E: 65537}, "4096 bits": {N: odd(4096), E: 1<<31 - 1}} {
		if why := keyWeakness(key); why != "" {
			t.Errorf("%s: %s", name, why)
		}
	}
	t.Run("17 1024 bits", func(t *testing.T) {
		short := newPerson(30, rsaKey(1024), from, until)
		signed := sign(t, sample, form{by: &short})
		want(t, judge(newEngine(t, "cpt"), signed, registered(short)), WeakAlgorithm)
		want(t, judge(newEngine(t, "interop"), signed, registered(short)), WeakAlgorithm)
	})
	t.Run("17 expired and not yet valid", func(t *testing.T) {
		want(t, judge(newEngine(t, "cpt"), sign(t, sample, form{by: ptr(carol())}), registered(carol())), CertificateExpired)
		early := newPerson(31, alice().key, now.Add(time.Second), until)
		want(t, judge(newEngine(t, "cpt"), sign(t, sample, form{by: &early}), registered(early)), CertificateNotYetValid)
	})
}

// TestEveryBitFlipped sweeps a signed document: each flip must be refused, or leave the
// signed octets as they were (29).
func TestEveryBitFlipped(t *testing.T) {
	e := newEngine(t, "cpt")
	for name, f := range map[string]form{"inclusive": {}, "exclusive": {method: uriExc, transform: uriExc}} {
		t.Run(name, func(t *testing.T) {
			good := []byte(sign(t, sample, f))
			original := judge(e, string(good), registered(alice())).SignedBytes()
			accepted := 0
			for i := range good {
				for bit := range 8 {
					changed := append([]byte(nil), good...)
					changed[i] ^= 1 << bit
					v := e.Read(changed).Judge(registered(alice()), Moment{Received: now, Decided: now})
					if !v.Verified() {
						continue
					}
					accepted++
					if string(v.SignedBytes()) != string(original) {
						t.Fatalf("bit %d of byte %d flipped: verified with other octets:\n%s", bit, i, v.SignedBytes())
					}
				}
			}
			t.Logf("%d of %d flips leave the signed octets as they were", accepted, 8*len(good))
		})
	}
}

// manyXML opens elements with so many different attributes of the xml namespace each.
func manyXML(elements, attributes int) string {
	var b strings.Builder
	for i := range elements {
		b.WriteString("<a")
		for j := range attributes {
			fmt.Fprintf(&b, ` xml:a%d=""`, i*attributes+j)
		}
		b.WriteString(">")
	}
	return b.String()
}

func ptr(p person) *person { return &p }

func itoa(c byte) string { return big.NewInt(int64(c)).String() }

func decode(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// plusModulus returns a value that is the same modulo alice's modulus.
func plusModulus(t testing.TB, value []byte) []byte {
	t.Helper()
	n := alice().key.Public().(*rsa.PublicKey).N
	return new(big.Int).Add(new(big.Int).SetBytes(value), n).Bytes()
}

// nonZeroPad sets an unused bit in front of the padding.
func nonZeroPad(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	i := strings.IndexByte(s, '=') - 1
	return s[:i] + string(alphabet[strings.IndexByte(alphabet, s[i])|1]) + s[i+1:]
}
