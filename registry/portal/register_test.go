package portal_test

import (
	"log/slog"
	"maps"
	"net/http"
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

const (
	somebody  = "A123456789" // 身分證字號
	someone   = "F131104093"
	broker    = "97162640" // 統一編號
	trader    = "04177036"
	goodWord  = "Wxq7-pLim-Rk2"
	someHash  = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
	someEmail = "Ming.Wang@example.test"
)

// An applicant goes through 憑證帳號註冊.
type applicant struct {
	*portaltest.Client
	t testing.TB
	w *portaltest.World
}

func newApplicant(t testing.TB, w *portaltest.World) *applicant {
	return &applicant{w.Visitor(), t, w}
}

// goes fails the test unless the answer leads to a path.
func (a *applicant) goes(page portaltest.Page, path string) {
	a.t.Helper()
	if page.StatusCode != http.StatusSeeOther || page.Location() != path {
		a.t.Fatalf("%d to %q, want a redirect to %s: %s", page.StatusCode, page.Location(), path, problems(page))
	}
}

// refuses fails the test unless the page says why it is shown again.
func (a *applicant) refuses(page portaltest.Page, words string) {
	a.t.Helper()
	if page.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page.Text, words) {
		a.t.Fatalf("%d, want 422 with %q: %s", page.StatusCode, words, problems(page))
	}
}

// problems are the part of a page that says what is wrong.
func problems(page portaltest.Page) string {
	if _, after, found := strings.Cut(page.Text, `class="problems"`); found {
		before, _, _ := strings.Cut(after, "</div>")
		return before
	}
	return page.Text[:min(len(page.Text), 300)]
}

func (a *applicant) chooses(category, attribute string) {
	a.t.Helper()
	a.Get("/register")
	a.goes(a.Post("/register", "go", "next", "category", category, "attribute_"+category, attribute), "/register/card")
}

func (a *applicant) reads(card *verifiertest.Identity) portaltest.Page {
	a.t.Helper()
	page := a.Get("/register/card")
	return a.Post("/register/card", append(a.w.Signed(page, card), "go", "next")...)
}

// personal is step 3 of a person, company of a company, trade step 4, well filled in.
func personal() map[string]string {
	return map[string]string{
		"email": someEmail, "contact": "王小明", "identifier": somebody, "birth": "1980-02-29",
		"phone": "02-23456789#12", "address": "臺北市中正區測試路 1 號", "password": goodWord, "password_again": goodWord,
	}
}

func corporate() map[string]string {
	return map[string]string{
		"email": "office@example.test", "contact": "陳美", "identifier": broker,
		"phone": "0223456789", "address": "臺北市中正區測試路 1 號", "password": goodWord, "password_again": goodWord,
	}
}

func trade() map[string]string {
	return map[string]string{"company_chinese": "測試報關股份有限公司", "company_english": "Test Brokers Ltd.", "responsible": "陳大文", "id_box": "0c1"}
}

// with is a form with fields changed.
func with(form map[string]string, pairs ...string) map[string]string {
	form = maps.Clone(form)
	for i := 0; i+1 < len(pairs); i += 2 {
		form[pairs[i]] = pairs[i+1]
	}
	return form
}

// fills posts a step's form. The page is got first, for its token.
func (a *applicant) fills(path string, form map[string]string, button string) portaltest.Page {
	a.t.Helper()
	a.Get(path)
	pairs := []string{"go", button}
	for name, value := range form {
		pairs = append(pairs, name, value)
	}
	return a.Post(path, pairs...)
}

// value is what one row holds.
func value[T any](t testing.TB, w *portaltest.World, sql string, args ...any) (v T) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// counts fails the test unless there are so many parties, accounts and registrations.
func counts(t testing.TB, w *portaltest.World, want int) {
	t.Helper()
	for _, table := range []string{"parties", "accounts", "registrations"} {
		if got := value[int](t, w, `SELECT count(*) FROM `+table); got != want {
			t.Errorf("%d %s, want %d", got, table, want)
		}
	}
}

func TestAPersonRegisters(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	card := w.CitizenCard(somebody)
	a.chooses("person", "specialist")
	a.goes(a.reads(card), "/register/details")
	if page := a.Get("/register/card"); !strings.Contains(page.Text, "檢查完畢") {
		t.Error("the card that was read isn't shown")
	}
	a.goes(a.fills("/register/details", with(personal(), "identifier", "ａ123456789", "id_specialist", "a00001"), "next"), "/register/done")
	done := a.Get("/register/done")
	for _, words := range []string{"恭喜您已完成註冊程序。", "0800-000-000", "(02)0000-0000", "helpdesk@portal.example", `href="/replace"`, "回首頁", "60 天"} {
		if !strings.Contains(done.Text, words) {
			t.Errorf("the last page lacks %q", words)
		}
	}
	if strings.Contains(done.Text, `action="/logout"`) {
		t.Error("the visitor is logged in")
	}

	counts(t, w, 1)
	account, profile, err := w.Store.AccountNamed(t.Context(), strings.ToUpper(someEmail))
	if err != nil {
		t.Fatal(err)
	}
	if account.Name != strings.ToLower(someEmail) || account.Category != registry.Person || account.Attribute != "specialist" || account.Language != "zh" || !account.HasPassword || account.Legacy {
		t.Errorf("opened %+v", account)
	}
	if profile.Email != someEmail || profile.ContactName != "王小明" || profile.BirthDate != "1980-02-29" || profile.Phone != "02-23456789#12" || profile.CompanyChinese != "" {
		t.Errorf("kept %+v", profile)
	}
	if kinds := value[[]string](t, w, `SELECT array_agg(kind ORDER BY kind) FROM identifiers`); !slices.Equal(kinds, []string{"account", "national"}) {
		t.Errorf("it goes by %v", kinds)
	}
	if claim := value[string](t, w, `SELECT kind || ' ' || shown FROM identifier_claims`); claim != "specialist A00001" {
		t.Errorf("it claims %s", claim)
	}
	if login := value[string](t, w, `SELECT concat_ws(' ', usage, kind, medium, usage_type) FROM registrations`); login != "login moica card" {
		t.Errorf("registered as %q", login)
	}
	holder, err := w.Store.LoginOf(t.Context(), w.Certificate(card).Fingerprint())
	if err != nil || holder.Party != account.Party {
		t.Errorf("the card lets in %+v, %v", holder, err)
	}
	want := []registry.AuditAction{"claim_made", "party_created", "account_opened", "registered"}
	if got := w.Audited(account.Party); !slices.Equal(got, want) {
		t.Errorf("audited %v, want %v", got, want)
	}
	if actor := value[string](t, w, `SELECT DISTINCT actor FROM audit_log`); !strings.HasPrefix(actor, "visitor:") {
		t.Errorf("the actor is %s", actor)
	}
	if exists, err := w.Store.Exists(t.Context(), verifier.NationalID, somebody); err != nil || !exists {
		t.Errorf("by its 身分證字號 it exists: %v, %v", exists, err)
	}
}

func TestACompanyRegisters(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.Get("/?lang=en")
	a.chooses("company", "broker")
	a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
	a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
	if page := a.Get("/register/company"); !strings.Contains(page.Text, `value="測試報關股份有限公司"`) {
		t.Error("the certificate's name isn't offered")
	}
	a.goes(a.fills("/register/company", trade(), "next"), "/register/done")

	counts(t, w, 1)
	account, profile, err := w.Store.AccountNamed(t.Context(), broker)
	if err != nil {
		t.Fatal(err)
	}
	if account.Name != broker || account.Category != registry.Company || account.Attribute != "broker" || account.Language != "en" || !account.HasPassword {
		t.Errorf("opened %+v", account)
	}
	if profile.CompanyChinese != "測試報關股份有限公司" || profile.CompanyEnglish != "Test Brokers Ltd." || profile.Responsible != "陳大文" || profile.BirthDate != "" {
		t.Errorf("kept %+v", profile)
	}
	if claim := value[string](t, w, `SELECT kind || ' ' || shown FROM identifier_claims`); claim != "box 0C1" {
		t.Errorf("it claims %s", claim)
	}
	if login := value[string](t, w, `SELECT concat_ws(' ', usage, kind, medium, usage_type) FROM registrations`); login != "login moeaca card" {
		t.Errorf("registered as %q", login)
	}
	if detail := value[string](t, w, `SELECT detail FROM audit_log WHERE action = 'account_opened'`); detail != "company/broker" {
		t.Errorf("audited %q", detail)
	}
}

func TestEveryAttributeRegisters(t *testing.T) {
	w := portaltest.NewWorld(t)
	all, err := registry.Attributes()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 12 {
		t.Errorf("%d attributes, want 12", len(all))
	}
	for _, info := range all {
		t.Run(string(info.Code), func(t *testing.T) {
			a := newApplicant(t, w)
			a.chooses(string(info.Category), string(info.Code))
			page := a.Get("/register/card")
			if strings.Contains(page.Text, "GCA") != (info.Code == registry.GovernmentAttribute) {
				t.Error("政府機關, and nobody else, is told which card to use")
			}
			if info.Category == registry.Person {
				a.goes(a.reads(w.CitizenCard(somebody)), "/register/details")
				return
			}
			a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
			a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
			page = a.Get("/register/company")
			for _, code := range info.Codes {
				if !strings.Contains(page.Text, code.Chinese) {
					t.Errorf("%s isn't asked for", code.Chinese)
				}
				a.refuses(a.fills("/register/company", with(trade(), "code_"+code.Code, "x y"), "next"), "代碼不正確")
			}
			if strings.Contains(page.Text, "箱號") != slices.Contains(info.Identifiers, verifier.BrokerBox) {
				t.Error("箱號 is asked for, or not")
			}
		})
	}
}

func TestCodesOfATradeAreKept(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.chooses("company", "warehouse")
	a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
	a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
	a.goes(a.fills("/register/company", with(trade(), "code_warehouse", "A1234"), "next"), "/register/done")
	_, profile, err := w.Store.AccountNamed(t.Context(), broker)
	if err != nil || profile.Codes["warehouse"] != "A1234" || len(profile.Codes) != 1 {
		t.Errorf("kept %v, %v", profile.Codes, err)
	}
	if claims := value[int](t, w, `SELECT count(*) FROM identifier_claims`); claims != 0 {
		t.Errorf("%d claims; a 箱號 wasn't asked for", claims)
	}
}

func TestARegisteredCardGoesHome(t *testing.T) {
	const words = "您已註冊本系統，系統將為您導回首頁"
	w := portaltest.NewWorld(t)
	card := w.CompanyCard(broker)
	w.Account(broker, card, someHash)
	t.Run("by the form", func(t *testing.T) {
		a := newApplicant(t, w)
		a.chooses("company", "trader")
		a.goes(a.reads(card), "/")
		if page := a.Get("/"); !strings.Contains(page.Text, words) {
			t.Error("it isn't said why")
		}
		a.goes(a.Get("/register/card"), "/register") // nothing was kept
	})
	t.Run("by the script", func(t *testing.T) {
		a := newApplicant(t, w)
		a.chooses("company", "trader")
		page := a.Post("/register/check", w.Signed(a.Get("/register/card"), card)...)
		if want := `{"ok":false,"text":"` + words + `","next":"/"}`; strings.TrimSpace(page.Text) != want {
			t.Errorf("answered %s, want %s", page.Text, want)
		}
		if page := a.Get("/"); !strings.Contains(page.Text, words) {
			t.Error("it isn't said why")
		}
	})
}

func TestTheScriptHasACardChecked(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.chooses("person", "citizen")
	page := a.Get("/register/card")
	answer := a.Post("/register/check", w.Signed(page, w.CompanyCard(broker))...)
	if !strings.Contains(answer.Text, `"ok":false,"text":"申請類別為「個人」，請插入自然人憑證卡","nonce":"`) || answer.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("answered %s", answer.Text)
	}
	_, nonce, _ := strings.Cut(answer.Text, `"nonce":"`)
	nonce, _, _ = strings.Cut(nonce, `"`)
	signed := w.SignedFor("register", w.Origin, nonce, w.CitizenCard(somebody))
	if answer = a.Post("/register/check", signed...); strings.TrimSpace(answer.Text) != `{"ok":true,"text":"檢查完畢"}` {
		t.Fatalf("answered %s", answer.Text)
	}
	// The form holds what the script had checked; the challenge is used up.
	a.goes(a.Post("/register/card", append(signed, "go", "next")...), "/register/details")
	// 改用其他卡片
	a.goes(a.Post("/register/card", "go", "again"), "/register/card")
	a.goes(a.Get("/register/details"), "/register/card")
}

func TestStepsGoBackAndForth(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.chooses("company", "broker")
	a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
	a.goes(a.fills("/register/details", with(corporate(), "phone", "nonsense"), "back"), "/register/card")
	page := a.Get("/register/details")
	for _, kept := range []string{`value="office@example.test"`, `value="nonsense"`, `value="陳美"`} {
		if !strings.Contains(page.Text, kept) {
			t.Errorf("上一步 didn't keep %s", kept)
		}
	}
	a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
	a.goes(a.fills("/register/company", with(trade(), "responsible", "林"), "back"), "/register/details")
	page = a.Get("/register/details")
	if strings.Contains(page.Text, goodWord) || !strings.Contains(page.Text, "登入密碼已設定") {
		t.Error("the password isn't kept, or shown")
	}
	// The password stays where the fields are left empty, but not beside another name.
	a.refuses(a.fills("/register/details", with(corporate(), "password", "", "password_again", "", "email", "wxq7-plim@example.test"), "next"), "請填寫「設定登入密碼」")
	a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
	a.goes(a.fills("/register/details", with(corporate(), "password", "", "password_again", ""), "next"), "/register/company")
	if page := a.Get("/register/company"); !strings.Contains(page.Text, `value="林"`) || !strings.Contains(page.Text, `value="0C1"`) {
		t.Error("step 4 wasn't kept")
	}
	// Another attribute keeps what was entered, another category doesn't.
	a.chooses("company", "carrier")
	a.goes(a.Get("/register/company"), "/register/details")
	if page := a.Get("/register/details"); !strings.Contains(page.Text, `value="office@example.test"`) {
		t.Error("another attribute forgot what was entered")
	}
	a.chooses("person", "citizen")
	a.goes(a.Get("/register/details"), "/register/card")
	counts(t, w, 0)
}

func TestCancellingForgets(t *testing.T) {
	w := portaltest.NewWorld(t)
	for _, at := range []string{"/register", "/register/card", "/register/details", "/register/company"} {
		a := newApplicant(t, w)
		a.chooses("company", "broker")
		a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
		a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
		a.goes(a.fills(at, nil, "cancel"), "/centre")
		if page := a.Get("/centre"); !strings.Contains(page.Text, "已取消註冊") {
			t.Error("it isn't said that the registration was cancelled")
		}
		if drafts := value[int](t, w, `SELECT count(*) FROM drafts`); drafts != 0 {
			t.Errorf("%s: %d drafts are left", at, drafts)
		}
		a.goes(a.Get("/register/company"), "/register")
	}
	counts(t, w, 0)
}

func TestFinishingTwiceOpensOneAccount(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.chooses("person", "citizen")
	a.goes(a.reads(w.CitizenCard(somebody)), "/register/details")
	pairs := []string{"go", "next"}
	for name, value := range personal() {
		pairs = append(pairs, name, value)
	}
	a.Get("/register/details")
	// A button pressed twice: both requests find the same draft.
	pages := make(chan portaltest.Page, 2)
	for range 2 {
		go func() { pages <- a.Post("/register/details", pairs...) }()
	}
	for range 2 {
		if page := <-pages; page.StatusCode != http.StatusSeeOther || page.Location() != "/register/done" && page.Location() != "/" {
			t.Errorf("%d to %q: %s", page.StatusCode, page.Location(), problems(page))
		}
	}
	counts(t, w, 1)
	// The back button, once all is over.
	page := a.Post("/register/details", pairs...)
	if to := page.Location(); to != "/register/done" && to != "/register" {
		t.Errorf("sent again, %d to %q", page.StatusCode, to)
	}
	counts(t, w, 1)
	if first := a.Get("/register"); first.StatusCode != http.StatusOK || !strings.Contains(first.Text, `value="person" checked`) {
		t.Error("another registration can't begin")
	}
}

func TestAFinishedRegistrationKeepsNothing(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.chooses("person", "citizen")
	a.goes(a.reads(w.CitizenCard(somebody)), "/register/details")
	a.goes(a.fills("/register/details", personal(), "next"), "/register/done")
	var draft struct {
		Finished bool
		Entered  map[string]string
	}
	id := value[[]byte](t, w, `SELECT session FROM drafts`)
	if err := w.Store.Draft(t.Context(), registry.SessionID(id), "register", &draft); err != nil || !draft.Finished || len(draft.Entered) != 0 {
		t.Errorf("kept %+v, %v", draft, err)
	}
	for _, path := range []string{"/register/card", "/register/details", "/register/company"} {
		a.goes(a.Get(path), "/register/done")
		a.goes(a.Post(path, "go", "next"), "/register/done")
	}
}

func TestRefusalsOfTheRegistry(t *testing.T) {
	// company brings a company to the end of step 4.
	company := func(t *testing.T, w *portaltest.World, card *verifiertest.Identity) *applicant {
		a := newApplicant(t, w)
		a.chooses("company", "broker")
		a.goes(a.reads(card), "/register/details")
		a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
		return a
	}
	t.Run("the company has an account, by another card", func(t *testing.T) {
		w := portaltest.NewWorld(t)
		a := company(t, w, w.CompanyCard(broker))
		w.Account(broker, w.CompanyCard(broker), someHash)
		a.refuses(a.fills("/register/company", trade(), "next"), "請直接執行「憑證登入」")
		a.refuses(a.fills("/register/details", corporate(), "next"), "請直接執行「憑證登入」")
		counts(t, w, 1)
	})
	t.Run("the company registered with this card meanwhile", func(t *testing.T) {
		w := portaltest.NewWorld(t)
		card := w.CompanyCard(broker)
		a := company(t, w, card)
		w.Account(broker, card, someHash)
		a.goes(a.fills("/register/company", trade(), "next"), "/") // as if the answer had been lost
		counts(t, w, 1)
	})
	t.Run("the card is in force elsewhere", func(t *testing.T) {
		w := portaltest.NewWorld(t)
		card := w.CompanyCard(broker)
		a := company(t, w, card)
		party := w.Account(trader, w.CompanyCard(trader), someHash)
		_, _, err := w.Store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{
			Party: party, Certificate: w.Certificate(card), Usage: registry.Signing, Kind: registry.MOEACA, Medium: registry.Card, UsageType: registry.BrokerUse})
		if err != nil {
			t.Fatal(err)
		}
		a.refuses(a.fills("/register/company", trade(), "next"), "正由其他帳號使用中")
	})
	t.Run("the certificate was revoked", func(t *testing.T) {
		w := portaltest.NewWorld(t)
		card := w.CompanyCard(broker)
		a := company(t, w, card)
		party := w.Account(trader, w.CompanyCard(trader), someHash)
		r := registry.NewRegistration{Party: party, Certificate: w.Certificate(card), Usage: registry.Signing, Kind: registry.MOEACA, Medium: registry.Card, UsageType: registry.BrokerUse}
		if _, _, err := w.Store.Register(t.Context(), registrytest.Operator, r); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Store.Revoke(t.Context(), registrytest.Operator, w.Certificate(card).Fingerprint(), registry.Unspecified); err != nil {
			t.Fatal(err)
		}
		a.refuses(a.fills("/register/company", trade(), "next"), "已廢止")
	})
	t.Run("the e-mail address is another's account name", func(t *testing.T) {
		w := portaltest.NewWorld(t)
		for i, id := range []string{somebody, someone} {
			a := newApplicant(t, w)
			a.chooses("person", "citizen")
			a.goes(a.reads(w.CitizenCard(id)), "/register/details")
			page := a.fills("/register/details", with(personal(), "identifier", id), "next")
			if i == 0 {
				a.goes(page, "/register/done")
				continue
			}
			a.refuses(page, "請改用其他電子郵件")
			a.goes(a.fills("/register/details", with(personal(), "identifier", id, "email", "other@example.test"), "next"), "/register/done")
		}
		counts(t, w, 2)
	})
}

// Whoever imported certificates before has a party without an account.
func TestAnAccountJoinsTheImportedParty(t *testing.T) {
	w := portaltest.NewWorld(t)
	imported, err := w.Store.Import(t.Context(), "visitor:test", registry.Import{
		Principal:    registry.Identifier{Kind: verifier.BusinessID, Value: broker},
		Binding:      registry.Binding{InForce: true},
		Registration: registry.NewRegistration{Certificate: w.Certificate(w.CustomsFile(broker)), Usage: registry.Signing, Kind: registry.Customs, Medium: registry.File, UsageType: registry.BrokerUse},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := newApplicant(t, w)
	a.chooses("company", "broker")
	a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
	a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
	a.goes(a.fills("/register/company", trade(), "next"), "/register/done")
	account, _, err := w.Store.AccountNamed(t.Context(), broker)
	if err != nil || account.Party != imported.Party {
		t.Errorf("party %s, %v; want %s", account.Party, err, imported.Party)
	}
}

func TestExistenceIsChecked(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.chooses("company", "broker")
	a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
	page := a.fills("/register/details", corporate(), "exists")
	if page.StatusCode != http.StatusOK || !strings.Contains(page.Text, "尚未註冊") || !strings.Contains(page.Text, `value="office@example.test"`) || strings.Contains(page.Text, goodWord) {
		t.Errorf("%d: %s", page.StatusCode, problems(page))
	}
	if !strings.Contains(page.Text, `id="account" name="account" type="text" value="`+broker+`"`) {
		t.Error("帳號 isn't filled in")
	}
	a.refuses(a.fills("/register/details", with(corporate(), "identifier", "88117126"), "exists"), "統一編號不正確")
	a.refuses(a.fills("/register/details", with(corporate(), "identifier", ""), "exists"), "請填寫「統一編號」")

	script := func(identifier string) string {
		request, err := http.NewRequest(http.MethodPost, w.Origin+"/register/details", strings.NewReader("go=exists&identifier="+identifier))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Accept", "application/json")
		request.Header.Set("X-Csrf-Token", a.Get("/register/details").CSRF())
		return strings.TrimSpace(a.Do(request).Text)
	}
	if got, want := script(broker), `{"ok":true,"text":"尚未註冊，可以繼續進行註冊。"}`; got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
	if page := a.Get("/register/details"); !strings.Contains(page.Text, `value="office@example.test"`) {
		t.Error("the script's question forgot what was entered")
	}
	w.Account(broker, w.CompanyCard(broker), someHash)
	if got := script(broker); !strings.HasPrefix(got, `{"ok":false,"text":"此號碼已註冊過`) {
		t.Errorf("answered %s", got)
	}
	a.refuses(a.fills("/register/details", corporate(), "exists"), "此號碼已註冊過")
}

func TestDetailsAreChecked(t *testing.T) {
	w := portaltest.NewWorld(t)
	tests := []struct{ name, field, entered, want string }{
		{"no e-mail", "email", "", "請填寫「電子郵件Email」"},
		{"e-mail without a domain", "email", "ming@localhost", "電子郵件格式不正確"},
		{"e-mail with a name", "email", "Ming <ming@example.test>", "電子郵件格式不正確"},
		{"e-mail that adds a header", "email", "ming@example.test\r\nBcc: x@example.test", "無法使用的字元"},
		{"two e-mails", "email", "a@example.test,b@example.test", "電子郵件格式不正確"},
		{"e-mail in full width", "email", "ｍｉｎｇ＠example.test", "電子郵件格式不正確"},
		{"e-mail of another alphabet", "email", "mіng@example.test", "電子郵件格式不正確"},
		{"e-mail too long", "email", strings.Repeat("a", 120) + "@example.test", "最多 128 個字"},
		{"no name", "contact", " ", "請填寫「聯絡人姓名」"},
		{"name with a control", "contact", "王\x00明", "無法使用的字元"},
		{"name that turns the direction", "contact", "王\u202e明", "無法使用的字元"},
		{"name too long", "contact", strings.Repeat("王", 61), "最多 60 個字"},
		{"no 身份證字號", "identifier", "", "請填寫「身份證字號」"},
		{"wrong check digit", "identifier", "A123456788", "身份證字號不正確"},
		{"born tomorrow", "birth", w.Now.AddDate(0, 0, 2).Format("2006-01-02"), "出生年月日不正確"},
		{"born before 1900", "birth", "1899-12-31", "出生年月日不正確"},
		{"no such day", "birth", "1981-02-29", "出生年月日不正確"},
		{"ROC year", "birth", "069-02-29", "出生年月日不正確"},
		{"no birth", "birth", "", "請填寫「出生年月日」"},
		{"phone of letters", "phone", "call me", "聯絡電話不正確"},
		{"phone too short", "phone", "()()--12", "聯絡電話不正確"},
		{"no phone", "phone", "", "請填寫「聯絡電話」"},
		{"no address", "address", "", "請填寫「聯絡地址」"},
		{"address too long", "address", strings.Repeat("路", 201), "最多 200 個字"},
		{"no password", "password", "", "請填寫「設定登入密碼」"},
		{"short password", "password", "Ab1", "長度至少 8 碼"},
		{"no digit", "password", "Abcdefghqz", "數字至少 1 碼"},
		{"no upper case", "password", "wxq7-plim-rk2", "大寫英文至少 1 碼"},
		{"no lower case", "password", "WXQ7-PLIM-RK2", "小寫英文至少 1 碼"},
		{"password holds the 身份證字號", "password", "xY" + somebody + "q", "密碼不可包含"},
		{"passwords differ", "password_again", goodWord + "x", "兩次輸入的密碼不同"},
		{"no specialist's code", "id_specialist", "", "請填寫「報關專責人員代碼」"},
		{"specialist's code of no office", "id_specialist", "Z00001", "報關專責人員代碼不正確"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newApplicant(t, w)
			a.chooses("person", "specialist")
			a.goes(a.reads(w.CitizenCard(somebody)), "/register/details")
			form := with(personal(), "id_specialist", "A00001", tt.field, tt.entered)
			if tt.field == "password" {
				form["password_again"] = tt.entered
			}
			page := a.fills("/register/details", form, "next")
			a.refuses(page, tt.want)
			if strings.Count(problems(page), "<li>") != 1 {
				t.Errorf("another problem, too: %s", problems(page))
			}
			if !strings.Contains(page.Text, `href="#`+tt.field+`"`) {
				t.Error("the problem doesn't link to its field")
			}
			if strings.Contains(page.Text, goodWord) {
				t.Error("a password is shown")
			}
		})
		if err := w.Store.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Pool.Exec(t.Context(), `DELETE FROM throttles`); err != nil {
			t.Fatal(err)
		}
	}
	counts(t, w, 0)
}

func TestTheFirstStepIsChecked(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	page := a.Get("/register")
	for _, words := range []string{"個人", "企業", "一般個人", "報關專責人員", "一般企業", "報關業", "快遞", "船公司/代理業", "倉儲業", "報驗業", "報關報驗業", "離島免稅購物商店系統", "國際免稅商店", "政府機關"} {
		if !strings.Contains(page.Text, ">"+words+"<") {
			t.Errorf("%s isn't offered", words)
		}
	}
	a.refuses(a.fills("/register", nil, "next"), "請填寫「類別」")
	a.refuses(a.fills("/register", map[string]string{"category": "god"}, "next"), "請填寫「類別」")
	a.refuses(a.fills("/register", map[string]string{"category": "company"}, "next"), "請填寫「屬性」")
	a.refuses(a.fills("/register", map[string]string{"category": "company", "attribute_company": "citizen"}, "next"), "請填寫「屬性」")
}

func TestWhereToApplyForACard(t *testing.T) {
	w := portaltest.NewWorld(t, func(cfg *portal.Config) {
		cfg.CardGuides = map[registry.CertificateKind]string{registry.MOICA: "https://cards.example/apply", registry.MOEACA: ""}
	})
	for category, want := range map[string]string{"person": `<a href="https://cards.example/apply" rel="noopener noreferrer">申請辦法</a>`, "company": "經濟部工商憑證管理中心"} {
		a := newApplicant(t, w)
		a.Get("/register")
		a.goes(a.Post("/register", "go", "next", "category", category, "attribute_person", "citizen", "attribute_company", "trader"), "/register/card")
		if page := a.Get("/register/card"); !strings.Contains(page.Text, want) {
			t.Errorf("a %s isn't told %s", category, want)
		}
	}
	if _, err := portal.New(portal.Config{Origin: w.Origin, Log: slog.New(slog.DiscardHandler), CardGuides: map[registry.CertificateKind]string{registry.MOICA: "javascript:alert(1)"}}, w.Store); err == nil {
		t.Error("a guide that is no https URL is taken")
	}
}
