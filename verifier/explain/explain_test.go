package explain_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/c14n"
	. "turnkey-gateway/verifier/explain"
	"turnkey-gateway/verifier/signer"
	"turnkey-gateway/verifier/verifiertest"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

var pki = sync.OnceValues(func() (*verifiertest.PKI, error) { return verifiertest.NewPKI(1, now) })

// broker is a holder of sample key number n.
func broker(t testing.TB, n int) *verifiertest.Identity {
	t.Helper()
	authorities, err := pki()
	if err != nil {
		t.Fatal(err)
	}
	id, err := authorities.Customs.Issue(verifiertest.CustomsHolder{BusinessID: "97162640", Ordinal: n},
		verifiertest.Terms{NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 6, 0), Key: verifiertest.Key(n)})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// explained judges a document as the gateway does, and explains it.
func explained(t testing.TB, profile, doc string, at time.Time, certs ...*verifier.Certificate) *Explanation {
	t.Helper()
	p, err := verifier.ProfileNamed(profile)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := verifier.New(verifier.Config{Profile: p})
	if err != nil {
		t.Fatal(err)
	}
	sender := verifier.Sender{Party: "P-1"}
	for _, c := range certs {
		sender.Registrations = append(sender.Registrations, verifier.Registration{Certificate: c, State: verifier.InForce})
	}
	v := engine.Read([]byte(doc)).Judge(sender, verifier.Moment{Received: at, Decided: at})
	e := Explain([]byte(doc), v, certs)
	checkLaws(t, e)
	return e
}

// maxSize bounds an explanation as JSON, in bytes.
const maxSize = 128 << 10

// checkLaws checks what holds of every explanation.
func checkLaws(t testing.TB, e *Explanation) {
	t.Helper()
	object, err := json.Marshal(e)
	if err != nil || len(object) > maxSize {
		t.Errorf("%d bytes, %v", len(object), err)
	}
	eachText(reflect.ValueOf(e), func(s string) {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("a text holds what can't be seen: %q", s)
		}
	})
	for _, s := range e.Steps {
		if s.Code == "" || s.Title.English == "" || s.Title.Chinese == "" || s.Outcome == "" || len(s.Lines) == 0 {
			t.Errorf("step %+v lacks something", s)
		}
		for _, l := range s.Lines {
			if l.Label.English == "" || l.Label.Chinese == "" || l.Outcome == "" || l.Value.English == "" || l.Value.Chinese == "" {
				t.Errorf("line %+v lacks something", l)
			}
		}
	}
	if len(e.Steps) == 0 || e.Verified != (len(e.ToDo) == 0) && e.Reason != "UNJUDGED" {
		t.Errorf("%d steps, to do: %v", len(e.Steps), e.ToDo)
	}
}

// eachText calls do with every exported string in v.
func eachText(v reflect.Value, do func(string)) {
	switch v.Kind() {
	case reflect.String:
		do(v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			eachText(v.Elem(), do)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachText(v.Index(i), do)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachText(v.Field(i), do)
			}
		}
	}
}

// in is all that an explanation says in a language.
func in(e *Explanation, l Language) string {
	var b strings.Builder
	for _, s := range e.Steps {
		fmt.Fprintf(&b, "%s [%s] %s\n", s.Title.In(l), s.Code, s.Outcome)
		for _, f := range s.Lines {
			fmt.Fprintf(&b, "  %s: %s (%s)\n", f.Label.In(l), f.Value.In(l), f.Outcome)
			if x := f.Excerpt; x != nil {
				fmt.Fprintf(&b, "    %s %d %s ... %s\n", x.Name, x.Bytes, x.Head, x.Tail)
			}
		}
	}
	fmt.Fprintf(&b, "%s: %s\n", e.Reason, e.Words.Meaning.In(l))
	for _, d := range e.Details {
		fmt.Fprintf(&b, "  %s: %s (%s)\n", d.Label.In(l), d.Value.In(l), d.Outcome)
	}
	for _, d := range e.ToDo {
		fmt.Fprintf(&b, "-> %s\n", d.In(l))
	}
	return b.String()
}

// outcome returns that of the first step of a kind.
func outcome(e *Explanation, code StepCode) Outcome {
	for _, s := range e.Steps {
		if s.Code == code {
			return s.Outcome
		}
	}
	return ""
}

func signed(t testing.TB, id *verifiertest.Identity, doc string) string {
	t.Helper()
	return string(verifiertest.Sign(t, id, []byte(doc)))
}

func replace(t *testing.T, s string, pairs ...string) string {
	t.Helper()
	out := strings.NewReplacer(pairs...).Replace(s)
	if out == s {
		t.Fatalf("nothing to replace by %q", pairs)
	}
	return out
}

func TestExplainVerified(t *testing.T) {
	id := broker(t, 0)
	e := explained(t, "cpt", signed(t, id, string(verifiertest.Declaration("ABC", 7))), now, id.Parsed(t))
	if !e.Verified || e.Reason != "VERIFIED" || len(e.ToDo) != 0 || len(e.Details) != 0 {
		t.Errorf("%s", in(e, English))
	}
	for code, want := range map[StepCode]Outcome{StepDocument: Neutral, StepSignature: Neutral, StepReference: Good, StepSignedInfo: Good, StepCertificate: Good} {
		if got := outcome(e, code); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
}

func TestExplainEachFault(t *testing.T) {
	alice, bob := broker(t, 0), broker(t, 1)
	plain := string(verifiertest.Declaration("ABC", 7))
	good := signed(t, alice, plain)
	two := signed(t, alice, replace(t, plain, "不鏽鋼螺栓", "不鏽鋼  螺栓"))
	compact := signed(t, alice, replace(t, plain, "\n      <", "<", "\n    <", "<", "\n  <", "<", "\n</", "</"))
	crlf := signed(t, alice, strings.ReplaceAll(strings.TrimSpace(plain[strings.Index(plain, "<Declaration"):]), "\n", "&#13;\n"))
	latin1 := func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			b.WriteRune(rune(s[i]))
		}
		return b.String()
	}
	exclusive, err := alice.Signer(signer.Options{Method: signer.Exclusive})
	if err != nil {
		t.Fatal(err)
	}
	lying, err := exclusive.Sign([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, doc        string
		signer           *verifiertest.Identity
		at               time.Time
		reason           verifier.Reason
		bad              StepCode
		english, chinese []string
	}{
		{"one lost blank", replace(t, good, "AA  15", "AA 15"), alice, now, verifier.DigestMismatch, StepReference,
			[]string{"likely cause: Blanks collapsed", "line 4, column 9, in /Declaration/ID", `was signed: "AA  15ABC00007"`, `received: "AA 15ABC00007"`, "no other canonicalisation", "Switch off"},
			[]string{"可能原因: 簽章後連續空白被合併", "第 4 行第 9 字，位於 /Declaration/ID", "簽章時: ", "收到時: ", "其他正規化方式也不符", "請關閉"}},
		{"two lost blanks", replace(t, two, "AA  15", "AA 15", "鋼  螺", "鋼 螺"), alice, now, verifier.DigestMismatch, StepReference,
			[]string{"in /Declaration/ID", "line 9, column 35, in /Declaration/GoodsShipment/GovernmentAgencyGoodsItem/Description", `"不鏽鋼  螺栓"`},
			[]string{"簽章後連續空白被合併", "第 9 行第 35 字，位於 /Declaration/GoodsShipment/GovernmentAgencyGoodsItem/Description"}},
		{"indented", replace(t, compact, "<ID>AA", "\n  <ID>AA", "<TypeCode>", "\n  <TypeCode>", "<Agent>", "\n  <Agent>"), alice, now, verifier.DigestMismatch, StepReference,
			[]string{"Re-indented after signing", "line 2", "before signing, never after it"}, []string{"簽章後被重新排版", "第 2 行"}},
		{"line ends", replace(t, crlf, "&#13;\n", "\r\n"), alice, now, verifier.DigestMismatch, StepReference,
			[]string{"Line ends changed after signing", "line 1, column", "no text mode of FTP"}, []string{"簽章後換行字元被更動", "第 1 行", "請以二進位方式傳送"}},
		{"Latin-1", latin1(good), alice, now, verifier.DigestMismatch, StepReference, []string{"UTF-8 was taken for Latin-1", "line 9"}, []string{"誤認為 Latin-1", "第 9 行"}},
		{"space around the Signature", replace(t, good, "<Signature ", "\n\n <Signature ", "</Signature>", "</Signature>\n"), alice, now, verifier.DigestMismatch, StepReference,
			[]string{"White space put around the Signature", "in /Declaration/Signature"}, []string{"Signature 元素前後加入空白"}},
		{"another form than said", replace(t, string(lying), `Transform Algorithm="`+c14n.Exclusive.URI(false), `Transform Algorithm="`+c14n.Inclusive10.URI(false)), alice, now, verifier.DigestMismatch, StepReference,
			[]string{"the digest of the form by exc", "DIFFERENT: this key signed"}, []string{"此摘要是以 exc 正規化", "不同：確為此金鑰所簽"}},
		{"changed", replace(t, good, ">100<", ">900<"), alice, now, verifier.DigestMismatch, StepReference,
			[]string{"DIFFERENT: the content", "no other canonicalisation", "digest signed"}, []string{"不同：內容", "內容本身已被更動", "簽章時摘要"}},
		{"wrong certificate", good, bob, now, verifier.UnregisteredCertificate, StepCertificate,
			[]string{"does not open with this certificate's key", "the key of the certificate in the message signed this", "NOT among those registered", "has not registered the certificate", "in force, until"},
			[]string{"無法以此憑證的金鑰解開", "由報文所附憑證的金鑰所簽", "不在已登錄的憑證之中", "未登錄 KeyInfo 所載的憑證", "生效中，有效至"}},
		{"expired", good, alice, now.AddDate(1, 0, 0), verifier.CertificateExpired, StepCertificate, []string{"the certificate expired at", "state: The certificate"}, []string{"憑證已於", "狀態: 收到報文時"}},
		{"SignedInfo changed", replace(t, good, `<SignedInfo>`, `<SignedInfo Id="x">`), alice, now, verifier.SignatureMismatch, StepSignedInfo,
			[]string{"DIFFERENT: this key signed, but SignedInfo was changed"}, []string{"SignedInfo 事後被更動"}},
		{"not signed", plain, alice, now, verifier.Unsigned, StepSignature, []string{"no Signature in"}, []string{"文件中沒有屬於"}},
		{"signed twice", replace(t, good, "</Declaration>", `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></Declaration>`), alice, now, verifier.AmbiguousSignature, StepSignature,
			[]string{"2 Signature elements", "more than one Signature"}, []string{"有 2 個 Signature 元素", "文件有一個以上的 Signature"}},
		{"malformed", replace(t, good, "</Agent>", "</Agnet>"), alice, now, verifier.MalformedXML, StepDocument,
			[]string{"an end tag for <Agent> is expected here at byte", "line 6, column 50", `from there: "</Agnet>\n`},
			[]string{"此處應為 <Agent> 的結束標籤（第", "第 6 行第 50 字", `由此開始: "</Agnet>\n`}},
		{"cut off", good[:len(good)-200], alice, now, verifier.MalformedXML, StepDocument, []string{"the document ends inside"}, []string{"文件在", "文件在此結束"}},
		{"DTD", "<!DOCTYPE a><a/>", alice, now, verifier.ForbiddenXML, StepDocument, []string{"document type declaration"}, []string{"不允許文件類型宣告"}},
		{"empty", "", alice, now, verifier.MalformedXML, StepDocument, []string{"has no root element"}, []string{"文件沒有根元素"}},
		{"another transform", replace(t, good, "#enveloped-signature", "#base64"), alice, now, verifier.ProfileViolation, StepReference, []string{"not supported", "is not accepted"}, []string{"不支援此轉換", "不接受"}},
		{"another Reference", replace(t, good, `URI=""`, `URI="#x"`), alice, now, verifier.ProfileViolation, StepReference, []string{"no element of this document"}, []string{"文件中沒有元素具有該 Id"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := explained(t, "cpt", tt.doc, tt.at, tt.signer.Parsed(t))
			if e.Reason != tt.reason.String() || tt.bad != "" && outcome(e, tt.bad) != Bad {
				t.Fatalf("%s, %s is %s; want %v\n%s", e.Reason, tt.bad, outcome(e, tt.bad), tt.reason, in(e, English))
			}
			for l, words := range map[Language][]string{English: tt.english, Chinese: tt.chinese} {
				text := in(e, l)
				for _, w := range words {
					if !strings.Contains(text, w) {
						t.Errorf("%q is not said in\n%s", w, text)
					}
				}
			}
		})
	}
}

// TestExcerptsAreTheDigestedBytes: what is dumped is what the excerpt is of.
func TestExcerptsAreTheDigestedBytes(t *testing.T) {
	id := broker(t, 0)
	doc := signed(t, id, string(verifiertest.Declaration("ABC", 7)))
	e := explained(t, "cpt", doc, now, id.Parsed(t))
	canonical, err := c14n.CanonicalizeUnsigned([]byte(doc), c14n.Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]byte{}
	for _, s := range e.Steps {
		for _, l := range s.Lines {
			if x := l.Excerpt; x != nil {
				var b bytes.Buffer
				if n, err := x.WriteTo(&b); err != nil || int(n) != x.Bytes || b.Len() != x.Bytes {
					t.Errorf("%s: wrote %d of %d bytes, %v", x.Name, n, x.Bytes, err)
				}
				names[x.Name] = b.Bytes()
			}
		}
	}
	if !bytes.Equal(names["reference-1.xml"], canonical) || !bytes.HasPrefix(names["signedinfo.xml"], []byte("<SignedInfo ")) || len(names) != 2 {
		t.Errorf("%q", names)
	}
}

// TestExplainByID holds a reference by Id, without its Signature, to what the verifier digests.
func TestExplainByID(t *testing.T) {
	id := broker(t, 0)
	doc := replace(t, signed(t, id, string(verifiertest.Declaration("ABC", 7))), "<Declaration ", `<Declaration Id="d" `, `URI=""`, `URI="#d"`)
	e := explained(t, "interop", doc, now, id.Parsed(t))
	text := in(e, English)
	found := ""
	for _, d := range e.Details {
		if d.Label.English == "digest found" {
			found = strings.TrimPrefix(d.Value.English, "sha256 ")
		}
	}
	if found == "" || !strings.Contains(text, "digest found: SHA-256 "+found) {
		t.Errorf("the verifier found %q:\n%s", found, text)
	}
}

func TestExplainWithoutCertificatesOrVerdict(t *testing.T) {
	doc := []byte(signed(t, broker(t, 0), string(verifiertest.Declaration("ABC", 7))))
	for _, d := range [][]byte{nil, []byte("<a/>"), doc} {
		e := Explain(d, verifier.Verdict{}, []*verifier.Certificate{nil})
		checkLaws(t, e)
		if e.Verified {
			t.Error("verified without a verdict")
		}
	}
}

// TestExplainIsBounded holds what a hostile document may cost.
func TestExplainIsBounded(t *testing.T) {
	cert := broker(t, 0).Parsed(t)
	const open, end = `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>` +
		`<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>`, `</SignedInfo></Signature>`
	reference := func(uri, transform string) string {
		return `<Reference URI="` + uri + `"><Transforms>` + transform + `</Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>AAAA</DigestValue></Reference>`
	}
	exclusive := `<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>`
	var spaces strings.Builder
	for i := range 900 {
		fmt.Fprintf(&spaces, ` xmlns:p%d="urn:x:%d"`, i, i)
	}
	repeat := strings.Repeat
	for name, doc := range map[string]string{
		"many references":     "<a>" + open + repeat(reference("", exclusive), 300) + end + "</a>",
		"many transforms":     "<a>" + open + reference("", repeat(exclusive, 2000)) + end + "</a>",
		"many Ids":            "<a" + spaces.String() + ">" + repeat(`<b Id="x"/>`, 8000) + open + repeat(reference("#y", exclusive), 8) + end + "</a>",
		"many Signatures":     "<a>" + repeat(open+end, 300) + "</a>",
		"nested Signatures":   repeat(open, 200) + repeat(end, 200),
		"deep":                "<a>" + open + repeat("<x>", 900) + repeat("<y/>", 9000) + repeat("</x>", 900) + end + "</a>",
		"expanding":           `<a xmlns:p="urn:` + repeat("x", 1000) + `">` + repeat("<p:b/>", 16000) + open + repeat(reference("", exclusive), 8) + end + "</a>",
		"a text in pieces":    "<a>" + strings.Replace(open, "<SignedInfo>", "<SignatureValue>"+repeat("A<!---->", 14000)+"</SignatureValue><SignedInfo>", 1) + end + "</a>",
		"long names":          repeat("<"+repeat("a", 1000)+">", 60) + "&",
		"long identifiers":    "<a>" + open + repeat(reference("#"+repeat("\u202e", 10000), `<Transform Algorithm="`+repeat("報", 1000)+`"/>`), 3) + end + "</a>",
		"what can't be seen":  "<a \u200b\u202e\x00",
		"invalid UTF-8":       "<a>\xff\xfe</a>",
		"many certificates":   "<a>" + strings.Replace(open, "<SignedInfo>", "<KeyInfo><X509Data>"+repeat("<X509Certificate>AAAA</X509Certificate>", 2000)+"</X509Data></KeyInfo><SignedInfo>", 1) + end + "</a>",
		"a long PrefixList":   "<a" + spaces.String() + ">" + open + reference("", strings.Replace(exclusive, "/>", `><InclusiveNamespaces xmlns="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="`+repeat("p ", 30000)+`"/></Transform>`, 1)) + end + "</a>",
		"a comment in tokens": "<a>" + open + "<SignatureValue><![CDATA[A]]></SignatureValue>" + end + "</a>",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			explained(t, "interop", doc, now, cert)
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > 100<<20 || took > 10*time.Second {
				t.Errorf("%d bytes took %v and %d MiB", len(doc), took, got>>20)
			}
		})
	}
}

// FuzzExplain: whatever a document is, its explanation is short, can be read, is the same
// each time, and agrees with the verdict.
func FuzzExplain(f *testing.F) {
	id := keptBroker(f)
	good := signed(f, id, string(verifiertest.Declaration("ABC", 7)))
	f.Add([]byte(good))
	// Its workers have other certificates of the same key.
	begin, end := strings.Index(good, "<KeyInfo>"), strings.Index(good, "</KeyInfo>")+len("</KeyInfo>")
	good = good[:begin] + good[end:]
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "AA  15", "AA 15", 1)))
	f.Add([]byte(strings.Replace(good, `URI=""`, `URI="#x"`, 1)))
	f.Add([]byte(`<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><Reference/></SignedInfo><Signature/></Signature>`))
	f.Add([]byte(`<a Id="x"><b ID="x"/></a>`))
	f.Add([]byte("<a>\xff"))
	cert := id.Parsed(f)
	f.Fuzz(func(t *testing.T, doc []byte) {
		var last string
		for _, profile := range []string{"cpt", "interop", "interop"} {
			e := explained(t, profile, string(doc), now, cert)
			reference, info := outcome(e, StepReference), outcome(e, StepSignedInfo)
			if e.Verified && profile == "cpt" && (reference != Good || info != Good) {
				t.Errorf("verified, with a Reference that is %s and SignedInfo that is %s: %q", reference, info, doc)
			}
			text := in(e, English) + in(e, Chinese)
			if profile == "interop" && last != "" && last != text {
				t.Errorf("explained once\n%s\nand again\n%s", last, text)
			}
			if last = ""; profile == "interop" {
				last = text
			}
		}
	})
}

// keptBroker is a holder whose key is the same in every process.
func keptBroker(t testing.TB) *verifiertest.Identity {
	t.Helper()
	text, err := os.ReadFile("../testdata/people/alice.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	authorities, err := pki()
	if err != nil {
		t.Fatal(err)
	}
	id, err := authorities.Customs.Issue(verifiertest.CustomsHolder{BusinessID: "97162640"},
		verifiertest.Terms{NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 6, 0), Key: key.(*rsa.PrivateKey)})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestShownLanguages(t *testing.T) {
	text := Text{"yes", "是"}
	if got := []string{text.In(English), text.In(Chinese), text.In("")}; !slices.Equal(got, []string{"yes", "是", "yes"}) {
		t.Errorf("%q", got)
	}
}
