package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
)

// TestSecurityLoginLeavesNoFixedSession: whoever planted a session's cookie before a login
// has nothing by it after.
func TestSecurityLoginLeavesNoFixedSession(t *testing.T) {
	w := newLoginWorld(t)
	for _, tt := range []struct {
		name  string
		login func(c *portaltest.Client) portaltest.Page
	}{
		{"by certificate", func(c *portaltest.Client) portaltest.Page { return w.byCard(c, w.card) }},
		{"by password", func(c *portaltest.Client) portaltest.Page { return w.byPassword(c, loginUBN, loginPassword) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, attacker := w.Visitor(), w.Visitor()
			attacker.Get("/login")
			planted := w.cookie(attacker, "session")
			c.SetSession(planted)
			leads(t, tt.login(c), "/account")
			if got := w.cookie(c, "session"); got == planted || got == "" {
				t.Error("the cookie stays")
			}
			if w.isIn(c) != w.party || w.isIn(attacker) != "" {
				t.Error("the planted session is logged in")
			}
			if _, alive := w.session(attacker); alive {
				t.Error("the planted session lives on")
			}
			// A cookie that we never gave out opens nothing, and isn't adopted.
			made := w.Visitor()
			made.SetSession("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
			leads(t, tt.login(made), "/account")
			if w.cookie(made, "session") == "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" {
				t.Error("a made-up cookie is adopted")
			}
		})
	}
}

// refusedCard asserts that what a card signed lets nobody in, and that this is noted
// without saying whose card it was.
func refusedCard(t *testing.T, w *loginWorld, c *portaltest.Client, signed []string, words, detail string) {
	t.Helper()
	page := c.Post("/login", signed...)
	says(t, page, http.StatusUnprocessableEntity, words)
	if w.isIn(c) != "" {
		t.Error("it is let in")
	}
	if e := w.latest(); e.Action != registry.LoginRefused || e.Detail != detail || e.Party != "" || e.Certificate != nil {
		t.Errorf("noted %+v", e)
	}
}

func TestSecurityLoginSignatureWorksOnce(t *testing.T) {
	w := newLoginWorld(t)
	c := w.Visitor()
	signed := w.Signed(c.Get("/login"), w.card)
	leads(t, c.Post("/login", signed...), "/account")
	// By whoever overheard it, in a session of their own.
	thief := w.Visitor()
	thief.Get("/login")
	refusedCard(t, w, thief, signed, "此頁面已逾時", "certificate CHALLENGE_OVER")
	// In the session that it was made for, as it was before the login.
	again := w.Visitor()
	signed = w.Signed(again.Get("/login"), w.card)
	broken := append([]string(nil), signed...)
	broken[5] = "AAAA"
	refusedCard(t, w, again, broken, "簽章不正確", "certificate CARD_SIGNATURE")
	refusedCard(t, w, again, signed, "此頁面已逾時", "certificate CHALLENGE_OVER")
}

func TestSecurityLoginTakesNoSignatureOfAnotherPurpose(t *testing.T) {
	w := newLoginWorld(t)
	for _, purpose := range challenge.Purposes() {
		if purpose == challenge.Login {
			continue
		}
		c := w.Visitor()
		page := c.Get("/login")
		nonce := w.Signed(page, w.card)[1]
		refusedCard(t, w, c, w.SignedFor(purpose, w.Origin, nonce, w.card), "簽章不正確", "certificate CARD_SIGNATURE")
		// Its challenge, and what was signed for it.
		session, _ := w.session(c)
		nonce, err := w.Store.NewChallenge(t.Context(), session.ID, string(purpose))
		if err != nil {
			t.Fatal(err)
		}
		refusedCard(t, w, c, w.SignedFor(purpose, w.Origin, nonce, w.card), "此頁面已逾時", "certificate CHALLENGE_OVER")
	}
}

func TestSecurityLoginTakesNoSignatureForAnotherSite(t *testing.T) {
	w := newLoginWorld(t)
	c := w.Visitor()
	nonce := w.Signed(c.Get("/login"), w.card)[1]
	refusedCard(t, w, c, w.SignedFor(challenge.Login, "https://evil.example", nonce, w.card), "簽章不正確", "certificate CARD_SIGNATURE")
}

func TestSecurityLoginTakesNoOtherSessionsChallenge(t *testing.T) {
	w := newLoginWorld(t)
	c, other := w.Visitor(), w.Visitor()
	c.Get("/login")
	refusedCard(t, w, c, w.Signed(other.Get("/login"), w.card), "此頁面已逾時", "certificate CHALLENGE_OVER")
}

// TestSecurityLoginNeedsTheKey: certificates are public.
func TestSecurityLoginNeedsTheKey(t *testing.T) {
	w := newLoginWorld(t)
	c := w.Visitor()
	signed := w.Signed(c.Get("/login"), w.otherKey(loginUBN))
	signed[3] = w.Signed(c.Get("/login"), w.card)[3]
	refusedCard(t, w, c, signed, "簽章不正確", "certificate CARD_SIGNATURE")
}

func TestSecurityLoginLeadsToOurPagesOnly(t *testing.T) {
	w := newLoginWorld(t)
	tests := []struct{ next, want string }{
		{"/replace", "/replace"},
		{"/certificates/mine", "/certificates/mine"},
		{"/account", "/account"},
		{"", "/account"},
		{"/staff", "/account"},
		{"/login", "/account"},
		{"https://evil.example/", "/account"},
		{"//evil.example/", "/account"},
		{"/\\evil.example", "/account"},
		{"/replace\r\nX: y", "/account"},
		{"/replace/../../evil", "/replace"},
		{"/replacement", "/account"},
		{"javascript:alert(1)", "/account"},
		{"/logout", "/account"},
	}
	for i, tt := range tests {
		t.Run(tt.next, func(t *testing.T) {
			c := w.Visitor()
			page := c.Get("/login?next=" + url.QueryEscape(tt.next))
			if strings.Contains(page.Text, "evil") || strings.Contains(page.Text, "alert(1)") {
				t.Error("the page repeats it")
			}
			leads(t, c.Post("/login", append(w.Signed(page, w.card), "next", tt.next)...), tt.want)
			leads(t, c.Get("/login?next="+url.QueryEscape(tt.next)), tt.want)
			leads(t, w.byPassword(w.from(fmt.Sprintf("198.51.100.%d", i)), loginUBN, loginPassword, "next", tt.next), tt.want)
		})
	}
}

var changing = regexp.MustCompile(`name="csrf" value="[^"]+"|href="/assets/[^"]+"|src="/assets/[^"]+"|data-nonce="[^"]+"`)

// TestSecurityLoginTellsNotWhichAccountsExist: an unknown account, a wrong password and an
// account without a password get the same answer for the same work.
func TestSecurityLoginTellsNotWhichAccountsExist(t *testing.T) {
	w := newLoginWorld(t)
	w.legacy("04177036", w.CompanyCard("04177036"))
	type answer struct {
		status  int
		text    string
		headers string
		hashes  float64
		noted   int64
		queries string
	}
	ask := func(account, secret string) answer {
		c := w.Visitor()
		hashes, noted := w.hashes(), read[int64](w, "SELECT count(*) FROM audit_log")
		page := w.byPassword(c, account, secret)
		headers := ""
		for name, values := range page.Header {
			if name != "Date" {
				headers += fmt.Sprintln(name, len(values))
			}
		}
		if e := w.latest(); e.Action != registry.LoginRefused || e.Detail != "password" || !strings.HasPrefix(string(e.Actor), "visitor:") {
			t.Errorf("noted %+v", e)
		}
		return answer{
			page.StatusCode, strings.ReplaceAll(changing.ReplaceAllString(page.Text, ""), account, "ACCOUNT"), sorted(headers),
			w.hashes() - hashes, read[int64](w, "SELECT count(*) FROM audit_log") - noted, fmt.Sprint(len(w.cookie(c, "device"))),
		}
	}
	wrong := ask(loginUBN, otherPassword)
	if wrong.status != http.StatusUnprocessableEntity || wrong.hashes != 1 || wrong.noted != 1 || !strings.Contains(wrong.text, "帳號或密碼不正確") {
		t.Errorf("a wrong password: %+v", wrong)
	}
	for name, account := range map[string]string{"unknown": "12345675", "without a password": "04177036"} {
		if got := ask(account, otherPassword); got != wrong {
			t.Errorf("%s: %+v, want %+v", name, got, wrong)
		}
	}
	// Nor does a password that can't be one.
	if got, want := ask("12345675", strings.Repeat("x", 1000)), ask(loginUBN, strings.Repeat("x", 1000)); got != want || want.hashes != 1 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func sorted(lines string) string {
	all := strings.Split(lines, "\n")
	for i := range all {
		for j := i + 1; j < len(all); j++ {
			if all[j] < all[i] {
				all[i], all[j] = all[j], all[i]
			}
		}
	}
	return strings.Join(all, "\n")
}

// TestSecurityLockOutIsNoWeapon: a network that guesses locks itself out. Its owner gets in
// from elsewhere; from the same network, by a browser that was in before; and by card.
func TestSecurityLockOutIsNoWeapon(t *testing.T) {
	w := newLoginWorld(t)
	const attackers, home = "198.51.100.7", "203.0.113.9"
	known := w.from(attackers) // the owner's browser is behind the same address
	leads(t, w.byPassword(known, loginUBN, loginPassword), "/account")
	if w.cookie(known, "device") == "" {
		t.Fatal("the browser isn't remembered")
	}
	known.Get("/")
	known.Post("/logout")

	attacker := w.from(attackers)
	for range 4 {
		says(t, w.byPassword(attacker, loginUBN, otherPassword), http.StatusUnprocessableEntity)
	}
	hashes := w.hashes()
	page := w.byPassword(attacker, loginUBN, otherPassword)
	says(t, page, http.StatusTooManyRequests, "請於 3 分鐘後再試", "仍可使用憑證登入", `href="/login"`)
	if page.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	// The right password makes no difference, and nothing is computed.
	says(t, w.byPassword(attacker, loginUBN, loginPassword), http.StatusTooManyRequests)
	if w.hashes() != hashes {
		t.Error("a guess that isn't made is hashed")
	}
	// The same number of guesses at an account that doesn't exist ends alike.
	elsewhere := w.from("198.51.100.77")
	for range 5 {
		w.byPassword(elsewhere, "12345675", otherPassword)
	}
	if got := w.byPassword(elsewhere, "12345675", otherPassword); got.StatusCode != page.StatusCode || len(got.Text) != len(page.Text) {
		t.Errorf("status %d and %d bytes for an unknown account, want %d and %d", got.StatusCode, len(got.Text), page.StatusCode, len(page.Text))
	}

	leads(t, w.byPassword(known, loginUBN, loginPassword), "/account")
	leads(t, w.byPassword(w.from(home), loginUBN, loginPassword), "/account")
	leads(t, w.byCard(w.from(attackers), w.card), "/account")
	// Other accounts aren't touched.
	says(t, w.byPassword(w.from(attackers), "12345675", otherPassword), http.StatusUnprocessableEntity)
}

// TestSecurityManyNetworksLockNoKnownBrowserOut: when guesses from everywhere have filled
// the account's bucket, only strangers wait.
func TestSecurityManyNetworksLockNoKnownBrowserOut(t *testing.T) {
	w := newLoginWorld(t)
	known, visitor := w.from("203.0.113.9"), w.from("203.0.113.10")
	leads(t, w.byPassword(known, loginUBN, loginPassword), "/account")
	known.Get("/")
	known.Post("/logout")
	// Cheap, since 60 hashes take seconds: the account-wide bucket is what is tried.
	bucket := registry.Bucket{Name: portal.GuessesAtAccount.Name, Burst: portal.GuessesAtAccount.Burst, Every: portal.GuessesAtAccount.Every}
	for range 50 {
		if _, err := w.Store.Take(t.Context(), bucket, loginUBN); err != nil {
			t.Fatal(err)
		}
	}
	says(t, w.byPassword(visitor, loginUBN, loginPassword), http.StatusTooManyRequests, "仍可使用憑證登入")
	leads(t, w.byPassword(known, loginUBN, loginPassword), "/account")
	leads(t, w.byCard(visitor, w.card), "/account")
	// A browser known to another account, or with a token of its own making, is a stranger.
	stranger := w.from("203.0.113.11")
	u, _ := url.Parse(w.Origin)
	for _, token := range []string{
		w.Store.DeviceToken("12345675", registryHash, w.Now), w.Store.DeviceToken(loginUBN, registryHash, w.Now),
		w.Store.DeviceToken(loginUBN, read[string](w, "SELECT password FROM accounts"), w.Now.Add(-2*registry.DeviceLifetime)),
		"AAAAAAAAAAAAAAAAAAAAAA.1700000000.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "..", "~~~",
	} {
		stranger.HTTP.Jar.SetCookies(u, []*http.Cookie{{Name: "device", Value: token, Path: "/"}})
		says(t, w.byPassword(stranger, loginUBN, loginPassword), http.StatusTooManyRequests)
	}
}

// TestSecurityKnownBrowserHasFewGuesses, too: whoever sits at it, or took its cookie.
func TestSecurityKnownBrowserHasFewGuesses(t *testing.T) {
	w := newLoginWorld(t)
	c := w.from("203.0.113.9")
	leads(t, w.byPassword(c, loginUBN, loginPassword), "/account")
	token := w.cookie(c, "device")
	c.Get("/")
	c.Post("/logout")
	refused := 0
	for range 15 {
		if w.byPassword(c, loginUBN, otherPassword).StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 4 {
		t.Errorf("only %d of 15 guesses were refused", refused)
	}
	// Logging in again brings no new cookie, so no new guesses.
	w.do("DELETE FROM throttles")
	leads(t, w.byPassword(c, loginUBN, loginPassword), "/account")
	if w.cookie(c, "device") != token {
		t.Error("the browser has another token now")
	}
}

func TestSecurityPasswordLoginOffIsOff(t *testing.T) {
	w := newLoginWorld(t, func(cfg *portal.Config) { cfg.PasswordLogin = false })
	for _, path := range []string{"/password-login", "/forgot", "/forgot/sent", "/reset", "/reset?token=x", "/reset/done"} {
		says(t, w.Visitor().Get(path), http.StatusNotFound)
	}
	hashes := w.hashes()
	for _, path := range []string{"/password-login", "/forgot", "/reset", "/account/password"} {
		c := w.Visitor()
		c.Get("/login") // a token for the form
		says(t, c.Post(path, "account", loginUBN, "password", loginPassword, "confirm", loginPassword), http.StatusNotFound)
		if w.isIn(c) != "" {
			t.Errorf("POST %s logs in", path)
		}
	}
	if w.hashes() != hashes || len(w.mails()) != 0 {
		t.Error("something was done all the same")
	}
	// Nor does a session that was opened while it was on.
	c := w.LoggedIn(registry.Opening{LoginHolder: registry.LoginHolder{Party: w.party}, Strength: registry.ByPassword})
	leads(t, c.Get("/account"), "/login?next=/account")
	card := w.LoggedInBy(w.party, w.card)
	says(t, card.Get("/account"), http.StatusOK)
	says(t, card.Get("/account/password"), http.StatusNotFound)
}

// TestSecurityFormsOfLoginNeedTheirToken: also to log out.
func TestSecurityFormsOfLoginNeedTheirToken(t *testing.T) {
	w := newLoginWorld(t)
	for _, path := range []string{"/login", "/password-login", "/logout", "/forgot", "/reset", "/account/contact", "/account/password", "/account/sessions"} {
		c := w.LoggedInBy(w.party, w.card)
		before := read[int64](w, "SELECT count(*) FROM audit_log")
		form := url.Values{"account": {loginUBN}, "password": {loginPassword}, "confirm": {loginPassword}}
		for name, edit := range map[string]func() (csrf, site string){
			"no token":     func() (string, string) { return "", "" },
			"another's":    func() (string, string) { return w.tokenOf(w.Visitor()), "" },
			"another site": func() (string, string) { return w.tokenOf(c), "https://evil.example" },
		} {
			csrf, site := edit()
			if form.Del("csrf"); csrf != "" {
				form.Set("csrf", csrf)
			}
			request, err := http.NewRequest(http.MethodPost, w.Origin+path, strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			if site != "" {
				request.Header.Set("Origin", site)
			}
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if page := c.Do(request); page.StatusCode != http.StatusForbidden {
				t.Errorf("%s, %s: status %d", path, name, page.StatusCode)
			}
		}
		if w.isIn(c) != w.party || read[int64](w, "SELECT count(*) FROM audit_log") != before {
			t.Errorf("%s did something", path)
		}
	}
}

func (w *loginWorld) tokenOf(c *portaltest.Client) string { return c.Get("/forgot").CSRF() }

// TestSecurityLoginLogsNothingPersonal walks every page of these flows, right and wrong,
// and looks for what was entered.
func TestSecurityLoginLogsNothingPersonal(t *testing.T) {
	w := newLoginWorld(t)
	c := w.Visitor()
	w.byPassword(c, loginUBN, otherPassword)
	w.byPassword(c, "somebody@example.test", otherPassword)
	w.byPassword(c, loginUBN, loginPassword)
	device, session := w.cookie(c, "device"), w.cookie(c, "session")
	card := w.Visitor()
	w.byCard(card, w.card)
	card.Get("/account/contact")
	card.Post("/account/contact", "email", "new@example.test", "contact_name", "王大同", "phone", "02-87654321", "address", "臺北市塔城街13號", "company_chinese", "新名", "language", "en")
	card.Get("/account")
	w.mails()
	w.forgets(w.Visitor(), loginUBN)
	link := w.link(w.mail())
	r := w.Visitor()
	r.Get(link)
	r.Get("/reset")
	r.Post("/reset", "password", "aB3$weak", "confirm", "aB3$weak")
	r.Post("/reset", "password", "zQ8&nVx2Lp", "confirm", "zQ8&nVx2Lp")
	log := w.Log()
	audit := read[string](w, "SELECT string_agg(concat_ws(' ', actor, action, detail), ' ') FROM audit_log")
	_, token, _ := strings.Cut(link, "=")
	for _, secret := range []string{
		loginUBN, "somebody", "example.test", otherPassword, loginPassword, "aB3$weak", "zQ8&nVx2Lp", "王大同", "87654321", "塔城街", "新名",
		token, device, session, "token=", "陳美", "$argon2id",
	} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
		if strings.Contains(audit, secret) {
			t.Errorf("the audit log holds %q", secret)
		}
	}
	if !strings.Contains(log, `"route":"GET /reset"`) {
		t.Error("the log has no routes")
	}
}
