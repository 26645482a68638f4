package portal_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/registrytest"
)

const resetPassword = "zQ8&nVx2Lp"

// follows opens the link of a mail, as a browser does.
func (w *loginWorld) follows(c *portaltest.Client, m registry.Mail) portaltest.Page {
	w.t.Helper()
	page := c.Get(w.link(m))
	leads(w.t, page, "/reset")
	if policy := page.Header.Get("Referrer-Policy"); policy != "no-referrer" {
		w.t.Errorf("the referrer policy is %q", policy)
	}
	return c.Get("/reset")
}

func TestForgottenPasswordIsSetByMail(t *testing.T) {
	w := newLoginWorld(t)
	c := w.Visitor()
	says(t, c.Get("/forgot"), http.StatusOK, "忘記密碼", "帳號")
	says(t, c.Post("/forgot"), http.StatusUnprocessableEntity, "請填寫「帳號」")
	leads(t, w.forgets(c, loginUBN), "/forgot/sent")
	says(t, c.Get("/forgot/sent"), http.StatusOK, "若此帳號存在", "30 分鐘")
	mail := w.mail()
	if mail.To != "owner-"+loginUBN+"@example.test" || mail.Subject != "重新設定您的登入密碼" {
		t.Errorf("the mail is to %s: %s", mail.To, mail.Subject)
	}
	if e := w.latest(); e.Action != registry.ResetAsked || e.Party != w.party || !strings.HasPrefix(string(e.Actor), "visitor:") {
		t.Errorf("noted %+v", e)
	}
	// Whoever is logged in by the old password is out once there is a new one.
	old := w.Visitor()
	w.byPassword(old, loginUBN, loginPassword)
	card := w.LoggedInBy(w.party, w.card)

	reader := w.Visitor()
	says(t, w.follows(reader, mail), http.StatusOK, "重新設定密碼", "數字至少1碼")
	says(t, reader.Post("/reset", "password", "weak", "confirm", "weak"), http.StatusUnprocessableEntity, "至少 8 碼")
	says(t, reader.Post("/reset", "password", "Kx"+loginUBN, "confirm", "Kx"+loginUBN), http.StatusUnprocessableEntity, "不可包含帳號")
	says(t, reader.Post("/reset", "password", resetPassword, "confirm", "other"), http.StatusUnprocessableEntity, "兩次輸入的密碼不同")
	leads(t, reader.Post("/reset", "password", resetPassword, "confirm", resetPassword), "/reset/done")
	says(t, reader.Get("/reset/done"), http.StatusOK, "密碼已設定完成", "請重新登入")
	if w.isIn(reader) != "" || w.isIn(old) != "" || w.isIn(card) != "" {
		t.Error("a session goes on, or one began")
	}
	if e := w.latest(); e.Action != registry.PasswordSet || e.Party != w.party || !strings.HasPrefix(string(e.Actor), "visitor:") {
		t.Errorf("noted %+v", e)
	}
	if told := w.mail(); !strings.Contains(told.Subject, "密碼已設定") || strings.Contains(told.Text, resetPassword) {
		t.Errorf("the owner is told %q", told.Subject)
	}
	says(t, w.byPassword(w.Visitor(), loginUBN, loginPassword), http.StatusUnprocessableEntity, "帳號或密碼不正確")
	leads(t, w.byPassword(w.Visitor(), loginUBN, resetPassword), "/account")
}

func TestResetIsCancelled(t *testing.T) {
	w := newLoginWorld(t)
	w.forgets(w.Visitor(), loginUBN)
	mail := w.mail()
	c := w.Visitor()
	w.follows(c, mail)
	leads(t, c.Post("/reset", "go", "cancel"), "/")
	if n := read[int64](w, "SELECT count(*) FROM drafts"); n != 0 {
		t.Errorf("%d drafts are left", n)
	}
	says(t, c.Get("/reset"), http.StatusGone, "已使用或已過期")
	says(t, w.follows(c, mail), http.StatusOK) // the link is still good
	c.Get("/forgot")
	leads(t, c.Post("/forgot", "go", "cancel"), "/centre")
}

func TestSecurityResetTokenWorksOnce(t *testing.T) {
	w := newLoginWorld(t)
	w.forgets(w.Visitor(), loginUBN)
	mail := w.mail()
	first, second := w.Visitor(), w.Visitor()
	// Looking uses nothing up: programs follow links before people do.
	for range 3 {
		says(t, w.follows(w.Visitor(), mail), http.StatusOK)
	}
	w.follows(first, mail)
	w.follows(second, mail)
	leads(t, first.Post("/reset", "password", resetPassword, "confirm", resetPassword), "/reset/done")
	leads(t, second.Post("/reset", "password", otherPassword, "confirm", otherPassword), "/reset")
	says(t, second.Get("/reset"), http.StatusGone, "已使用或已過期")
	says(t, w.follows(w.Visitor(), mail), http.StatusGone)
	says(t, w.byPassword(w.Visitor(), loginUBN, otherPassword), http.StatusUnprocessableEntity)
	if got := len(slices.DeleteFunc(w.Audited(w.party), func(a registry.AuditAction) bool { return a != registry.PasswordSet })); got != 1 {
		t.Errorf("the password was set %d times", got)
	}
}

func TestSecurityResetTokenExpires(t *testing.T) {
	w := newLoginWorld(t)
	w.forgets(w.Visitor(), loginUBN)
	mail := w.mail()
	if minutes := read[float64](w, "SELECT extract(epoch FROM expires_at - created_at)::float8 / 60 FROM password_resets"); minutes < 29.9 || minutes > 30.1 {
		t.Errorf("it lives %v minutes", minutes)
	}
	c := w.Visitor()
	w.follows(c, mail)
	w.do("UPDATE password_resets SET expires_at = clock_timestamp() - interval '1 second'")
	leads(t, c.Post("/reset", "password", resetPassword, "confirm", resetPassword), "/reset")
	says(t, c.Get("/reset"), http.StatusGone)
	says(t, w.byPassword(w.Visitor(), loginUBN, resetPassword), http.StatusUnprocessableEntity)
}

// TestSecurityResetTokenIsKeptNowhere: the database has its hash, the session's draft is
// sealed, and no page, log or later URL shows it.
func TestSecurityResetTokenIsKeptNowhere(t *testing.T) {
	w := newLoginWorld(t)
	w.forgets(w.Visitor(), loginUBN)
	mail := w.mail()
	_, token, _ := strings.Cut(w.link(mail), "=")
	if len(token) != 43 {
		t.Fatalf("the token is %q", token)
	}
	c := w.Visitor()
	if page := w.follows(c, mail); strings.Contains(page.Text, token) {
		t.Error("the page shows it")
	}
	if n := read[int64](w, "SELECT count(*) FROM password_resets WHERE encode(token, 'escape') LIKE '%' || $1 || '%'", token); n != 0 {
		t.Error("the database has it")
	}
	if n := read[int64](w, "SELECT count(*) FROM drafts WHERE encode(sealed, 'escape') LIKE '%' || $1 || '%'", token); n != 0 {
		t.Error("the draft isn't sealed")
	}
	if strings.Contains(w.Log(), token) || strings.Contains(w.Log(), "token=") {
		t.Error("the log has it")
	}
	// A session that somebody else knows the cookie of isn't given it.
	attacker, victim := w.Visitor(), w.Visitor()
	attacker.Get("/login")
	victim.SetSession(w.cookie(attacker, "session"))
	w.follows(victim, mail)
	says(t, attacker.Get("/reset"), http.StatusGone)
}

// TestSecurityForgottenPasswordTellsNotWhichAccountsExist.
func TestSecurityForgottenPasswordTellsNotWhichAccountsExist(t *testing.T) {
	w := newLoginWorld(t)
	w.legacy("04177036", w.CompanyCard("04177036"))
	ask := func(account string) (answer string) {
		c := w.Visitor()
		hashes := w.hashes()
		page := w.forgets(c, account)
		leads(t, page, "/forgot/sent")
		if w.hashes() != hashes {
			t.Error("something is hashed")
		}
		return page.Text + changing.ReplaceAllString(c.Get("/forgot/sent").Text, "")
	}
	known := ask(loginUBN)
	for _, account := range []string{"12345675", "04177036", "x@example.test", strings.Repeat("y", 1000)} {
		if got := ask(account); got != known {
			t.Errorf("another answer for %.20s", account)
		}
	}
	w.mail()
	// An account whose mails are used up gets the same answer, and no more mails.
	for range 8 {
		c := w.from("203.0.113.77")
		if got := w.forgets(c, loginUBN); got.Location() != "/forgot/sent" {
			t.Errorf("status %d", got.StatusCode)
		}
	}
	w.Settle()
	if n := len(w.mails()); n != 4 {
		t.Errorf("%d more mails, want 4", n)
	}
	// Whoever asks for many accounts has to wait.
	c := w.from("203.0.113.78")
	status := 0
	for range 11 {
		status = w.forgets(c, "12345675").StatusCode
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("status %d", status)
	}
}

// TestSecurityLegacyResetIsNeverByMailAlone: an account moved here without its password,
// and one without an address, wait for staff.
func TestSecurityLegacyResetIsNeverByMailAlone(t *testing.T) {
	w := newLoginWorld(t)
	card := w.CompanyCard("04177036")
	party := w.legacy("04177036", card)
	profile := registry.Profile{Email: "legacy@example.test", ContactName: "林一", Phone: "02-11112222"}
	if err := w.Store.SetProfile(t.Context(), registrytest.Operator, party, profile, "zh"); err != nil {
		t.Fatal(err)
	}
	w.forgets(w.Visitor(), "04177036")
	mail := w.mail()
	if strings.Contains(mail.Text, "token=") || mail.To != profile.Email || !strings.Contains(mail.Text, "服務中心") {
		t.Errorf("the mail is %s: %s", mail.Subject, mail.Text)
	}
	resets, err := w.Store.ResetsForStaff(t.Context())
	if err != nil || len(resets) != 1 || resets[0].Party != party {
		t.Fatalf("%v wait for staff, %v", resets, err)
	}
	// Asking again changes nothing.
	w.forgets(w.Visitor(), "04177036")
	w.Settle()
	if again, err := w.Store.ResetsForStaff(t.Context()); err != nil || len(again) != 1 || again[0].ID != resets[0].ID || len(w.mails()) != 0 {
		t.Errorf("now %v wait, %v", again, err)
	}
	// Once staff approved it, the link works; asking meanwhile doesn't void it.
	token, _, err := w.Store.ApproveReset(t.Context(), registrytest.Operator, resets[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	w.forgets(w.Visitor(), "04177036")
	w.Settle()
	c := w.Visitor()
	leads(t, c.Get("/reset?token="+url.QueryEscape(token)), "/reset")
	c.Get("/reset")
	leads(t, c.Post("/reset", "password", resetPassword, "confirm", resetPassword), "/reset/done")
	leads(t, w.byPassword(w.Visitor(), "04177036", resetPassword), "/account")

	// Without an address there is nobody to write to.
	w.mails()
	silent := w.legacy("04595252", w.CompanyCard("04595252"))
	w.forgets(w.Visitor(), "04595252")
	w.Settle()
	if resets, err = w.Store.ResetsForStaff(t.Context()); err != nil || len(resets) != 1 || resets[0].Party != silent || len(w.mails()) != 0 {
		t.Errorf("%v wait, %v", resets, err)
	}
}

func TestResetFailsClosed(t *testing.T) {
	memory := portaltest.NewMemory()
	origin := portaltest.Start(t, memory, func(cfg *portal.Config) { cfg.PasswordLogin = true })
	c := portaltest.NewClient(t, origin)
	says(t, c.Get("/reset"), http.StatusGone)
	memory.Fail(http.ErrServerClosed)
	says(t, c.Get("/reset?token=x"), http.StatusServiceUnavailable)
}
