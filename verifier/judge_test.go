package verifier

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestStateOfARegistration(t *testing.T) {
	e := newEngine(t, "cpt")
	m := e.Read([]byte(sign(t, sample, form{})))
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	cert := alice().cert
	tests := []struct {
		name     string
		r        Registration
		received time.Time
		want     Reason
	}{
		{"in force", Registration{State: InForce}, now, Verified},
		{"in force from this very moment", Registration{State: InForce, From: now}, now, Verified},
		{"in force from the next", Registration{State: InForce, From: now.Add(1)}, now, CertificateNotYetValid},
		{"until the next moment", Registration{State: InForce, Until: now.Add(1)}, now, Verified},
		{"until this very moment", Registration{State: InForce, Until: now}, now, CertificateExpired},
		{"superseded, in its period", Registration{State: Superseded, Until: day(1)}, now, Verified},
		{"superseded, its period over", Registration{State: Superseded, Until: day(-1)}, now, CertificateExpired},
		{"withdrawn later than received", Registration{State: Withdrawn, EndedAt: day(1)}, now, RegistrationWithdrawn},
		{"revoked later than received", Registration{State: Revoked, EndedAt: day(1)}, now, CertificateRevoked},
		{"withdrawn, its period over", Registration{State: Withdrawn, Until: day(-1)}, now, RegistrationWithdrawn},
		{"pending", Registration{State: Pending}, now, UnregisteredCertificate},
		{"a state that is not known", Registration{State: "suspended"}, now, RegistrationWithdrawn},
		{"no state", Registration{}, now, RegistrationWithdrawn},
		{"received before the certificate's validity", Registration{State: InForce}, cert.NotBefore().Add(-1), CertificateNotYetValid},
		{"received in the first moment", Registration{State: InForce}, cert.NotBefore(), Verified},
		{"received in the last moment", Registration{State: InForce}, cert.NotAfter(), Verified},
		{"received behind the last moment", Registration{State: InForce}, cert.NotAfter().Add(1), CertificateExpired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.r.Certificate = cert
			v := m.Judge(Sender{Party: "party-1", Registrations: []Registration{tt.r}}, Moment{Received: tt.received, Decided: day(400)})
			want(t, v, tt.want)
		})
	}
}

// TestCandidates holds the rule of which registration is judged, where there are several.
func TestCandidates(t *testing.T) {
	e := newEngine(t, "cpt")
	reg := func(p person, s RegistrationState) Registration { return Registration{Certificate: p.cert, State: s} }
	anonymous := sign(t, sample, form{keyInfo: "-"})
	named := sign(t, sample, form{})
	changed := replaceOnce(t, anonymous, ">100<", ">900<")
	byCarol := sign(t, sample, form{by: ptr(carol()), keyInfo: "-"})
	renewed := newPerson(9, alice().key, now.AddDate(0, -1, 0), now.AddDate(0, 1, 0)) // the same key again
	short := newPerson(10, rsaKey(1024), now.AddDate(0, -1, 0), now.AddDate(0, 1, 0))
	var many []Registration
	for i := range 8 {
		many = append(many, reg(newPerson(int64(40+i), bob().key, now.AddDate(0, -1, 0), now.AddDate(0, 1, 0)), InForce))
	}
	tests := []struct {
		name string
		doc  string
		all  []Registration
		want Reason
		used *Certificate
	}{
		{"the one whose key signed, wherever it stands", anonymous, []Registration{reg(bob(), InForce), reg(alice(), InForce)}, Verified, alice().cert},
		{"in force goes before not in force with the same key", anonymous, []Registration{reg(alice(), Withdrawn), reg(renewed, InForce)}, Verified, renewed.cert},
		{"the one whose key signed is not in force", byCarol, []Registration{reg(bob(), InForce), reg(carol(), InForce)}, CertificateExpired, carol().cert},
		{"none signed: the first in force is judged", anonymous, []Registration{reg(carol(), InForce), reg(bob(), InForce)}, SignatureMismatch, bob().cert},
		{"none signed and none in force: the first is", anonymous, []Registration{reg(bob(), Withdrawn), reg(carol(), InForce)}, RegistrationWithdrawn, bob().cert},
		{"content changed: the one whose key signed", changed, []Registration{reg(bob(), InForce), reg(alice(), Revoked)}, CertificateRevoked, alice().cert},
		{"content changed, in force", changed, []Registration{reg(bob(), InForce), reg(alice(), InForce)}, DigestMismatch, alice().cert},
		{"one certificate withdrawn and registered again", named, []Registration{reg(alice(), Withdrawn), reg(alice(), InForce)}, Verified, alice().cert},
		{"one certificate revoked and registered again", named, []Registration{reg(alice(), Revoked), reg(alice(), InForce)}, CertificateRevoked, alice().cert},
		{"pending beside in force", named, []Registration{reg(alice(), Pending), reg(alice(), InForce)}, Verified, alice().cert},
		{"KeyInfo names one, another's key signed", named, []Registration{reg(bob(), InForce)}, UnregisteredCertificate, nil},
		{"a weak key beside a good one", anonymous, []Registration{reg(short, InForce), reg(alice(), InForce)}, Verified, alice().cert},
		{"only eight are tried", anonymous, append(slices.Clone(many), reg(alice(), InForce)), SignatureMismatch, many[0].Certificate},
		{"the eighth is", anonymous, append(slices.Clone(many[:7]), reg(alice(), InForce)), Verified, alice().cert},
		{"those in force are among the eight", anonymous, append(withdrawn(many), reg(alice(), InForce)), Verified, alice().cert},
		{"a registration without a certificate", named, []Registration{{State: InForce}, reg(alice(), InForce)}, Verified, alice().cert},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := judge(e, tt.doc, Sender{Party: "party-1", Registrations: tt.all})
			want(t, v, tt.want)
			if v.Used() != tt.used {
				t.Errorf("used %v", v.Used())
			}
		})
	}
}

func withdrawn(all []Registration) []Registration {
	all = slices.Clone(all)
	for i := range all {
		all[i].State = Withdrawn
	}
	return all
}

func TestKeyInfoSelects(t *testing.T) {
	cert := alice().cert
	issuerSerial := func(issuer string, serial *big.Int) string {
		return "<X509Data><X509IssuerSerial><X509IssuerName>" + issuer + "</X509IssuerName><X509SerialNumber>" + serial.String() + "</X509SerialNumber></X509IssuerSerial></X509Data>"
	}
	ski := func(b []byte) string {
		return "<X509Data><X509SKI>" + base64.StdEncoding.EncodeToString(b) + "</X509SKI></X509Data>"
	}
	tests := []struct {
		name, keyInfo string
		want          Reason
	}{
		{"issuer in the order of the certificate", issuerSerial(`C=TW, O="範例, 機關", OU=Test CA`, cert.SerialRaw()), Verified},
		{"issuer in reverse, other spellings", issuerSerial(`OU=test  ca,O=範例\, 機關,2.5.4.6=tw`, cert.SerialRaw()), Verified},
		{"issuer with hexadecimal escapes", issuerSerial(`OU=Test CA,O=\E7\AF\84\E4\BE\8B\2C 機關,C=TW`, cert.SerialRaw()), Verified},
		{"issuer with an encoded value", issuerSerial(`OU=#0c0754657374204341,O=範例\, 機關,C=TW`, cert.SerialRaw()), Verified},
		{"another issuer", issuerSerial("C=TW,O=Other", cert.SerialRaw()), UnregisteredCertificate},
		{"issuer in part", issuerSerial("C=TW", cert.SerialRaw()), UnregisteredCertificate},
		{"issuer no name", issuerSerial("nobody", cert.SerialRaw()), UnregisteredCertificate},
		{"another serial", issuerSerial(`C=TW,O=範例\, 機關,OU=Test CA`, big.NewInt(7)), UnregisteredCertificate},
		{"serial no number", "<X509Data><X509IssuerSerial><X509IssuerName>C=TW</X509IssuerName><X509SerialNumber>0x7</X509SerialNumber></X509IssuerSerial></X509Data>", KeyInfoUnusable},
		{"serial of 60 digits", "<X509Data><X509IssuerSerial><X509IssuerName>C=TW</X509IssuerName><X509SerialNumber>" + strings.Repeat("7", 60) + "</X509SerialNumber></X509IssuerSerial></X509Data>", KeyInfoUnusable},
		{"SKI", ski(cert.SKI()), Verified},
		{"another SKI", ski(bob().cert.SKI()[:19]), UnregisteredCertificate},
		{"SKI not base64", "<X509Data><X509SKI>!</X509SKI></X509Data>", KeyInfoUnusable},
		{"subject name only", "<X509Data><X509SubjectName>CN=x</X509SubjectName></X509Data>", Verified},
		{"the certificate decides before another's SKI", "<X509Data><X509SKI>AAAA</X509SKI>" + x509Element(cert.DER()) + "</X509Data>", Verified},
		{"another's certificate decides before the SKI", "<X509Data>" + x509Element(bob().cert.DER()) + "<X509SKI>" + base64.StdEncoding.EncodeToString(cert.SKI()) + "</X509SKI></X509Data>", UnregisteredCertificate},
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want(t, judge(e, sign(t, sample, form{keyInfo: tt.keyInfo}), registered(alice())), tt.want)
		})
	}
	hints := e.Read([]byte(sign(t, sample, form{}))).Hints()
	if len(hints.Fingerprints) != 1 || hints.Fingerprints[0] != cert.Fingerprint() || hints.IssuerSerials != nil || hints.SKIs != nil {
		t.Errorf("hints %+v", hints)
	}
	if hints := e.Read([]byte(sign(t, "<a xmlns:b='1'></a>"[:3]+"></a>", form{uri: "#x"}))).Hints(); hints.Fingerprints != nil {
		t.Errorf("hints of a refused message: %+v", hints)
	}
}

func TestClaims(t *testing.T) {
	holds := func(kind IdentifierKind, value string) func(IdentifierKind, string) bool {
		return func(k IdentifierKind, v string) bool { return k == kind && v == value }
	}
	with := func(old, new string) string { return replaceOnce(t, sample, old, new) }
	trader := with("<Agent>\n    <ID>A12</ID>\n  </Agent>", "<Exporter><ID>00042445</ID></Exporter>")
	tests := []struct {
		name  string
		doc   string
		holds func(IdentifierKind, string) bool
		want  Reason
	}{
		{"the box is the sender's", sample, holds(BrokerBox, "A12"), Verified},
		{"the code is the sender's", with(">A12<", ">A90001<"), holds(Specialist, "A90001"), Verified},
		{"another's box", sample, holds(BrokerBox, "Z99"), SenderMismatch},
		{"nothing is known of identifiers", sample, nil, Verified},
		{"a blank more is another value", with(">A12<", ">A12 <"), holds(BrokerBox, "A12"), SenderMismatch},
		{"spelt with references and CDATA", with(">A12<", ">&#65;<![CDATA[1]]>2<"), holds(BrokerBox, "A12"), Verified},
		{"no box: the company", trader, holds(BusinessID, "00042445"), Verified},
		{"no box: another company", trader, holds(BusinessID, "00000000"), SenderMismatch},
		{"the box goes before the company", with("<Agent>", "<Exporter><ID>00000000</ID></Exporter><Agent>"), holds(BrokerBox, "A12"), Verified},
		{"two boxes, the second another's", with("<Amount", "<Agent><ID>Z99</ID></Agent><Amount"), holds(BrokerBox, "A12"), SenderMismatch},
		{"an empty box claims nothing", with(">A12<", "><"), holds(BrokerBox, "Z99"), Verified},
		{"no claim", with("<Agent>\n    <ID>A12</ID>\n  </Agent>", ""), holds(BrokerBox, "Z99"), Verified},
		{"an element of another namespace claims nothing", with("<Agent>", `<Agent xmlns="urn:x:1">`), holds(BrokerBox, "Z99"), Verified},
		{"deeper down claims nothing", with("<Agent>\n    <ID>A12</ID>\n  </Agent>", "<Goods><Agent><ID>A12</ID></Agent></Goods>"), holds(BrokerBox, "Z99"), Verified},
		{"a type that is not in the table", strings.ReplaceAll(sample, "N5203", "NX901"), holds(BrokerBox, "Z99"), Verified},
		{"an element is the box", with(">A12<", "><b>Z99</b><"), holds(BrokerBox, "A12"), SenderMismatch},
		{"an element inside the box", with(">A12<", ">A<b>Z99</b>12<"), holds(BrokerBox, "A12"), SenderMismatch},
		{"an instruction splits the box", with(">A12<", ">A1<?p?>2<"), holds(BrokerBox, "A12"), SenderMismatch},
		{"an instruction and no box claims nothing", with(">A12<", "><?p?><"), holds(BrokerBox, "Z99"), Verified},
		{"a comment and no box claims nothing", with(">A12<", "><!--p--><"), holds(BrokerBox, "Z99"), Verified},
		{"a box with 2,000 bytes behind it", with(">A12<", ">A12<![CDATA["+strings.Repeat("A", 2000)+"]]><"), holds(BrokerBox, "A12"), SenderMismatch},
		{"a claim of 2,000 bytes", with(">A12<", ">"+strings.Repeat("A", 2000)+"<"), holds(BrokerBox, "A12"), SenderMismatch},
		{"another's box behind 31 companies", with("</Agent>", "</Agent>"+many("Exporter", 31)+"<Agent><ID>Z99</ID></Agent>"), holds(BrokerBox, "A12"), SenderMismatch},
		{"33 different claims, the last another's", with("<Amount", many("Agent", 33)+"<Amount"), func(_ IdentifierKind, v string) bool { return v != "Z32" }, SenderMismatch},
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := registered(alice())
			s.Holds = tt.holds
			want(t, judge(e, sign(t, tt.doc, form{}), s), tt.want)
		})
	}
}

// TestClaimsInterop: what only the wider profile lets stand in a claim leaves it unclear.
func TestClaimsInterop(t *testing.T) {
	s := registered(alice())
	s.Holds = func(_ IdentifierKind, value string) bool { return value == "A12" }
	for name, box := range map[string]string{"a comment": "A1<!--c-->2", "the Signature": "A12{signature}"} {
		t.Run(name, func(t *testing.T) {
			doc := sign(t, replaceOnce(t, sample, ">A12<", ">"+box+"<"), form{})
			want(t, judge(newEngine(t, "interop"), doc, s), SenderMismatch)
		})
	}
}

func many(role string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<%[1]s><ID>Z%[2]d</ID></%[1]s>", role, i)
	}
	return b.String()
}

func TestParseClaims(t *testing.T) {
	for _, text := range []string{
		`[]`, `{"N1":[{"path":"","kinds":["box"]}]}`, `{"N1":[{"path":"a/b/c/d/e","kinds":["box"]}]}`, `{"N1":[{"path":"a"}]}`,
		`{"N1":[{"path":"a","kinds":["boxes"]}]}`, `{"N1":[{"path":"a","kinds":["box"],"else":1}]}`,
		`{"N1":[{"path":"FunctionalReferenceID","kinds":["box"]}]}`, `{"N5203":[{"path":"ID/a","kinds":["box"]}]}`,
		`{"N1":[{"path":"a/b","kinds":["box"]},{"path":"a","kinds":["box"]}]}`, `{"N1":[{"path":"a","kinds":["box"]},{"path":"a","kinds":["ubn"]}]}`,
	} {
		if _, err := ParseClaims([]byte(text)); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
	for _, code := range []string{"N5203", "NX5105", "N5135", "N5101"} {
		if len(DefaultClaims()[code]) == 0 {
			t.Errorf("the default table has no %s", code)
		}
	}
}

func TestInfo(t *testing.T) {
	ns := func(code string) string { return "urn:wco:datamodel:TW:" + code }
	tests := []struct {
		name, doc string
		want      MessageInfo
	}{
		{"declaration number with its blanks", sample, MessageInfo{ns("N5203:R-00-05"), "Declaration", "N5203", "R-00-05", "AA  15A1200001"}},
		{"manifest: FunctionalReferenceID", `<Declaration xmlns="` + ns("N5101:R-01-00") + `"><ID>1</ID><FunctionalReferenceID>F 2</FunctionalReferenceID></Declaration>`,
			MessageInfo{ns("N5101:R-01-00"), "Declaration", "N5101", "R-01-00", "F 2"}},
		{"response, a prefix", `<r:Response xmlns:r="` + ns("NX903:1") + `"><r:FunctionalReferenceID> F </r:FunctionalReferenceID></r:Response>`,
			MessageInfo{ns("NX903:1"), "Response", "NX903", "1", " F "}},
		{"the first", `<D xmlns="` + ns("N5203:1") + `"><ID>1</ID><ID>2</ID></D>`, MessageInfo{ns("N5203:1"), "D", "N5203", "1", "1"}},
		{"only the root's child", `<D xmlns="` + ns("N5203:1") + `"><x><ID>1</ID></x></D>`, MessageInfo{ns("N5203:1"), "D", "N5203", "1", ""}},
		{"only of the root's namespace", `<D xmlns="` + ns("N5203:1") + `"><ID xmlns="urn:x:1">1</ID></D>`, MessageInfo{ns("N5203:1"), "D", "N5203", "1", ""}},
		{"too long", `<D xmlns="` + ns("N5203:1") + `"><ID>` + strings.Repeat("1", 201) + `</ID></D>`, MessageInfo{ns("N5203:1"), "D", "N5203", "1", ""}},
		{"an element inside", `<D xmlns="` + ns("N5203:1") + `"><ID>1<b>2</b>3</ID></D>`, MessageInfo{ns("N5203:1"), "D", "N5203", "1", ""}},
		{"split by an instruction", `<D xmlns="` + ns("N5203:1") + `"><ID>1<?p?>3</ID></D>`, MessageInfo{ns("N5203:1"), "D", "N5203", "1", ""}},
		{"line ends, in CDATA too", "<D xmlns='" + ns("N5203:1") + "'><ID>1\r\n<![CDATA[2\r\n3\r4&#13;]]></ID></D>", MessageInfo{ns("N5203:1"), "D", "N5203", "1", "1\n2\n3\n4&#13;"}},
		{"no version", `<D xmlns="` + ns("N5203") + `"/>`, MessageInfo{ns("N5203"), "D", "N5203", "", ""}},
		{"no customs message", `<order xmlns="urn:x:1"/>`, MessageInfo{"urn:x:1", "order", "", "", ""}},
		{"no namespace", `<order/>`, MessageInfo{"", "order", "", "", ""}},
		{"as far as it could be read", `<D xmlns="` + ns("N5203:1") + `"><ID>1</ID><x>`, MessageInfo{ns("N5203:1"), "D", "N5203", "1", "1"}},
		{"not parseable", "x", MessageInfo{}},
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := e.Read([]byte(tt.doc)).Info(); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestDetail: what a broker needs to mend it is in it.
func TestDetail(t *testing.T) {
	good := sign(t, sample, form{})
	wrongBox := registered(alice())
	wrongBox.Holds = func(IdentifierKind, string) bool { return false }
	pending := registered(alice(), bob())
	pending.Registrations[0].State = Pending
	serial := alice().cert.Serial()
	tests := []struct {
		name   string
		doc    string
		sender Sender
		holds  []string
	}{
		{"malformed", "<a>\n <b></c></a>", Sender{}, []string{`"offset":8`, `"line":2`, `"column":5`}},
		{"forbidden", "<!DOCTYPE a><a/>", Sender{}, []string{"DOCTYPE", `"offset":0`}},
		{"account unknown", good, Sender{}, []string{"account unknown", alice().cert.Fingerprint().String()}},
		{"pending", good, pending, []string{"pending", serial, bob().cert.Serial()}},
		{"unregistered", good, registered(bob()), []string{alice().cert.Fingerprint().String(), bob().cert.Serial(), "in_force"}},
		{"claim", good, wrongBox, []string{"Agent/ID", "A12", serial}},
		{"expired", sign(t, sample, form{by: ptr(carol())}), registered(carol()), []string{carol().cert.Serial(), "2025-03-02T09:00:00Z", "expired"}},
		{"digest", replaceOnce(t, good, ">100<", ">900<"), registered(alice()), []string{"digest_expected", "digest_found", "sha256", serial}},
		{"signature", replaceOnce(t, good, "<SignatureValue>", "<SignatureValue>AAAA"), registered(alice()), []string{serial}},
		{"a name in Chinese", sign(t, replaceOnce(t, sample, ">A12<", ">箱號\"\\𠀀<"), form{}), wrongBox, []string{`\\u7bb1`}},
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := string(checkDetail(t, judge(e, tt.doc, tt.sender)))
			for _, part := range tt.holds {
				if !strings.Contains(text, part) {
					t.Errorf("%s holds no %s", text, part)
				}
			}
		})
	}
}

// checkDetail checks what holds of every detail: one object, ASCII, within its bound.
func checkDetail(t testing.TB, v Verdict) []byte {
	t.Helper()
	text := v.Detail().JSON()
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil || len(text) > 2048 {
		t.Errorf("%d bytes, %v: %s", len(text), err, text)
	}
	if i := slices.IndexFunc(text, func(c byte) bool { return c < ' ' || c > '~' }); i >= 0 {
		t.Errorf("byte %d is 0x%02x: %s", i, text[i], text)
	}
	return text
}

func TestDetailIsBounded(t *testing.T) {
	good := sign(t, sample, form{})
	huge := registered(bob())
	for range 5000 {
		huge.Registrations = append(huge.Registrations, huge.Registrations[0])
	}
	chain := sign(t, sample, form{keyInfo: "<X509Data>" + strings.Repeat(x509Element(alice().cert.DER()), 16) + "</X509Data>"})
	long := strings.Repeat("報", 5000)
	e := newEngine(t, "cpt")
	for name, doc := range map[string]string{
		"5,000 registrations":  good,
		"16 certificates":      chain,
		"a long algorithm":     sign(t, sample, form{info: func(s string) string { return strings.Replace(s, uriRSA256, long, 1) }}),
		"a long URI":           sign(t, sample, form{info: func(s string) string { return strings.Replace(s, `URI=""`, `URI="`+long+`"`, 1) }}),
		"a long entity":        "<a>&" + long + ";</a>",
		"a long tag":           "<" + strings.Repeat("a", 1000) + "></b>",
		"control characters":   "<a>\x01\x02\x7f</a>",
		"invalid UTF-8":        "<a>\xff\xfe</a>",
		"invalid UTF-8 quoted": "<a b='&\xff;'/>",
	} {
		t.Run(name, func(t *testing.T) {
			v := judge(e, doc, huge)
			if v.Verified() {
				t.Fatal("verified")
			}
			checkDetail(t, v)
		})
	}
}

func TestLikelyCause(t *testing.T) {
	compact := strings.NewReplacer("\n", "", "  ", "").Replace(strings.Replace(sample, "AA  15A", "AA##15A", 1))
	compact = strings.Replace(compact, "AA##15A", "AA  15A", 1)
	latin1 := func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			b.WriteRune(rune(s[i]))
		}
		return b.String()
	}
	tests := []struct {
		name, doc string
		form      form
		change    func(string) string
		want      string
	}{
		{"blanks of the number", sample, form{}, func(s string) string { return strings.Replace(s, "AA  15A", "AA 15A", 1) }, "blanks collapsed after signing"},
		{"all blanks of a text", strings.Replace(sample, "螺絲", "螺  絲  帽", 1), form{}, func(s string) string { return strings.Replace(s, "螺  絲  帽", "螺 絲 帽", 1) }, "blanks collapsed after signing"},
		{"two blanks of different texts", strings.Replace(sample, "螺絲", "螺  絲", 1), form{}, func(s string) string {
			return strings.NewReplacer("螺  絲", "螺 絲", "AA  15A", "AA 15A").Replace(s)
		}, "blanks collapsed after signing"},
		{"all of three numbers", strings.Replace(sample, "<Note>", "<ID>BC  140000000A</ID><ID>AA  1500000001</ID><Note>", 1), form{}, func(s string) string {
			return strings.NewReplacer("AA  15", "AA 15", "BC  14", "BC 14").Replace(s)
		}, "blanks collapsed after signing"},
		{"three blanks of no number", strings.Replace(sample, "螺絲", "螺  絲  帽  子", 1), form{}, func(s string) string {
			return strings.Replace(s, "螺  絲  帽  子", "螺 絲 帽 子", 1)
		}, ""},
		{"put on lines", compact, form{}, func(s string) string {
			return strings.NewReplacer("<ID>AA", "\n <ID>AA", "<Agent>", "\n <Agent>", "</Declaration>", "\n</Declaration>").Replace(s)
		}, "re-indented after signing"},
		{"put on one line", sample, form{}, func(s string) string {
			return strings.NewReplacer("\n    <", "<", "\n  <", "<", "\n<Sig", "<Sig").Replace(s)
		}, "re-indented after signing"},
		{"indented more", sample, form{}, func(s string) string { return strings.ReplaceAll(s, "\n  <", "\n      <") }, "re-indented after signing"},
		{"space around the Signature", sample, form{}, func(s string) string {
			return strings.NewReplacer("<Signature ", "\n  <Signature ", "</Signature>", "</Signature>\n").Replace(s)
		}, "white space put around the Signature after signing"},
		{"CR taken for data", strings.ReplaceAll(compact, "</ID><", "</ID>&#13;\n<"), form{}, func(s string) string { return strings.ReplaceAll(s, "&#13;\n", "\r\n") }, "line ends changed after signing"},
		{"UTF-8 taken for Latin-1", sample, form{keyInfo: "-"}, latin1, "re-encoded after signing: UTF-8 was taken for Latin-1"},
		{"another canonicalisation than it says", sample, form{method: uriExc, transform: uriExc, info: func(s string) string {
			return strings.Replace(s, `<Transform Algorithm="`+uriExc+`">`, `<Transform Algorithm="`+uriC14N10+`">`, 1)
		}}, func(s string) string { return s }, "canonicalised otherwise than the Signature says"},
		{"an amount raised", sample, form{}, func(s string) string { return strings.Replace(s, ">100<", ">900<", 1) }, ""},
	}
	e := newEngine(t, "cpt")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := judge(e, tt.change(sign(t, tt.doc, tt.form)), registered(alice()))
			want(t, v, DigestMismatch)
			var detail struct {
				Cause string
				Line  int    `json:"cause_line"`
				In    string `json:"cause_element"`
			}
			if err := json.Unmarshal(v.Detail().JSON(), &detail); err != nil || detail.Cause != tt.want {
				t.Errorf("cause %q, want %q: %v", detail.Cause, tt.want, err)
			}
			cause, ok := v.LikelyCause()
			if ok != (tt.want != "") || cause.Kind.String() != tt.want {
				t.Fatalf("cause %+v, want %q", cause, tt.want)
			}
			if ok && (detail.Line == 0 || detail.Line != cause.Places[0].Line || detail.In != cause.Places[0].Element || detail.In == "") {
				t.Errorf("line %d, element %q; places are %+v", detail.Line, detail.In, cause.Places)
			}
		})
	}
}

func TestJudgedTwiceAndTogether(t *testing.T) {
	e := newEngine(t, "cpt")
	docs := []string{sign(t, sample, form{}), sign(t, sample, form{method: uriExc, transform: uriExc}), "<a", replaceOnce(t, sign(t, sample, form{}), ">100<", ">900<")}
	reasons := []Reason{Verified, Verified, MalformedXML, DigestMismatch}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 40 {
				m := e.Read([]byte(docs[i%len(docs)]))
				for range 2 {
					if got := m.Judge(registered(alice()), Moment{Received: now}).Reason(); got != reasons[i%len(docs)] {
						t.Errorf("%v, want %v", got, reasons[i%len(docs)])
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestCertificate(t *testing.T) {
	c := alice().cert
	if got, want := c.Subject(), "C=TW, CN=97162640-01-000"; got != want {
		t.Errorf("subject %q, want %q", got, want)
	}
	if got, want := c.Issuer(), "C=TW, O=範例, 機關, OU=Test CA"; got != want {
		t.Errorf("issuer %q, want %q", got, want)
	}
	if c.Serial() != "4ECFCBA1" || c.KeyBits() != 2048 || c.KeyWeakness() != "" || len(c.SKI()) != 20 {
		t.Errorf("%s, %d bits, %q, %x", c.Serial(), c.KeyBits(), c.KeyWeakness(), c.SKI())
	}
	if got := serialText(big.NewInt(10)); got != "0A" {
		t.Errorf("serial 10 is %s", got)
	}
	for _, der := range [][]byte{nil, {0x30}, append(slices.Clone(c.DER()), 0)} {
		if _, err := ParseCertificate(der); err == nil {
			t.Errorf("%d bytes parsed", len(der))
		}
	}
}

func TestDecodeBase64(t *testing.T) {
	for text, want := range map[string]string{"QQ==": "A", " Q\tQ\r\n= = ": "A", "QUI=": "AB", "QUJD": "ABC"} {
		if got, err := decodeBase64(nil, []byte(text)); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", " ", "QQ", "QQ=", "QQ===", "QR==", "QUJ=", "QQ==QQ==", "Q-_=", "QQ\u00a0==", "=", "QQ==\x00", "Q\vQ=="} {
		if got, err := decodeBase64(nil, []byte(text)); err == nil {
			t.Errorf("%q: decoded as %q", text, got)
		}
	}
}

// TestDetailHidesNationalIDs: a detail travels in headers, where nobody expects personal
// data; the exporter of a declaration may be a natural person.
func TestDetailHidesNationalIDs(t *testing.T) {
	s := registered(alice())
	s.Holds = func(IdentifierKind, string) bool { return false }
	for id, shown := range map[string]string{
		"A123456789": "A********9", "f223456781": "f********1", "AC12345678": "A********8", " A123456789 ": "A********9",
		"00042445": "00042445", "A12": "A12", "A90001": "A90001", "A12345678X": "A12345678X",
	} {
		detail := string(judge(newEngine(t, "cpt"), sign(t, replaceOnce(t, sample, ">A12<", ">"+id+"<"), form{}), s).Detail().JSON())
		if !strings.Contains(detail, shown) || id != shown && strings.Contains(detail, id) {
			t.Errorf("%s: %s", id, detail)
		}
	}
}
