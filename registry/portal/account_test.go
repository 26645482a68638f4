package portal_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

func TestAccountPage(t *testing.T) {
	w := newLoginWorld(t)
	leads(t, w.Visitor().Get("/account"), "/login?next=/account")
	soon := w.Terms()
	soon.NotAfter = w.Now.Add(30 * 24 * time.Hour)
	file := w.Issue(w.PKI.Customs, verifiertest.CustomsHolder{BusinessID: loginUBN, Ordinal: 6}, soon)
	if _, _, err := w.Store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{
		Party: w.party, Certificate: w.Certificate(file), Usage: registry.Signing, UsageType: registry.BrokerUse, Kind: registry.Customs, Medium: registry.File,
	}); err != nil {
		t.Fatal(err)
	}
	c := w.Visitor()
	w.byCard(c, w.card)
	w.byPassword(w.Visitor(), loginUBN, otherPassword)
	page := c.Get("/account")
	says(t, page, http.StatusOK, loginUBN, "企業", "報關業", "owner-"+loginUBN+"@example.test", "陳美", "02-23456789",
		"將到期", "您有 1 張憑證將於 60 天內到期", w.Certificate(file).Serial(), "主憑證", "生效中",
		"憑證登入", "帳號登入失敗（密碼錯誤）", "註冊帳號", "註冊憑證", "未登入者", "管理人員", "本帳號", "目前只有本裝置登入", `href="/account"`)
	english := c.Get("/account?lang=en")
	says(t, english, http.StatusOK, "Login refused (wrong password)", "Expires soon", "Customs certificate")
	if strings.Contains(english.Text, "[account.") {
		t.Error("a word is missing")
	}
	// Nobody else's page has the link.
	if page := w.Operator("amy").Get("/"); strings.Contains(page.Text, `href="/account"`) {
		t.Error("operators are led to an account")
	}
}

// TestEveryActionHasWords: what a party may find in its log is said in words.
func TestEveryActionHasWords(t *testing.T) {
	actions := []registry.AuditAction{
		registry.AccountOpened, registry.ProfileChanged, registry.PasswordSet, registry.LoggedIn, registry.LoginRefused, registry.LoggedOut,
		registry.SessionsEnded, registry.ResetAsked, registry.ResetApproved, registry.Queried, registry.PossessionProved,
		registry.ClaimMade, registry.ClaimApproved, registry.ClaimRefused, registry.NoticeSent, registry.PartySearched,
	}
	for _, kind := range []registry.ChangeKind{registry.PartyCreated, registry.IdentifierAdded, registry.Registered, registry.Confirmed, registry.Withdrawn, registry.Revoked, registry.Replaced, registry.MainMoved} {
		actions = append(actions, registry.AuditAction(kind))
	}
	for _, action := range actions {
		if !portal.HasWord("account.action." + string(action)) {
			t.Errorf("%s has no words", action)
		}
	}
	for _, why := range registry.LoginObstacles {
		if !portal.HasWord("login.refused." + string(why)) {
			t.Errorf("%s has no words", why)
		}
	}
}

func TestAccountContactData(t *testing.T) {
	w := newLoginWorld(t)
	c := w.LoggedInBy(w.party, w.card)
	says(t, c.Get("/account/contact"), http.StatusOK, "owner-"+loginUBN+"@example.test", "陳美", "公司中文名稱", "負責人")
	good := []string{"email", "new@example.test", "contact_name", "王大同", "phone", "02-87654321#12", "address", "臺北市塔城街13號",
		"company_chinese", "新名股份有限公司", "company_english", "New Name", "responsible", "李四", "language", "en"}
	for _, tt := range []struct{ field, value, words string }{
		{"email", "nobody", "電子郵件格式不正確"},
		{"email", "a@b.example\r\nBcc: c@d.example", "無法使用的字元"},
		{"contact_name", "", "請填寫「聯絡人姓名」"},
		{"contact_name", strings.Repeat("王", 61), "最多 60 個字"},
		{"contact_name", "王\u202e大同", "無法使用的字元"},
		{"phone", "call me", "聯絡電話格式不正確"},
		{"language", "fr", "請填寫「通知語言」"},
	} {
		form := slices.Clone(good)
		form[slices.Index(form, tt.field)+1] = tt.value
		says(t, c.Post("/account/contact", form...), http.StatusUnprocessableEntity, tt.words)
	}
	if slices.Contains(w.Audited(w.party), registry.ProfileChanged) {
		t.Error("it was changed all the same")
	}
	leads(t, c.Post("/account/contact", good...), "/account")
	account, profile, err := w.Store.Account(t.Context(), w.party)
	if err != nil || account.Language != "en" || account.Name != loginUBN || profile.Email != "new@example.test" || profile.ContactName != "王大同" ||
		profile.Phone != "02-87654321#12" || profile.Address != "臺北市塔城街13號" || profile.CompanyChinese != "新名股份有限公司" || profile.Responsible != "李四" {
		t.Errorf("kept %+v, %+v, %v", account, profile, err)
	}
	if e := w.latest(); e.Action != registry.ProfileChanged || e.Actor != registry.PartyActor(w.party) || e.Detail != "" {
		t.Errorf("noted %+v", e)
	}
	says(t, c.Get("/account"), http.StatusOK, "聯絡資料已更新", "王大同")
	// Whoever had the mails so far is told.
	if told := w.mail(); told.To != "owner-"+loginUBN+"@example.test" || !strings.Contains(told.Subject, "電子郵件已變更") || strings.Contains(told.Text, "new@example.test") {
		t.Errorf("told %s: %s", told.To, told.Subject)
	}
	c.Get("/account/contact")
	leads(t, c.Post("/account/contact", "go", "cancel"), "/account")
}

// TestAccountOfAPersonAndOfATrade: who enters what.
func TestAccountOfAPersonAndOfATrade(t *testing.T) {
	w := newLoginWorld(t)
	open := func(a registry.NewAccount, card *verifiertest.Identity, kind registry.CertificateKind) *portaltest.Client {
		t.Helper()
		a.Language, a.PasswordHash = "zh", registryHash
		a.Login = registry.NewRegistration{Certificate: w.Certificate(card), Kind: kind, Medium: registry.Card}
		party, _, err := w.Store.OpenAccount(t.Context(), "visitor:test", a)
		if err != nil {
			t.Fatal(err)
		}
		return w.LoggedInBy(party, card)
	}
	person := open(registry.NewAccount{
		Category: registry.Person, Attribute: "citizen", Name: "ming@example.test",
		Proved:  registry.Identifier{Kind: verifier.NationalID, Value: "A123456789"},
		Profile: registry.Profile{Email: "ming@example.test", ContactName: "王小明", BirthDate: "1990-12-31", Phone: "0912345678", Address: "臺北市"},
	}, w.CitizenCard("A123456789"), registry.MOICA)
	page := person.Get("/account/contact")
	says(t, page, http.StatusOK, "出生年月日", "1990-12-31")
	if strings.Contains(page.Text, "公司中文名稱") {
		t.Error("a person is asked for a company")
	}
	for _, day := range []string{"2190-01-01", "1990-02-30", "1899-01-01", "31/12/1990"} {
		says(t, person.Post("/account/contact", "email", "ming@example.test", "contact_name", "王小明", "birth_date", day, "phone", "0912345678", "address", "臺北市", "language", "zh"),
			http.StatusUnprocessableEntity, "出生年月日不正確")
	}
	if page := person.Get("/account"); strings.Contains(page.Text, "A123456789") {
		t.Error("the page shows a national id")
	}

	carrier := open(registry.NewAccount{
		Category: registry.Company, Attribute: "carrier", Name: "04177036",
		Proved:  registry.Identifier{Kind: verifier.BusinessID, Value: "04177036"},
		Profile: registry.Profile{Email: "ship@example.test", ContactName: "林一", Phone: "0912345678", Address: "基隆市", CompanyChinese: "輪船", Codes: map[string]string{"operator": "EMC"}},
	}, w.CompanyCard("04177036"), registry.MOEACA)
	says(t, carrier.Get("/account/contact"), http.StatusOK, "業者代碼", "EMC")
	fields := []string{"email", "ship@example.test", "contact_name", "林一", "phone", "0912345678", "address", "基隆市", "company_chinese", "輪船", "language", "zh", "code_operator"}
	says(t, carrier.Post("/account/contact", append(fields, "a b")...), http.StatusUnprocessableEntity, "代碼為 1 至 20 個")
	leads(t, carrier.Post("/account/contact", append(fields, "YML")...), "/account")
	says(t, carrier.Get("/account"), http.StatusOK, "YML")
	leads(t, carrier.Post("/account/contact", append(fields, "")...), "/account")
	if page := carrier.Get("/account"); strings.Contains(page.Text, "YML") {
		t.Error("the code is still there")
	}
}

func TestAccountPasswordIsChanged(t *testing.T) {
	w := newLoginWorld(t)
	card, other := w.Visitor(), w.Visitor()
	w.byCard(card, w.card)
	w.byPassword(other, loginUBN, loginPassword)
	before := w.cookie(card, "session")
	page := card.Get("/account/password")
	if strings.Contains(page.Text, `name="old"`) {
		t.Error("a certificate session is asked for the old password")
	}
	says(t, card.Post("/account/password", "password", "weak", "confirm", "weak"), http.StatusUnprocessableEntity, "至少 8 碼")
	leads(t, card.Post("/account/password", "password", resetPassword, "confirm", resetPassword), "/account")
	if w.isIn(other) != "" {
		t.Error("the other session goes on")
	}
	if w.isIn(card) != w.party || w.cookie(card, "session") == before {
		t.Error("this session ended, or its cookie stays")
	}
	if session, _ := w.session(card); !session.MayChange() {
		t.Error("this session is weaker now")
	}
	if !slices.Contains(w.Audited(w.party), registry.PasswordSet) || !strings.Contains(w.mail().Subject, "密碼已設定") {
		t.Error("it isn't noted or told")
	}
	leads(t, w.byPassword(w.from("203.0.113.5"), loginUBN, resetPassword), "/account")
}

// TestSecurityPasswordSessionNeedsTheOldPassword, within the limits of guesses.
func TestSecurityPasswordSessionNeedsTheOldPassword(t *testing.T) {
	w := newLoginWorld(t)
	c := w.from("203.0.113.5")
	w.byPassword(c, loginUBN, loginPassword)
	says(t, c.Get("/account/password"), http.StatusOK, `name="old"`)
	for _, old := range []string{"", otherPassword} {
		says(t, c.Post("/account/password", "old", old, "password", resetPassword, "confirm", resetPassword), http.StatusUnprocessableEntity, "目前的密碼不正確")
	}
	if e := w.latest(); e.Action != registry.LoginRefused || e.Party != w.party {
		t.Errorf("noted %+v", e)
	}
	leads(t, c.Post("/account/password", "old", loginPassword, "password", resetPassword, "confirm", resetPassword), "/account")
	if session, _ := w.session(c); session.Strength != registry.ByPassword || session.Party != w.party {
		t.Errorf("the session is %+v", session)
	}
	status := 0
	for range 15 {
		status = c.Post("/account/password", "old", otherPassword, "password", loginPassword, "confirm", loginPassword).StatusCode
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("status %d after 15 guesses", status)
	}
}

func TestAccountEndsOtherSessions(t *testing.T) {
	w := newLoginWorld(t)
	c, other := w.Visitor(), w.Visitor()
	w.byCard(c, w.card)
	w.byPassword(other, loginUBN, loginPassword)
	says(t, c.Get("/account"), http.StatusOK, "另有 1 個登入")
	leads(t, c.Post("/account/sessions"), "/account")
	if w.isIn(other) != "" || w.isIn(c) != w.party {
		t.Error("the wrong session ended")
	}
	if e := w.latest(); e.Action != registry.SessionsEnded || e.Party != w.party || e.Actor != registry.PartyActor(w.party) {
		t.Errorf("noted %+v", e)
	}
	says(t, c.Get("/account"), http.StatusOK, "其他裝置均已登出", "目前只有本裝置登入")
}

// TestPartyWithoutAnAccountSeesItsCertificates: an operator registered its card.
func TestPartyWithoutAnAccountSeesItsCertificates(t *testing.T) {
	w := newLoginWorld(t)
	party, _, err := w.Store.CreateParty(t.Context(), registrytest.Operator, registry.Identifier{Kind: verifier.BusinessID, Value: "04177036"})
	if err != nil {
		t.Fatal(err)
	}
	card := w.CompanyCard("04177036")
	if _, _, err := w.Store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{
		Party: party, Certificate: w.Certificate(card), Usage: registry.Login, Kind: registry.MOEACA, Medium: registry.Card,
	}); err != nil {
		t.Fatal(err)
	}
	c := w.Visitor()
	leads(t, w.byCard(c, card), "/account")
	says(t, c.Get("/account"), http.StatusOK, "尚無帳號資料", "工商憑證")
	says(t, c.Get("/account/contact"), http.StatusNotFound)
	says(t, c.Get("/account/password"), http.StatusNotFound)
}
