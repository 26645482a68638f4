package portal_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// ask queries, as a visitor who opened the page.
func ask(t testing.TB, c *portaltest.Client, who string) portaltest.Page {
	t.Helper()
	see(t, c.Get("/certificates"), http.StatusOK, "查詢憑證")
	return c.Post("/certificates", "who", who)
}

func mailed(t testing.TB, w *portaltest.World) (n int) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), "SELECT count(*) FROM outbox").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func fingerprint(w *portaltest.World, i *verifiertest.Identity) string {
	return w.Certificate(i).Fingerprint().String()
}

func TestQueryShowsTheManualsTable(t *testing.T) {
	w := portaltest.NewWorld(t)
	card, file := w.CompanyCard(brokerUBN), w.CustomsFile(brokerUBN)
	party := w.Account(brokerUBN, card, noPassword)
	imported(t, w.Visitor(), company(brokerUBN), registry.Customs, file.DER())
	waiting := w.CustomsFile(traderUBN)
	imported(t, w.Visitor(), company(brokerUBN), registry.Customs, waiting.DER())
	imported(t, w.Visitor(), declarant(), registry.Customs, w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: brokerUBN, Ordinal: 75}, w.Terms()).DER())

	until := func(i *verifiertest.Identity) string {
		c := w.Certificate(i)
		return portal.Date(c.NotBefore()) + "~" + portal.Date(c.NotAfter())
	}
	page := see(t, ask(t, w.Visitor(), brokerUBN), http.StatusOK,
		"憑證型態", "憑證種類", "用途", "憑證資訊", "刪除", "狀態", "IC卡", "非IC卡類憑證", "工商憑證", "通關專屬憑證", "登入", "簽章",
		"登入用憑證，使用者帳號:97162640，序號:"+w.Certificate(card).Serial()+"，起訖日期:"+until(card),
		"序號: "+w.Certificate(file).Serial()+", 主體: C=TW O=Finance OU=TaiCA Test FXML CA OU=97162640-RA-001 OU=TST CN=97162640-06-000, 起訖日期:"+until(file),
		"序號: "+w.Certificate(waiting).Serial(), "生效中", "待確認", "起生效")
	if strings.Contains(page.Text, "/certificates/mine/") {
		t.Error("a stranger is led to deleting")
	}
	for _, who := range []string{"９７１６２６４０", personID, strings.ToLower(specialist), specialist} {
		see(t, ask(t, w.Visitor(), who), http.StatusOK, "序號: ")
	}
	if who := ask(t, w.Visitor(), personID); strings.Contains(who.Text, "A12345") != strings.Contains(who.Text, `value="A123456789"`) {
		t.Error("the answer shows a national id beside the one that was typed")
	}
	entries, err := w.Store.AuditEntries(t.Context(), registry.AuditQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var by []string
	for _, e := range entries {
		if e.Action == registry.Queried {
			by = append(by, e.Detail)
		}
	}
	if got := strings.Join(by, " "); got != "by=national by=specialist by=specialist by=national by=ubn by=ubn" {
		t.Errorf("audited, the latest first: %s", got)
	}

	// The owner sees where to delete, except the certificate that opened the session.
	mine := see(t, ask(t, w.LoggedInBy(party, card), brokerUBN), http.StatusOK, "/certificates/mine/"+fingerprint(w, file)+"/signing/delete", "/certificates/mine/"+fingerprint(w, waiting)+"/signing/refuse")
	if strings.Contains(mine.Text, fingerprint(w, card)+"/login/delete") {
		t.Error("the owner may delete the certificate of the session")
	}
	byPassword := w.LoggedIn(registry.Opening{LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByPassword})
	if page := see(t, ask(t, byPassword, brokerUBN), http.StatusOK, "生效中"); strings.Contains(page.Text, "/signing/delete") {
		t.Error("a password session is led to deleting")
	}
}

func TestQueryKeepsExpiredAndEndedOnes(t *testing.T) {
	now := time.Now()
	w := portaltest.NewWorld(t, func(cfg *portal.Config) { cfg.Now = func() time.Time { return now } })
	terms := w.Terms()
	terms.NotAfter = now.AddDate(0, 0, 30)
	soon := w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: brokerUBN}, terms)
	gone, revoked := w.CustomsFile(brokerUBN), w.CustomsFile(brokerUBN)
	early := w.Terms()
	early.NotBefore = now.AddDate(0, 1, 0)
	later := w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: brokerUBN}, early)
	for _, i := range []*verifiertest.Identity{soon, gone, revoked} {
		imported(t, w.Visitor(), company(brokerUBN), registry.Customs, i.DER())
	}
	party := one(t, w, soon, registry.Signing).Party
	if _, _, err := w.Store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{Party: party, Certificate: w.Certificate(later), Usage: registry.Signing, Kind: registry.Customs, Medium: registry.File, UsageType: registry.BrokerUse}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Store.Withdraw(t.Context(), registrytest.Operator, postgres.Registered{Party: party, Certificate: w.Certificate(gone).Fingerprint(), Usage: registry.Signing}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Store.Revoke(t.Context(), registrytest.Operator, w.Certificate(revoked).Fingerprint(), registry.Unspecified); err != nil {
		t.Fatal(err)
	}
	see(t, ask(t, w.Visitor(), brokerUBN), http.StatusOK, "將到期", "已停用", "已廢止", "尚未生效")
	now = now.AddDate(0, 0, 31)
	see(t, ask(t, w.Visitor(), brokerUBN), http.StatusOK, "已過期", w.Certificate(soon).Serial())
}

func TestQueryMasksWhatIsPersonal(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CitizenCard(personID)
	party, _, err := w.Store.OpenAccount(t.Context(), "visitor:test", registry.NewAccount{
		Category: registry.Person, Attribute: "specialist", Language: "zh", Name: "wang@example.test", PasswordHash: noPassword,
		Proved: registry.Identifier{Kind: verifier.NationalID, Value: personID},
		Login:  registry.NewRegistration{Certificate: w.Certificate(card), Kind: registry.MOICA, Medium: registry.Card},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{
		Party: party, Certificate: w.Certificate(card), Usage: registry.Signing, Kind: registry.MOICA, Medium: registry.Card, UsageType: registry.SpecialistUse,
	}); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"wang@example.test", personID} {
		page := see(t, ask(t, w.Visitor(), who), http.StatusOK, "w***@e***.test", "CN=王○○", "自然人憑證")
		text := strings.Replace(page.Text, `value="`+who+`"`, "", 1) // what was typed stays in its field
		for _, secret := range []string{"wang@", "王小明", "0000000012345678", personID} {
			if strings.Contains(text, secret) {
				t.Errorf("by %s, the answer shows %s", who, secret)
			}
		}
	}
	see(t, ask(t, w.LoggedInBy(party, card), "wang@example.test"), http.StatusOK, "使用者帳號:wang@example.test", "CN=王小明")
	other := w.CompanyCard(traderUBN)
	stranger := w.LoggedInBy(w.Account(traderUBN, other, noPassword), other)
	if page := see(t, ask(t, stranger, personID), http.StatusOK, "王○○"); strings.Contains(page.Text, "王小明") {
		t.Error("another party sees a name")
	}
}

var csrfValue = regexp.MustCompile(`name="csrf" value="[^"]+"`)

// TestSecurityQueryTellsNobodyWhoExists: what is unknown, what is no identifier, and a
// party without certificates look alike.
func TestSecurityQueryTellsNobodyWhoExists(t *testing.T) {
	w := portaltest.NewWorld(t)
	if _, _, err := w.Store.CreateParty(t.Context(), registrytest.Operator, []registry.Identifier{
		{Kind: verifier.NationalID, Value: personID}, {Kind: verifier.BusinessID, Value: brokerUBN}, {Kind: verifier.Specialist, Value: specialist}, {Kind: verifier.Account, Value: "known@example.test"},
	}...); err != nil {
		t.Fatal(err)
	}
	c := w.Visitor()
	looks := func(who string) string {
		t.Helper()
		page := see(t, ask(t, c, who), http.StatusOK, "查無資料")
		return csrfValue.ReplaceAllString(strings.Replace(page.Text, `value="`+who+`"`, "", 1), "")
	}
	want := looks(personID)
	for _, who := range []string{"F131104093", "A123456788", brokerUBN, traderUBN, specialist, "B99999", "known@example.test", "unknown@example.test"} {
		if looks(who) != want {
			t.Errorf("the answer about %s looks different", who)
		}
	}
}

// TestSecurityQueriesAreLimited: national ids most of all, and an exhausted limit says
// nothing about who exists.
func TestSecurityQueriesAreLimited(t *testing.T) {
	w := portaltest.NewWorld(t)
	asked := func(who string) (n int) {
		t.Helper()
		c := w.Visitor()
		for ; n < 100; n++ {
			page := ask(t, c, who)
			if page.StatusCode == http.StatusTooManyRequests {
				if page.Header.Get("Retry-After") == "" || strings.Contains(page.Text, who) {
					t.Error("a limit says nothing of when, or repeats what was asked")
				}
				return n
			}
		}
		return n
	}
	national, company := asked(personID), asked(brokerUBN)
	if national > 6 || company < 3*national || company > 60 {
		t.Errorf("%d questions by national id and %d by 統一編號 were answered", national, company)
	}
	if n := asked("F131104093"); n != 0 {
		t.Errorf("%d more by another national id", n)
	}
}

// TestSecurityQueriesOfEverybodyAreLimited: many networks together, too, find out little.
func TestSecurityQueriesOfEverybodyAreLimited(t *testing.T) {
	w := portaltest.NewWorld(t)
	all := portal.QueryBucket(verifier.NationalID)
	for range all.Burst {
		if wait, err := w.Store.Take(t.Context(), all, "everybody"); err != nil || wait > 0 {
			t.Fatalf("wait %v, err %v", wait, err)
		}
	}
	if page := ask(t, w.Visitor(), personID); page.StatusCode != http.StatusTooManyRequests {
		t.Errorf("status %d once everybody's questions are used up", page.StatusCode)
	}
	see(t, ask(t, w.Visitor(), brokerUBN), http.StatusOK, "查無資料")
}

func TestMineChangesCertificates(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CompanyCard(brokerUBN)
	party := w.Account(brokerUBN, card, noPassword)
	first, second, theirs := w.CustomsFile(brokerUBN), w.CustomsFile(brokerUBN), w.CustomsFile(traderUBN)
	for _, i := range []*verifiertest.Identity{first, second, theirs} {
		imported(t, w.Visitor(), company(brokerUBN), registry.Customs, i.DER())
	}
	if got := mailed(t, w); got != 3 {
		t.Errorf("%d mails after three imports", got)
	}
	plain := unbelieved(t, w, verifiertest.CustomsHolder{BusinessID: brokerUBN})
	imported(t, w.Visitor(), company(brokerUBN), registry.Customs, plain.DER())
	counting(t, w, brokerUBN, first, second)

	c := w.LoggedInBy(party, card)
	at := func(i *verifiertest.Identity, action string) string {
		return "/certificates/mine/" + fingerprint(w, i) + "/signing/" + action
	}
	see(t, c.Get("/certificates/mine"), http.StatusOK, "我的憑證", at(second, "main"), at(first, "delete"), at(theirs, "refuse"), at(plain, "confirm"),
		"/import/prove/"+fingerprint(w, theirs), "須先由持有人以該金鑰簽署")

	// Confirm what lacks nothing but the party's word.
	see(t, c.Get(at(plain, "confirm")), http.StatusOK, "確認憑證", w.Certificate(plain).Serial())
	led(t, c.Post(at(plain, "confirm")), "/certificates/mine")
	see(t, c.Get("/certificates/mine"), http.StatusOK, "憑證已確認並生效")
	counting(t, w, brokerUBN, first, second, plain)

	// What names somebody else takes a proof first.
	see(t, c.Get(at(theirs, "confirm")), http.StatusNotFound, "無法執行此作業")
	see(t, c.Post(at(theirs, "confirm")), http.StatusNotFound)
	page := c.Get("/import/prove/" + fingerprint(w, theirs))
	led(t, c.Post("/import/prove/"+fingerprint(w, theirs), "nonce", nonceOf(t, page), "signature", prove(t, w, page, theirs)), "/certificates/mine")
	c.Get(at(theirs, "confirm"))
	led(t, c.Post(at(theirs, "confirm")), "/certificates/mine")
	counting(t, w, brokerUBN, first, second, plain, theirs)

	c.Get(at(second, "main"))
	led(t, c.Post(at(second, "main")), "/certificates/mine")
	if !one(t, w, second, registry.Signing).Main || one(t, w, first, registry.Signing).Main {
		t.Error("the main certificate didn't move")
	}
	see(t, c.Get(at(second, "delete")), http.StatusOK, "5 秒", "這是主憑證")
	led(t, c.Post(at(second, "delete")), "/certificates/mine")
	see(t, c.Get("/certificates/mine"), http.StatusOK, "憑證已刪除", "已停用")
	counting(t, w, brokerUBN, first, plain, theirs)
	see(t, c.Post(at(second, "delete")), http.StatusNotFound)

	fourth := w.CustomsFile(traderUBN)
	imported(t, w.Visitor(), company(brokerUBN), registry.Customs, fourth.DER())
	c.Get(at(fourth, "refuse"))
	led(t, c.Post(at(fourth, "refuse")), "/certificates/mine")
	if l := one(t, w, fourth, registry.Signing); l.State != verifier.Withdrawn {
		t.Errorf("what was refused is %s", l.State)
	}
	audited(t, w, party, "confirmed", "possession_proved", "main_moved", "withdrawn")
	see(t, c.Get("/certificates/mine/"+fingerprint(w, card)+"/login/delete"), http.StatusNotFound)
	if got := mailed(t, w); got < 8 {
		t.Errorf("%d mails after eight changes", got)
	}
}

func TestSecurityOnlyTheOwnersCertificateSessionDeletes(t *testing.T) {
	w := portaltest.NewWorld(t)
	card, other := w.CompanyCard(brokerUBN), w.CompanyCard(traderUBN)
	party, stranger := w.Account(brokerUBN, card, noPassword), w.Account(traderUBN, other, noPassword)
	file := w.CustomsFile(brokerUBN)
	imported(t, w.Visitor(), company(brokerUBN), registry.Customs, file.DER())

	path := "/certificates/mine/" + fingerprint(w, file) + "/signing/"
	for name, c := range map[string]*portaltest.Client{
		"nobody":          w.Visitor(),
		"another party":   w.LoggedInBy(stranger, other),
		"a password":      w.LoggedIn(registry.Opening{LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByPassword}),
		"an operator":     w.Operator("chen"),
		"without a token": w.LoggedInBy(party, card),
	} {
		if name != "without a token" {
			c.Get("/certificates") // for a token
		}
		for _, action := range []string{"delete", "main", "refuse", "confirm"} {
			if page := c.Post(path + action); page.StatusCode == http.StatusOK || page.StatusCode == http.StatusSeeOther && page.Location() != "/login?next=/certificates/mine" {
				t.Errorf("%s: %s answered %d to %q", name, action, page.StatusCode, page.Location())
			}
			if name != "without a token" {
				if page := c.Get(path + action); page.StatusCode == http.StatusOK {
					t.Errorf("%s sees the page of %s", name, action)
				}
			}
		}
	}
	counting(t, w, brokerUBN, file)
	if got := w.Audited(party); strings.Contains(strings.Join(asStrings(got), " "), "withdrawn") {
		t.Errorf("audited %v", got)
	}
	led(t, w.Visitor().Get("/certificates/mine"), "/login?next=/certificates/mine")

	// A session ends with its certificate.
	c := w.LoggedInBy(party, card)
	see(t, c.Get("/certificates/mine"), http.StatusOK)
	if _, _, err := w.Store.Revoke(t.Context(), registrytest.Operator, w.Certificate(card).Fingerprint(), registry.Unspecified); err != nil {
		t.Fatal(err)
	}
	led(t, c.Get("/certificates/mine"), "/login?next=/certificates/mine")
}

func asStrings[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}
