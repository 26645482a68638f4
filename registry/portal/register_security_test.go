package portal_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/verifier/verifiertest"
)

// forgedLike is a card that says what another says, word for word, from an authority of the
// same name: whoever made it holds its key.
func forgedLike(t testing.TB, w *portaltest.World, by *verifiertest.Authority, like *verifiertest.Identity) *verifiertest.Identity {
	t.Helper()
	own := &x509.Certificate{
		SerialNumber: big.NewInt(1), RawSubject: by.Certificate.RawSubject, IsCA: true, BasicConstraintsValid: true,
		NotBefore: w.Now.AddDate(-1, 0, 0), NotAfter: w.Now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign,
		SubjectKeyId: by.Certificate.SubjectKeyId,
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), RawSubject: like.Certificate.RawSubject, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: like.Certificate.NotBefore, NotAfter: like.Certificate.NotAfter,
	}
	for _, extension := range like.Certificate.Extensions {
		if extension.Id.String() == "2.5.29.9" {
			template.ExtraExtensions = []pkix.Extension{extension}
		}
	}
	key := verifiertest.Key(1)
	der, err := x509.CreateCertificate(rand.Reader, template, own, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &verifiertest.Identity{Certificate: certificate, Key: key}
}

// selfSigned is forgedLike without any authority.
func selfSigned(t testing.TB, like *verifiertest.Identity) *verifiertest.Identity {
	t.Helper()
	key := verifiertest.Key(1)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(3), RawSubject: like.Certificate.RawSubject, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: like.Certificate.NotBefore, NotAfter: like.Certificate.NotAfter,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &verifiertest.Identity{Certificate: certificate, Key: key}
}

func TestSecurityNobodyRegistersAnothersIdentifier(t *testing.T) {
	w := portaltest.NewWorld(t)
	t.Run("a company under another's 統一編號", func(t *testing.T) {
		a := newApplicant(t, w)
		a.chooses("company", "broker")
		a.goes(a.reads(w.CompanyCard(trader)), "/register/details")
		for _, button := range []string{"next", "exists"} {
			a.refuses(a.fills("/register/details", corporate(), button), "統一編號與卡片內的憑證不符")
		}
		a.goes(a.fills("/register/company", trade(), "next"), "/register/details")
	})
	t.Run("a person under another's 身分證字號", func(t *testing.T) {
		a := newApplicant(t, w)
		a.chooses("person", "citizen")
		a.goes(a.reads(w.CitizenCard(someone)), "/register/details")
		for _, button := range []string{"next", "exists"} {
			a.refuses(a.fills("/register/details", personal(), button), "末四碼不同")
		}
	})
	t.Run("another card read after step 3", func(t *testing.T) {
		a := newApplicant(t, w)
		a.chooses("company", "broker")
		a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
		a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
		a.goes(a.Post("/register/card", "go", "again"), "/register/card")
		a.goes(a.reads(w.CompanyCard(trader)), "/register/details")
		a.goes(a.fills("/register/company", trade(), "next"), "/register/details")
	})
	counts(t, w, 0)
}

func TestSecurityCardsThatOpenNoAccount(t *testing.T) {
	w := portaltest.NewWorld(t)
	later := w.Terms()
	later.NotBefore = w.Now.AddDate(0, 1, 0)
	over := w.Terms()
	over.NotBefore, over.NotAfter = w.Now.AddDate(-2, 0, 0), w.Now.AddDate(0, 0, -1)
	encryption := w.Terms()
	encryption.Encryption = true
	company := verifiertest.Company{Name: "測試", BusinessID: broker}
	contradictory := verifiertest.Company{Name: "測試", BusinessID: broker, ClaimedID: trader}
	tests := []struct {
		name, category, attribute string
		card                      *verifiertest.Identity
		want                      string
	}{
		{"of a forged authority", "company", "broker", forgedLike(t, w, w.PKI.MOEACA, w.CompanyCard(broker)), "簽發者不在本系統設定的信任清單內"},
		{"of a forged authority, a person's", "person", "citizen", forgedLike(t, w, w.PKI.MOICA, w.CitizenCard(somebody)), "簽發者不在本系統設定的信任清單內"},
		{"self-signed", "company", "broker", selfSigned(t, w.CompanyCard(broker)), "不是自然人憑證、工商憑證或通關專屬憑證"},
		{"for encryption", "company", "broker", w.Issue(w.PKI.MOEACA, company, encryption), "僅供加密"},
		{"expired", "company", "broker", w.Issue(w.PKI.MOEACA, company, over), "到期"},
		{"not valid yet", "company", "broker", w.Issue(w.PKI.MOEACA, company, later), "尚未生效"},
		{"of two companies", "company", "broker", w.Issue(w.PKI.MOEACA, contradictory, w.Terms()), "統一編號不一致"},
		{"通關專屬憑證", "company", "broker", w.CustomsFile(broker), "此處不可使用"},
		{"a person's for a company", "company", "broker", w.CitizenCard(somebody), "請插入工商憑證卡"},
		{"a company's for a person", "person", "citizen", w.CompanyCard(broker), "請插入自然人憑證卡"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newApplicant(t, w)
			a.chooses(tt.category, tt.attribute)
			a.refuses(a.reads(tt.card), tt.want)
			answer := a.Post("/register/check", w.Signed(a.Get("/register/card"), tt.card)...)
			if !strings.Contains(answer.Text, `"ok":false`) || !strings.Contains(answer.Text, tt.want) {
				t.Errorf("the script is answered %s", answer.Text)
			}
			a.goes(a.Get("/register/details"), "/register/card")
		})
	}
	counts(t, w, 0)
}

func TestSecurityOnlyThisSessionsFreshChallengeCounts(t *testing.T) {
	w := portaltest.NewWorld(t)
	card := w.CitizenCard(somebody)
	begin := func() (*applicant, portaltest.Page) {
		a := newApplicant(t, w)
		a.chooses("person", "citizen")
		return a, a.Get("/register/card")
	}
	nonce := func(page portaltest.Page) string { return w.Signed(page, card)[1] }

	t.Run("replayed", func(t *testing.T) {
		a, page := begin()
		signed := w.Signed(page, card)
		a.goes(a.Post("/register/card", append(signed, "go", "next")...), "/register/details")
		a.goes(a.Post("/register/card", "go", "again"), "/register/card")
		a.refuses(a.Post("/register/card", append(signed, "go", "next")...), "逾時")
	})
	t.Run("used up by a failure", func(t *testing.T) {
		a, page := begin()
		signed := w.Signed(page, card)
		a.refuses(a.Post("/register/card", "go", "next", "card_nonce", nonce(page), "card_certificate", signed[3], "card_signature", "AAAA"), "簽章不正確")
		a.refuses(a.Post("/register/card", append(signed, "go", "next")...), "逾時")
	})
	t.Run("of another session", func(t *testing.T) {
		_, page := begin()
		a, _ := begin()
		a.refuses(a.Post("/register/card", append(w.Signed(page, card), "go", "next")...), "逾時")
	})
	for _, purpose := range challenge.Purposes() {
		if purpose == challenge.Register {
			continue
		}
		t.Run("signed for "+string(purpose), func(t *testing.T) {
			a, page := begin()
			a.refuses(a.Post("/register/card", append(w.SignedFor(purpose, w.Origin, nonce(page), card), "go", "next")...), "簽章不正確")
		})
		t.Run("made for "+string(purpose), func(t *testing.T) {
			a, _ := begin()
			made, err := w.Store.NewChallenge(t.Context(), sessionOf(t, a), string(purpose))
			if err != nil {
				t.Fatal(err)
			}
			a.refuses(a.Post("/register/card", append(w.SignedFor(challenge.Register, w.Origin, made, card), "go", "next")...), "逾時")
		})
	}
	t.Run("signed for another site", func(t *testing.T) {
		a, page := begin()
		a.refuses(a.Post("/register/card", append(w.SignedFor(challenge.Register, "https://phish.example", nonce(page), card), "go", "next")...), "簽章不正確")
	})
	t.Run("signed by another card", func(t *testing.T) {
		a, page := begin()
		signed := w.Signed(page, forgedLike(t, w, w.PKI.MOICA, card)) // of another key
		a.refuses(a.Post("/register/card", "go", "next", "card_nonce", signed[1], "card_signature", signed[5], "card_certificate", w.Signed(page, card)[3]), "簽章不正確")
	})
	t.Run("a certificate alone, once another was read", func(t *testing.T) {
		a, page := begin()
		a.goes(a.Post("/register/card", append(w.Signed(page, card), "go", "next")...), "/register/details")
		other := w.Signed(page, w.CitizenCard(someone))
		a.refuses(a.Post("/register/card", "go", "next", "card_certificate", other[3]), "尚未讀取卡片")
	})
	counts(t, w, 0)
}

// sessionOf is the id of a visitor's session.
func sessionOf(t testing.TB, a *applicant) [32]byte {
	t.Helper()
	u, err := url.Parse(a.Origin)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range a.HTTP.Jar.Cookies(u) {
		if cookie.Name == "session" {
			session, err := a.w.Store.Session(t.Context(), cookie.Value)
			if err != nil {
				t.Fatal(err)
			}
			return session.ID
		}
	}
	t.Fatal("no session")
	return [32]byte{}
}

func TestSecurityStepsAreNotSkipped(t *testing.T) {
	w := portaltest.NewWorld(t)
	// post posts what a good last step would, straight to a step.
	post := func(a *applicant, path string) portaltest.Page {
		a.Get("/register") // for a token
		pairs := []string{"go", "next", "category", "company", "attribute_company", "broker"}
		for _, form := range []map[string]string{corporate(), trade()} {
			for name, value := range form {
				pairs = append(pairs, name, value)
			}
		}
		return a.Post(path, pairs...)
	}
	later := []string{"/register/card", "/register/check", "/register/details", "/register/company", "/register/done"}
	t.Run("from nowhere", func(t *testing.T) {
		for _, path := range later {
			a := newApplicant(t, w)
			a.goes(a.Get(path), "/register")
			if path != "/register/done" {
				a.goes(post(a, path), "/register")
			}
		}
	})
	t.Run("without a card", func(t *testing.T) {
		for _, path := range later[2:] {
			a := newApplicant(t, w)
			a.chooses("company", "broker")
			a.goes(a.Get(path), "/register/card")
			if path != "/register/done" {
				a.goes(post(a, path), "/register/card")
			}
		}
	})
	t.Run("without details", func(t *testing.T) {
		for _, path := range later[3:] {
			a := newApplicant(t, w)
			a.chooses("company", "broker")
			a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
			a.goes(a.Get(path), "/register/details")
			if path != "/register/done" {
				a.goes(post(a, path), "/register/details")
			}
		}
	})
	t.Run("a person's fourth", func(t *testing.T) {
		a := newApplicant(t, w)
		a.chooses("person", "citizen")
		a.goes(a.reads(w.CitizenCard(somebody)), "/register/details")
		a.goes(post(a, "/register/company"), "/register/details")
	})
	t.Run("details made bad afterwards", func(t *testing.T) {
		a := newApplicant(t, w)
		a.chooses("company", "broker")
		a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
		a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
		a.goes(a.fills("/register/details", with(corporate(), "identifier", trader), "back"), "/register/card")
		a.goes(post(a, "/register/company"), "/register/details")
	})
	t.Run("without the token", func(t *testing.T) {
		a := newApplicant(t, w)
		a.Get("/register")
		for _, path := range append(later[:4:4], "/register") {
			if page := a.Post(path, "csrf", "", "category", "person", "attribute_person", "citizen"); page.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %d, want 403", path, page.StatusCode)
			}
		}
	})
	counts(t, w, 0)
}

func TestSecurityACertificateThatExpiresMeanwhileOpensNothing(t *testing.T) {
	var clock struct{ ahead time.Duration }
	w := portaltest.NewWorld(t, func(cfg *portal.Config) { cfg.Now = func() time.Time { return time.Now().Add(clock.ahead) } })
	a := newApplicant(t, w)
	terms := w.Terms()
	terms.NotAfter = w.Now.Add(time.Hour)
	a.chooses("company", "broker")
	a.goes(a.reads(w.Issue(w.PKI.MOEACA, verifiertest.Company{Name: "測試", BusinessID: broker}, terms)), "/register/details")
	a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
	a.Get("/register/company")
	clock.ahead = 90 * time.Minute
	pairs := []string{"go", "next"}
	for name, value := range trade() {
		pairs = append(pairs, name, value)
	}
	a.goes(a.Post("/register/company", pairs...), "/register/card")
	if page := a.Get("/register/card"); !strings.Contains(page.Text, "到期") || !strings.Contains(page.Text, "data-nonce") {
		t.Error("it isn't said why, or no other card can be read")
	}
	a.goes(a.fills("/register/details", corporate(), "next"), "/register/card")
	counts(t, w, 0)
}

func TestSecurityWordsOfACertificateAreEscaped(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.chooses("company", "broker")
	hostile := w.Issue(w.PKI.MOEACA, verifiertest.Company{Name: `"><script>alert(1)</script>`, BusinessID: broker}, w.Terms())
	a.goes(a.reads(hostile), "/register/details")
	pages := []portaltest.Page{a.Get("/register/card"), a.fills("/register/details", with(corporate(), "contact", `"><script>alert(1)</script>`, "phone", "x"), "next")}
	a.goes(a.fills("/register/details", corporate(), "next"), "/register/company")
	pages = append(pages, a.Get("/register/company"))
	for i, page := range pages {
		if strings.Contains(page.Text, "<script>alert") || !strings.Contains(page.Text, "&lt;script&gt;alert") {
			t.Errorf("page %d doesn't show it escaped", i)
		}
	}
}

func TestSecurityPersonalDataStaysWhereItBelongs(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	seen := &listener{next: http.DefaultTransport}
	a.HTTP.Transport = seen
	secrets := []string{somebody, goodWord, someEmail, "王小明", "1980-02-29", "02-23456789#12", "測試路"}
	absent := func(where, text string, secrets ...string) {
		t.Helper()
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %s", where, secret)
			}
		}
	}
	a.chooses("person", "citizen")
	a.goes(a.reads(w.CitizenCard(somebody)), "/register/details")
	a.refuses(a.fills("/register/details", with(personal(), "phone", "x"), "next"), "聯絡電話不正確")
	absent("step 3", a.Get("/register/details").Text, goodWord)
	absent("the draft", value[string](t, w, `SELECT encode(sealed, 'escape') FROM drafts`), secrets...)
	a.goes(a.fills("/register/details", personal(), "next"), "/register/done")
	for _, path := range []string{"/register/done", "/register", "/"} {
		absent(path, a.Get(path).Text, secrets...)
	}
	absent("the draft that is left", value[string](t, w, `SELECT encode(sealed, 'escape') FROM drafts`), secrets...)
	absent("the audit log", value[string](t, w, `SELECT string_agg(audit_log::text, ' ') FROM audit_log`), secrets...)
	absent("the log", w.Log(), secrets...)
	absent("URLs and cookies", seen.text.String(), secrets...)
	for _, table := range []string{"accounts", "identifiers", "throttles", "sessions"} {
		absent(table, value[string](t, w, `SELECT coalesce(string_agg(t::text, ' '), '') FROM `+table+` AS t`), somebody, goodWord, "王小明", "1980-02-29", "測試路")
	}
}

// A listener keeps what a browser's history and a proxy's log would: addresses, and the
// headers of answers.
type listener struct {
	next http.RoundTripper
	text strings.Builder
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	l.text.WriteString(r.URL.String() + " ")
	return response, response.Header.Write(io.Writer(&l.text))
}

func TestSecurityExistenceIsToldSlowly(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.chooses("company", "broker")
	a.goes(a.reads(w.CompanyCard(broker)), "/register/details")
	var last portaltest.Page
	for range 20 {
		last = a.fills("/register/details", corporate(), "exists")
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("the 20th question is answered %d", last.StatusCode)
	}
}

func TestSecurityCardsAreReadSlowly(t *testing.T) {
	w := portaltest.NewWorld(t)
	a := newApplicant(t, w)
	a.chooses("person", "citizen")
	a.Get("/register/card")
	var last portaltest.Page
	for range 25 {
		last = a.Post("/register/check", "card_nonce", "x", "card_certificate", "x")
	}
	if want := `{"ok":false,"text":"為保護您的帳號，請稍後再試。"}`; strings.TrimSpace(last.Text) != want {
		t.Errorf("the 25th is answered %s", last.Text)
	}
	if page := a.Post("/register/card", "go", "next", "card_nonce", "x", "card_certificate", "x"); page.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the form is answered %d", page.StatusCode)
	}
}
