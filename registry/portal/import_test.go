package portal_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"html"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// Sample identifiers, of nobody.
const (
	brokerUBN  = "97162640"
	traderUBN  = "04177036"
	personID   = "A123456789"
	specialist = "A00001"
	sampleBox  = "A12"

	// noPassword is a hash that no password has.
	noPassword = "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"
)

// company are the fields of the first step of a 報關業.
func company(ubn string) []string {
	return []string{"type", "broker", "ubn", ubn, "box", sampleBox}
}

// declarant are the fields of the first step of a 報關專責人員.
func declarant() []string {
	return []string{"type", "specialist", "national", personID, "name", "陳美", "class", "declarant", "specialist", specialist}
}

// see asserts the status, and that a page says something.
func see(t testing.TB, page portaltest.Page, status int, words ...string) portaltest.Page {
	t.Helper()
	if page.StatusCode != status {
		t.Fatalf("%s %s: status %d, want %d: %.3000s", page.Request.Method, page.Request.URL.Path, page.StatusCode, status, page.Text)
	}
	text := html.UnescapeString(page.Text)
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Fatalf("%s %s doesn't say %q: %s", page.Request.Method, page.Request.URL.Path, word, body(text))
		}
	}
	return page
}

// body is a page's main part.
func body(text string) string {
	_, main, _ := strings.Cut(text, "<main")
	return main
}

// led asserts a redirect.
func led(t testing.TB, page portaltest.Page, to string) {
	t.Helper()
	if page.StatusCode != http.StatusSeeOther || page.Location() != to {
		t.Fatalf("%s %s: %d to %q, want to be led to %s: %.3000s", page.Request.Method, page.Request.URL.Path, page.StatusCode, page.Location(), to, body(page.Text))
	}
}

// begin takes the first step.
func begin(t testing.TB, c *portaltest.Client, fields ...string) {
	t.Helper()
	see(t, c.Get("/import"), http.StatusOK)
	led(t, c.Post("/import", fields...), "/import/certificate")
	see(t, c.Get("/import/certificate"), http.StatusOK)
}

// bring takes the second step with a file.
func bring(t testing.TB, c *portaltest.Client, kind registry.CertificateKind, file []byte) portaltest.Page {
	t.Helper()
	return c.Upload("/import/certificate", "file", "TEST1234.cer", file, "medium", "file", "kind", string(kind), "go", "next")
}

var digestInput = regexp.MustCompile(`name="digest" value="([0-9a-f]+)"`)

// send takes the third step.
func send(t testing.TB, c *portaltest.Client, more ...string) portaltest.Page {
	t.Helper()
	preview := see(t, c.Get("/import/preview"), http.StatusOK)
	digest := digestInput.FindStringSubmatch(preview.Text)
	if digest == nil {
		t.Fatalf("no digest in %.3000s", preview.Text)
	}
	return c.Post("/import/preview", append([]string{"digest", digest[1], "go", "send"}, more...)...)
}

// imported goes through all steps with a file that names no errors.
func imported(t testing.TB, c *portaltest.Client, fields []string, kind registry.CertificateKind, file []byte) portaltest.Page {
	t.Helper()
	begin(t, c, fields...)
	led(t, bring(t, c, kind, file), "/import/preview")
	led(t, send(t, c), "/import/done")
	return c.Get("/import/done")
}

// one returns the registration of a certificate, of whichever party.
func one(t testing.TB, w *portaltest.World, i *verifiertest.Identity, usage registry.Usage) registry.Listed {
	t.Helper()
	all := every(t, w, i, usage)
	if len(all) != 1 {
		t.Fatalf("%d registrations of the certificate, want 1", len(all))
	}
	return all[0]
}

func every(t testing.TB, w *portaltest.World, i *verifiertest.Identity, usage registry.Usage) (found []registry.Listed) {
	t.Helper()
	parties, err := w.Store.Parties(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, party := range parties {
		listed, err := w.Store.ListedOf(t.Context(), party.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range listed {
			if l.Usage == usage && bytes.Equal(l.Certificate.DER(), i.DER()) {
				found = append(found, l)
			}
		}
	}
	return found
}

// counting asserts which of a company's certificates the gateway would judge by.
func counting(t testing.TB, w *portaltest.World, account string, want ...*verifiertest.Identity) {
	t.Helper()
	hash := registrytest.LookupKey().Account(account)
	snapshots, _, _, err := w.Store.Reader.Snapshots(t.Context(), []registry.LookupHash{hash})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range snapshots {
		for _, row := range s.Registrations {
			if row.State == verifier.InForce || row.State == verifier.Superseded {
				got = append(got, row.Fingerprint.String())
			}
		}
	}
	var wanted []string
	for _, i := range want {
		wanted = append(wanted, w.Certificate(i).Fingerprint().String())
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("the gateway would judge by %v, want %v", got, wanted)
	}
}

// audited asserts that the audit log of a party has each of the actions.
func audited(t testing.TB, w *portaltest.World, party verifier.PartyID, actions ...registry.AuditAction) {
	t.Helper()
	got := w.Audited(party)
	for _, action := range actions {
		if !slices.Contains(got, action) {
			t.Errorf("%s isn't among what was audited, %v", action, got)
		}
	}
}

func TestImportOfAFileThatNamesTheParty(t *testing.T) {
	w := portaltest.NewWorld(t)
	c, file := w.Visitor(), w.CustomsFile(brokerUBN)
	see(t, c.Get("/import"), http.StatusOK, "憑證使用類型", "報關專責人員", "一般企業/報關承攬業", "船公司/代理業", "倉儲業", "報關業", "離島免稅購物商店系統", "國際免稅商店", "航空公司", "下載註冊簡易手冊")
	begin(t, c, company(brokerUBN)...)
	led(t, bring(t, c, registry.Customs, file.DER()), "/import/preview")
	cert := w.Certificate(file)
	see(t, c.Get("/import/preview"), http.StatusOK, cert.Serial(), "C=TW O=Finance OU=TaiCA", "CN=97162640-06-000", "TEST1234.cer", "RSA 2048 位元",
		"送出後立即生效", portal.Date(cert.NotBefore())+"~"+portal.Date(cert.NotAfter()))
	led(t, send(t, c), "/import/done")
	see(t, c.Get("/import/done"), http.StatusOK, "主憑證匯入成功")

	l := one(t, w, file, registry.Signing)
	if l.State != verifier.InForce || !l.Main || l.UsageType != registry.BrokerUse || l.Medium != registry.File || l.Kind != registry.Customs {
		t.Errorf("registered as %+v", l.Registration)
	}
	counting(t, w, brokerUBN, file)
	audited(t, w, l.Party, "party_created", "registered", "claim_made")
	claims, err := w.Store.Claims(t.Context(), l.Party)
	if err != nil || len(claims) != 1 || claims[0].Kind != verifier.BrokerBox || claims[0].Shown != sampleBox {
		t.Errorf("claims %+v, err %v", claims, err)
	}

	second := w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: brokerUBN, Ordinal: 7}, w.Terms())
	see(t, imported(t, w.Visitor(), company(brokerUBN), registry.Customs, second.DER()), http.StatusOK, "憑證匯入成功")
	counting(t, w, brokerUBN, file, second)
	if one(t, w, second, registry.Signing).Main {
		t.Error("the second became the main one")
	}
}

func TestImportOfACard(t *testing.T) {
	w := portaltest.NewWorld(t)
	c, card := w.Visitor(), w.CompanyCard(traderUBN)
	begin(t, c, "type", "airline", "ubn", traderUBN, "code-operator", "CI")
	page := see(t, c.Get("/import/certificate"), http.StatusOK, "IC卡類憑證", "非IC卡類憑證", "工商憑證", "通關專屬憑證", "載入工商憑證")
	led(t, c.Post("/import/certificate", append(w.Signed(page, card), "medium", "card", "go", "next")...), "/import/preview")
	led(t, send(t, c), "/import/done")
	see(t, c.Get("/import/done"), http.StatusOK, "主憑證匯入成功")
	l := one(t, w, card, registry.Signing)
	if l.State != verifier.InForce || l.Medium != registry.Card || l.UsageType != registry.AirlineUse {
		t.Errorf("registered as %+v", l.Registration)
	}
	counting(t, w, traderUBN, card)

	// A challenge is good once.
	begin(t, c, "type", "airline", "ubn", traderUBN)
	see(t, c.Post("/import/certificate", append(w.Signed(page, card), "medium", "card", "go", "next")...), http.StatusUnprocessableEntity, "逾時")
}

func TestImportOfASpecialistWaits(t *testing.T) {
	w := portaltest.NewWorld(t)
	c, file := w.Visitor(), w.CustomsFile(brokerUBN)
	begin(t, c, declarant()...)
	if page := c.Get("/import/certificate"); strings.Contains(page.Text, "data-card") || strings.Contains(body(page.Text), "工商憑證") {
		t.Error("a specialist is offered a card or a company's certificate")
	}
	led(t, bring(t, c, registry.Customs, file.DER()), "/import/preview")
	preview := see(t, c.Get("/import/preview"), http.StatusOK, "待確認", "尚缺", "如何補正", "A********9", "陳美", "專責報關人員", specialist)
	if strings.Contains(preview.Text, personID) {
		t.Error("the preview shows a national id")
	}
	led(t, send(t, c), "/import/done")
	done := see(t, c.Get("/import/done"), http.StatusOK, "待確認", "尚缺", "證明持有金鑰", "憑證所載並非貴戶")
	if strings.Contains(done.Text, "匯入成功") {
		t.Error("a pending import is called a success")
	}
	l := one(t, w, file, registry.Signing)
	if l.State != verifier.Pending || l.UsageType != registry.SpecialistUse || !l.Proved.IsZero() {
		t.Errorf("registered as %+v", l)
	}

	// Possession is proved by what turnkey prove prints.
	fingerprint := l.Certificate.Fingerprint().String()
	path := "/import/prove/" + fingerprint
	page := see(t, c.Get(path), http.StatusOK, "turnkey prove --key KEY --cert CERT", "--origin "+w.Origin, "--nonce ")
	see(t, c.Post(path, "nonce", nonceOf(t, page), "signature", "!"), http.StatusUnprocessableEntity, "請貼上 turnkey prove")
	see(t, c.Post(path, "nonce", nonceOf(t, page), "signature", prove(t, w, page, w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: brokerUBN}, keyed(w, 3)))), http.StatusUnprocessableEntity, "簽章值與此憑證的金鑰")
	see(t, c.Post(path, "nonce", nonceOf(t, page), "signature", prove(t, w, page, file)), http.StatusUnprocessableEntity, "挑戰值已逾五分鐘或已使用過")
	page = c.Get(path)
	wrapped := prove(t, w, page, file)
	led(t, c.Post(path, "nonce", nonceOf(t, page), "signature", wrapped[:64]+"\r\n"+wrapped[64:]), "/import/done")
	see(t, c.Get("/import/done"), http.StatusOK, "已證明持有金鑰", "待確認")
	if l = one(t, w, file, registry.Signing); l.Proved.IsZero() || l.State != verifier.Pending {
		t.Errorf("after the proof: proved %v, %s", l.Proved, l.State)
	}
	audited(t, w, l.Party, "possession_proved")

	// Whoever comes back another day imports it again, and is led to the proof.
	again := w.Visitor()
	see(t, again.Get(path), http.StatusNotFound)
	see(t, imported(t, again, declarant(), registry.Customs, file.DER()), http.StatusOK, "先前已匯入", "待確認")
	see(t, again.Get(path), http.StatusOK, "已證明持有此憑證的金鑰")
	one(t, w, file, registry.Signing)
}

// keyed are terms with another key.
func keyed(w *portaltest.World, number int) verifiertest.Terms {
	terms := w.Terms()
	terms.Key = verifiertest.Key(number)
	return terms
}

var nonceInput = regexp.MustCompile(`name="nonce" value="([^"]+)"`)

func nonceOf(t testing.TB, page portaltest.Page) string {
	t.Helper()
	found := nonceInput.FindStringSubmatch(page.Text)
	if found == nil {
		t.Fatalf("no nonce in %s", body(page.Text))
	}
	return found[1]
}

// prove is what turnkey prove prints for a page.
func prove(t testing.TB, w *portaltest.World, page portaltest.Page, i *verifiertest.Identity) string {
	t.Helper()
	return w.SignedFor("prove", w.Origin, nonceOf(t, page), i)[5]
}

func TestImportRefusesWithWords(t *testing.T) {
	w := portaltest.NewWorld(t)
	file := w.CustomsFile(brokerUBN)
	expired := w.Terms()
	expired.NotBefore, expired.NotAfter = w.Now.AddDate(-2, 0, 0), w.Now.AddDate(-1, 0, 0)
	encryption, weak := w.Terms(), w.Terms()
	encryption.Encryption = true
	weak.Key = verifiertest.KeyOfBits(1024, 0)
	holder := verifiertest.CustomsHolder{BusinessID: brokerUBN}
	key, err := file.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	many := bytes.Repeat(file.CertificatePEM(), 21)

	tests := []struct {
		name string
		kind registry.CertificateKind
		file []byte
		want string
	}{
		{"a kind other than chosen", registry.MOEACA, file.DER(), "請改選正確的種類"},
		{"no kind", "", file.DER(), "請填寫「選擇憑證種類」"},
		{"a kind that isn't offered", registry.MOICA, file.DER(), "請填寫「選擇憑證種類」"},
		{"expired", registry.Customs, w.Issue(w.PKI.Customs, holder, expired).DER(), "到期：請改用有效的憑證"},
		{"for encryption", registry.MOEACA, w.Issue(w.PKI.MOEACA, verifiertest.Company{Name: "測試", BusinessID: brokerUBN}, encryption).DER(), "沒有可供簽章的憑證"},
		{"a weak key", registry.Customs, w.Issue(w.PKI.Customs, holder, weak).DER(), "1024 位元，必須是"},
		{"of no kind that is known", registry.Customs, w.Issue(w.PKI.MOICA, verifiertest.Citizen{Name: "王小明", CardNumber: "1", LastFour: "6789"}, w.Terms()).DER(), "此處不可使用"},
		{"a private key", registry.Customs, key, "含有私密金鑰"},
		{"a private key behind a certificate", registry.Customs, slices.Concat(file.CertificatePEM(), key), "含有私密金鑰"},
		{"garbage", registry.Customs, []byte("hello"), "無法判讀此憑證檔"},
		{"empty", registry.Customs, nil, "請選擇憑證檔案"},
		{"too large", registry.Customs, bytes.Repeat([]byte{'x'}, 256<<10+1), "超過 256 KB"},
		{"an authority's", registry.Customs, w.PKI.Customs.Certificate.Raw, "沒有可供簽章的憑證"},
		{"two that sign", registry.Customs, slices.Concat(file.CertificatePEM(), w.CustomsFile(brokerUBN).CertificatePEM()), "檔案內有多張簽章用憑證"},
		{"too many", registry.Customs, many, "超過 20 張"},
	}
	c := w.Visitor()
	begin(t, c, company(brokerUBN)...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			see(t, bring(t, c, tt.kind, tt.file), http.StatusUnprocessableEntity, tt.want)
		})
	}
	led(t, c.Get("/import/preview"), "/import")
	see(t, c.Upload("/import/certificate", "file", "big.cer", bytes.Repeat([]byte{'x'}, 400<<10), "medium", "file", "kind", "customs"), http.StatusRequestEntityTooLarge, "數 KB")
	led(t, bring(t, c, registry.Customs, slices.Concat(file.CertificatePEM(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.PKI.Customs.Certificate.Raw}))), "/import/preview")
}

func TestImportAsksForWhatItsTypeNeeds(t *testing.T) {
	w := portaltest.NewWorld(t)
	c := w.Visitor()
	c.Get("/import")
	for _, tt := range []struct {
		name   string
		fields []string
		want   []string
	}{
		{"nothing", nil, []string{"請填寫「憑證使用類型」"}},
		{"an unknown type", []string{"type", "pirate"}, []string{"請選擇清單中的憑證使用類型"}},
		{"a specialist's", []string{"type", "specialist"}, []string{"請填寫「身分證字號」", "請填寫「專責人員姓名」", "請填寫「類別」", "請填寫「報關專責人員代碼」"}},
		{"a wrong national id", append(declarant()[:2:2], "national", "A123456788", "name", "陳美", "class", "declarant", "specialist", "Z99"), []string{"身分證字號有誤", "報關專責人員代碼有誤"}},
		{"a wrong 統一編號", []string{"type", "trader", "ubn", "88117126"}, []string{"統一編號有誤"}},
		{"no box", []string{"type", "broker", "ubn", brokerUBN}, []string{"請填寫「箱號」"}},
		{"a wrong code", []string{"type", "carrier", "ubn", brokerUBN, "code-operator", "<b>"}, []string{"代碼最多 20 碼"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := c.Post("/import", tt.fields...)
			see(t, page, http.StatusUnprocessableEntity, tt.want...)
			if strings.Contains(body(page.Text), "<b>") {
				t.Error("what was entered is markup")
			}
		})
	}
	led(t, c.Post("/import", "type", "trader", "ubn", " ９７１６２６４０ "), "/import/certificate")
	see(t, c.Get("/import"), http.StatusOK, `value="97162640"`)
	led(t, c.Post("/import", "go", "cancel"), "/centre")
	led(t, c.Get("/import/certificate"), "/import")
}

func TestImportInASession(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CompanyCard(brokerUBN)
	party := w.Account(brokerUBN, card, noPassword)
	c := w.LoggedInBy(party, card)
	see(t, c.Get("/import"), http.StatusOK, `value="broker" checked`, `value="97162640"`)

	// A sample authority that nobody configured: the party's own word is all that lacks.
	file := unbelieved(t, w, verifiertest.CustomsHolder{BusinessID: brokerUBN})
	begin(t, c, company(brokerUBN)...)
	led(t, bring(t, c, registry.Customs, file.DER()), "/import/preview")
	see(t, c.Get("/import/preview"), http.StatusOK, "我確認此憑證為本戶所有")
	led(t, send(t, c, "confirm", "yes"), "/import/done")
	see(t, c.Get("/import/done"), http.StatusOK, "主憑證匯入成功")
	counting(t, w, brokerUBN, file)
	audited(t, w, party, "registered", "confirmed")

	// Not without the tick.
	second := unbelieved(t, w, verifiertest.CustomsHolder{BusinessID: brokerUBN, Ordinal: 9})
	see(t, imported(t, c, company(brokerUBN), registry.Customs, second.DER()), http.StatusOK, "待確認")
	counting(t, w, brokerUBN, file)

	// Nor where it names somebody else, whatever is posted.
	third := w.CustomsFile(traderUBN)
	begin(t, c, company(brokerUBN)...)
	led(t, bring(t, c, registry.Customs, third.DER()), "/import/preview")
	if page := c.Get("/import/preview"); strings.Contains(page.Text, `name="confirm"`) {
		t.Error("the party may confirm a certificate of another's name without a proof")
	}
	led(t, send(t, c, "confirm", "yes"), "/import/done")
	counting(t, w, brokerUBN, file)

	// Nor for another party.
	other := unbelieved(t, w, verifiertest.CustomsHolder{BusinessID: traderUBN})
	begin(t, c, company(traderUBN)...)
	led(t, bring(t, c, registry.Customs, other.DER()), "/import/preview")
	led(t, send(t, c, "confirm", "yes"), "/import/done")
	if l := one(t, w, other, registry.Signing); l.State != verifier.Pending || l.Party == party {
		t.Errorf("registered as %+v", l.Registration)
	}
}

// unbelieved is a certificate in the layout of a 通關專屬憑證 by an authority that nobody
// configured.
func unbelieved(t testing.TB, w *portaltest.World, holder verifiertest.CustomsHolder) *verifiertest.Identity {
	t.Helper()
	look := w.Issue(w.PKI.Customs, holder, w.Terms()).Certificate
	return unknownIssuer(t, w, look.RawSubject)
}

// unknownIssuer is a certificate of any subject by an authority of the test's own.
func unknownIssuer(t testing.TB, w *portaltest.World, subject []byte) *verifiertest.Identity {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	authority := &x509.Certificate{Subject: pkix.Name{CommonName: "an authority of nobody"}}
	template := &x509.Certificate{SerialNumber: serial, RawSubject: subject, NotBefore: w.Now.AddDate(0, 0, -1), NotAfter: w.Now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature}
	key := verifiertest.Key(4)
	der, err := x509.CreateCertificate(rand.Reader, template, authority, &key.PublicKey, verifiertest.Key(5))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &verifiertest.Identity{Certificate: cert, Key: key}
}

func TestOpenBindingIsHonoured(t *testing.T) {
	w := portaltest.NewWorld(t, func(cfg *portal.Config) { cfg.Rules.OpenBinding = true })
	file := w.CustomsFile(traderUBN)
	see(t, imported(t, w.Visitor(), company(brokerUBN), registry.Customs, file.DER()), http.StatusOK, "主憑證匯入成功")
	counting(t, w, brokerUBN, file)
}

func TestImportSaysWhatStandsAgainstIt(t *testing.T) {
	w := portaltest.NewWorld(t)
	file := w.CustomsFile(brokerUBN)
	imported(t, w.Visitor(), company(brokerUBN), registry.Customs, file.DER())
	refused := func(fields []string, i *verifiertest.Identity, words ...string) {
		t.Helper()
		c := w.Visitor()
		begin(t, c, fields...)
		led(t, bring(t, c, registry.Customs, i.DER()), "/import/preview")
		see(t, send(t, c), http.StatusUnprocessableEntity, words...)
	}
	refused(company(brokerUBN), file, "貴戶已註冊此憑證")
	refused(company(traderUBN), file, "為另一戶使用中", "單一窗口服務中心")

	revoked := w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: brokerUBN, Ordinal: 8}, w.Terms())
	if _, _, err := w.Store.Revoke(t.Context(), registrytest.Operator, w.Certificate(revoked).Fingerprint(), registry.Unspecified); err != nil {
		t.Fatal(err)
	}
	refused(company(brokerUBN), revoked, "此憑證已廢止")

	party := one(t, w, file, registry.Signing).Party
	for i := range 20 {
		pending := w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: traderUBN, Ordinal: i}, w.Terms())
		if _, _, err := w.Store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{
			Party: party, Certificate: w.Certificate(pending), Usage: registry.Signing, Kind: registry.Customs, Medium: registry.File, UsageType: registry.BrokerUse, Pending: true,
		}); err != nil {
			t.Fatal(err)
		}
	}
	refused(company(brokerUBN), w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: traderUBN, Ordinal: 50}, w.Terms()), "待確認的憑證過多")
}

func TestImportSendsWhatWasShown(t *testing.T) {
	w := portaltest.NewWorld(t)
	c, file := w.Visitor(), w.CustomsFile(brokerUBN)
	begin(t, c, company(brokerUBN)...)
	bring(t, c, registry.Customs, file.DER())
	digest := digestInput.FindStringSubmatch(c.Get("/import/preview").Text)[1]
	led(t, bring(t, c, registry.Customs, w.CustomsFile(traderUBN).DER()), "/import/preview") // in another window
	see(t, c.Post("/import/preview", "digest", digest, "go", "send"), http.StatusOK, "已在另一個視窗變更")
	if found := every(t, w, file, registry.Signing); len(found) != 0 {
		t.Errorf("registered %v", found)
	}
	led(t, c.Post("/import/preview", "go", "cancel"), "/centre")
	led(t, c.Get("/import/preview"), "/import")
}
