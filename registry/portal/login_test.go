package portal_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

func TestLoginByCertificate(t *testing.T) {
	w := newLoginWorld(t)
	c := w.Visitor()
	leads(t, w.byCard(c, w.card), "/account")
	session, _ := w.session(c)
	if session.Party != w.party || session.Strength != registry.ByCertificate || session.Certificate != w.Certificate(w.card).Fingerprint() {
		t.Errorf("the session is %+v", session)
	}
	if e := w.latest(); e.Action != registry.LoggedIn || e.Party != w.party || e.Actor != registry.PartyActor(w.party) || e.Detail != "certificate" {
		t.Errorf("noted %+v", e)
	}
	says(t, c.Get("/account"), http.StatusOK, "您已登入", "我的帳號", loginUBN)
	leads(t, c.Get("/login"), "/account")
	if n := w.counter("turnkey_portal_logins_total", "way", "certificate", "outcome", "in"); n != 1 {
		t.Errorf("%v logins counted", n)
	}
}

func TestLoginOfAnOperatorLeadsToStaffPages(t *testing.T) {
	w := newLoginWorld(t)
	card := w.CompanyCard("04595252")
	if err := w.Store.AddOperator(t.Context(), registrytest.Operator, "amy", w.Certificate(card)); err != nil {
		t.Fatal(err)
	}
	c := w.Visitor()
	leads(t, w.byCard(c, card, "next", "/replace"), "/staff")
	if session, _ := w.session(c); session.Operator != "amy" || session.Party != "" || session.Strength != registry.ByCertificate {
		t.Errorf("the session is %+v", session)
	}
	leads(t, c.Get("/account"), "/login?next=/account")
	c.Get("/")
	leads(t, c.Post("/logout"), "/")
	if e := w.latest(); e.Action != registry.LoggedOut || e.Actor != "operator:amy" {
		t.Errorf("noted %+v", e)
	}
}

// TestLoginRefusesCertificates: whoever isn't let in is told why and what to do.
func TestLoginRefusesCertificates(t *testing.T) {
	w := newLoginWorld(t)
	ctx := t.Context()
	terms := w.Terms()
	login := func(card *verifiertest.Identity, party verifier.PartyID) postgres.Registered {
		return postgres.Registered{Party: party, Certificate: w.Certificate(card).Fingerprint(), Usage: registry.Login}
	}
	old := terms
	old.NotBefore, old.NotAfter = w.Now.AddDate(-2, 0, 0), w.Now.AddDate(0, 0, -1)
	tests := []struct {
		name, ubn   string
		terms       verifiertest.Terms
		then        func(card *verifiertest.Identity, party verifier.PartyID) error
		words, next string
		detail      string
	}{
		{"unknown", "", terms, nil, "此憑證尚未註冊，無法登入。", `href="/register"`, "certificate not_registered"},
		{"expired", "04177036", old, nil, "此憑證已過期，無法登入。", `href="/replace"`, "certificate expired"},
		{"withdrawn", "04595252", terms, func(card *verifiertest.Identity, party verifier.PartyID) error {
			_, err := w.Store.Withdraw(ctx, registrytest.Operator, login(card, party))
			return err
		}, "此憑證已停用，無法登入。", `href="/replace"`, "certificate withdrawn"},
		{"revoked", "22099131", terms, func(card *verifiertest.Identity, _ verifier.PartyID) error {
			_, _, err := w.Store.Revoke(ctx, registrytest.Operator, w.Certificate(card).Fingerprint(), "keyCompromise")
			return err
		}, "此憑證已廢止，無法登入。", "服務中心", "certificate revoked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			card := w.Issue(w.PKI.MOEACA, verifiertest.Company{Name: "測試報關股份有限公司", BusinessID: tt.ubn}, tt.terms)
			var party verifier.PartyID
			if tt.ubn != "" {
				party = w.Account(tt.ubn, card, registryHash)
			}
			if tt.then != nil {
				if err := tt.then(card, party); err != nil {
					t.Fatal(err)
				}
			}
			c := w.Visitor()
			says(t, w.byCard(c, card), http.StatusUnprocessableEntity, tt.words, tt.next)
			if w.isIn(c) != "" {
				t.Error("it is let in")
			}
			e := w.latest()
			if e.Action != registry.LoginRefused || e.Party != party || e.Detail != tt.detail || e.Certificate == nil || *e.Certificate != w.Certificate(card).Fingerprint() || !strings.HasPrefix(string(e.Actor), "visitor:") {
				t.Errorf("noted %+v", e)
			}
		})
	}
}

func TestLoginOfAReplacedCertificate(t *testing.T) {
	w := newLoginWorld(t)
	next := w.otherKey(loginUBN)
	if _, _, err := w.Store.Replace(t.Context(), registrytest.Operator, postgres.Replacement{
		Old: w.Certificate(w.card).Fingerprint(), New: registry.NewRegistration{
			Party: w.party, Certificate: w.Certificate(next), Usage: registry.Login, Kind: registry.MOEACA, Medium: registry.Card,
		},
	}); err != nil {
		t.Fatal(err)
	}
	says(t, w.byCard(w.Visitor(), w.card), http.StatusUnprocessableEntity, "此憑證已由新憑證取代", `href="/replace"`)
	leads(t, w.byCard(w.Visitor(), next), "/account")
}

// TestLoginOfACertificateThatItsIssuerRevoked: it is still registered.
func TestLoginOfACertificateThatItsIssuerRevoked(t *testing.T) {
	var rules *registry.Rules
	w := newLoginWorld(t, func(cfg *portal.Config) { rules = cfg.Rules })
	list, err := w.PKI.MOEACA.RevocationList(w.Now.AddDate(0, 0, -1), w.Now.AddDate(0, 0, 1), w.Certificate(w.card).X509().SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.Issuers.Reload(fstest.MapFS{
		"moeaca/issuer.cer": {Data: w.PKI.MOEACA.Certificate.Raw}, "moeaca/list.crl": {Data: list},
	}); err != nil {
		t.Fatal(err)
	}
	c := w.Visitor()
	says(t, w.byCard(c, w.card), http.StatusUnprocessableEntity, "發證單位已於", "廢止此憑證", "不能恢復")
	if w.isIn(c) != "" {
		t.Error("it is let in")
	}
	if e := w.latest(); e.Action != registry.LoginRefused || e.Party != w.party || e.Detail != "certificate revoked by issuer" {
		t.Errorf("noted %+v", e)
	}
}

// registryHash is a hash that no password fits, of accounts that log in by card.
const registryHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestLoginOfASigningCertificateOnly(t *testing.T) {
	w := newLoginWorld(t)
	card := w.CompanyCard(loginUBN)
	if _, _, err := w.Store.Register(t.Context(), registrytest.Operator, registry.NewRegistration{
		Party: w.party, Certificate: w.Certificate(card), Usage: registry.Signing, UsageType: registry.BrokerUse, Kind: registry.MOEACA, Medium: registry.Card,
	}); err != nil {
		t.Fatal(err)
	}
	c := w.Visitor()
	says(t, w.byCard(c, card), http.StatusUnprocessableEntity, "此憑證尚未註冊")
	if w.isIn(c) != "" {
		t.Error("a signing certificate logs in")
	}
}

func TestLoginEndsWithItsCertificate(t *testing.T) {
	w := newLoginWorld(t)
	c := w.Visitor()
	w.byCard(c, w.card)
	if _, _, err := w.Store.Revoke(t.Context(), registrytest.Operator, w.Certificate(w.card).Fingerprint(), "keyCompromise"); err != nil {
		t.Fatal(err)
	}
	leads(t, c.Get("/account"), "/login?next=/account")
}

// TestLoginOfALegacyAccountAsksForContactData: and its owner may set a password then.
func TestLoginOfALegacyAccountAsksForContactData(t *testing.T) {
	w := newLoginWorld(t)
	card := w.CompanyCard("04177036")
	party := w.legacy("04177036", card)
	c := w.Visitor()
	leads(t, w.byCard(c, card), "/account")
	says(t, c.Get("/account"), http.StatusOK, "尚無聯絡資料", "尚未設定", "由原海關系統移轉")
	c.Get("/account/password")
	leads(t, c.Post("/account/password", "password", loginPassword, "confirm", loginPassword), "/account")
	if !slices.Contains(w.Audited(party), registry.PasswordSet) {
		t.Error("it isn't noted")
	}
	leads(t, w.byPassword(w.Visitor(), "04177036", loginPassword), "/account")
}

func TestPasswordLogin(t *testing.T) {
	w := newLoginWorld(t)
	c := w.Visitor()
	says(t, c.Get("/password-login"), http.StatusOK, "帳號登入", "登入密碼")
	says(t, c.Post("/password-login"), http.StatusUnprocessableEntity, "請填寫「帳號」", "請填寫「登入密碼」")
	// Full-width digits and blanks are what input methods make of a number.
	leads(t, w.byPassword(c, " ９７１６２６４０ ", loginPassword, "next", "/certificates"), "/certificates")
	session, _ := w.session(c)
	if session.Party != w.party || session.Strength != registry.ByPassword || session.MayChange() {
		t.Errorf("the session is %+v", session)
	}
	if e := w.latest(); e.Action != registry.LoggedIn || e.Party != w.party || e.Detail != "password" {
		t.Errorf("noted %+v", e)
	}
	says(t, c.Get("/account"), http.StatusOK, "僅能查詢", "o○○○@example.test")
	for _, path := range []string{"/account/contact"} {
		says(t, c.Get(path), http.StatusForbidden, "憑證登入")
		says(t, c.Post(path, "email", "new@example.test"), http.StatusForbidden)
	}
	// It may become a certificate session without logging out.
	leads(t, w.byCard(c, w.card), "/account")
	if session, _ := w.session(c); !session.MayChange() {
		t.Error("it isn't a certificate session now")
	}
}

func TestPasswordLoginIsOfferedWhereItIsOn(t *testing.T) {
	w := portaltest.NewWorld(t)
	says(t, w.Visitor().Get("/login"), http.StatusOK, `href="/password-login"`, `href="/forgot"`)
	off := portaltest.NewWorld(t, func(cfg *portal.Config) { cfg.PasswordLogin = false })
	page := off.Visitor().Get("/login")
	if strings.Contains(page.Text, "password-login") || strings.Contains(page.Text, "/forgot") {
		t.Error("it is offered where it is off")
	}
}

// TestOldHashIsMadeAnew at the next login, and nobody is logged out by that.
func TestOldHashIsMadeAnew(t *testing.T) {
	w := newLoginWorld(t)
	first := w.Visitor()
	w.byPassword(first, loginUBN, loginPassword)
	// m=64, t=1, of the same password.
	w.do("UPDATE accounts SET password = $1", cheapHash(loginPassword))
	c := w.Visitor()
	leads(t, w.byPassword(c, loginUBN, loginPassword), "/account")
	if hash := read[string](w, "SELECT password FROM accounts"); !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,") {
		t.Errorf("the hash is %s", hash)
	}
	if w.isIn(first) != w.party {
		t.Error("the other session ended")
	}
	leads(t, w.byPassword(w.Visitor(), loginUBN, loginPassword), "/account")
}

func TestLogout(t *testing.T) {
	w := newLoginWorld(t)
	c := w.Visitor()
	w.byCard(c, w.card)
	token := w.cookie(c, "session")
	c.Get("/")
	leads(t, c.Post("/logout"), "/")
	says(t, c.Get("/"), http.StatusOK, "您已登出")
	if _, err := w.Store.Session(t.Context(), token); err == nil {
		t.Error("the session lives on")
	}
	if e := w.latest(); e.Action != registry.LoggedOut || e.Party != w.party {
		t.Errorf("noted %+v", e)
	}
}
