package portal_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/registry/password"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// TestJourneyOfAForgottenPassword: 忘記密碼, the mail, a new password, 帳號登入, and on to
// 憑證登入 for what a password isn't enough for.
func TestJourneyOfAForgottenPassword(t *testing.T) {
	inBothLanguages(t, "password", func(j *journey) {
		hash, err := password.NewHasher(1).Hash(j.t.Context(), loginPassword)
		if err != nil {
			j.t.Fatal(err)
		}
		card := j.CompanyCard(loginUBN)
		j.party = j.Account(loginUBN, card, hash)
		w := &loginWorld{World: j.World, t: j.t, card: card, party: j.party}
		w.do("UPDATE accounts SET language = $1", j.lang)
		j.audits("visitor party_created", "visitor account_opened company/broker", "visitor registered")
		subject := map[string]string{"zh": "重新設定您的登入密碼", "en": "Set a new password"}[j.lang]
		notice := map[string]string{"zh": "安全通知：您的登入密碼已設定", "en": "Security notice: your password was set"}[j.lang]

		j.Follow(`.menu-side a[href="/forgot"]`)
		j.Fill("#account", loginUBN)
		j.sees("forgot", j.say("reset.lead"))
		j.Submit()
		j.sees("forgot-sent", j.say("reset.sent"))
		mail := w.mail()
		if mail.To != "owner-"+loginUBN+"@example.test" || mail.Subject != subject {
			j.t.Errorf("the mail is to %s: %s", mail.To, mail.Subject)
		}
		j.audits("visitor reset_asked")
		if open := read[int](w, "SELECT count(*) FROM password_resets WHERE party = $1 AND NOT for_staff", j.party); open != 1 {
			j.t.Errorf("%d resets are open", open)
		}

		j.Goto(w.link(mail))
		if at := portaltest.Eval[string](j.Browser, `location.pathname + location.search`); at != "/reset" {
			j.t.Errorf("the address is %s", at)
		}
		j.Fill("#password", resetPassword)
		j.Fill("#confirm", otherPassword)
		if status := j.Submit(); status != http.StatusUnprocessableEntity {
			j.t.Errorf("status %d", status)
		}
		j.sees("reset-refused", j.say("reset.differs"))
		j.Fill("#password", resetPassword)
		j.Fill("#confirm", resetPassword)
		j.Submit()
		j.sees("reset-done", j.say("reset.done"))
		if read[string](w, "SELECT password FROM accounts") == hash || read[int](w, "SELECT count(*) FROM password_resets") != 0 {
			j.t.Error("the password is the old one, or the link works again")
		}
		if told := w.mail(); told.Subject != notice {
			j.t.Errorf("the owner is told %s", told.Subject)
		}
		j.audits("visitor password_set")

		j.Follow(`main .buttons a[href="/password-login"]`)
		j.Fill("#account", loginUBN)
		j.Fill("#password", loginPassword)
		if status := j.Submit(); status != http.StatusUnprocessableEntity {
			j.t.Errorf("the old password: status %d", status)
		}
		j.sees("old-password", j.say("login.wrong"))
		j.audits("visitor login_refused password")
		j.Fill("#password", resetPassword)
		j.Submit()
		j.done("password-login", "login.done_by_password", loginUBN)
		j.audits("party logged_in password")
		if how := read[string](w, "SELECT strength FROM sessions WHERE party = $1", j.party); how != "password" {
			j.t.Errorf("the session is by %s", how)
		}

		// It may look, not change; a login by certificate takes its place.
		j.Goto("/certificates/mine/" + fingerprint(j.World, card) + "/login/delete")
		j.sees("certificate-needed", j.say("error.certificate_needed"))
		j.row(card, registry.Login, verifier.InForce, true)
		j.holds(cardtest.Card{Sign: card})
		j.Follow(`main a[href="/login?next=/certificates/mine"]`)
		j.reads()
		j.Wait(".notice-success")
		j.done("certificate-login", "login.done", loginUBN)
		if path := j.Path(); path != "/certificates/mine" {
			j.t.Errorf("the login led to %s", path)
		}
		if how := read[string](w, "SELECT strength FROM sessions WHERE party = $1", j.party); how != "certificate" {
			j.t.Errorf("the session is by %s", how)
		}
		j.audits("party logged_in certificate")
		j.logsOut()
		j.audits("party logged_out")
	})
}

// TestJourneyOfWhy: a message whose blanks were collapsed after it was signed, and the
// message as it was.
func TestJourneyOfWhy(t *testing.T) {
	inBothLanguages(t, "why", func(j *journey) {
		var file *verifiertest.Identity
		file, j.party = signing(j.t, j.World, whySender)
		j.caches(whySender, standing{file, verifier.InForce})
		entries, err := j.Store.AuditEntries(j.t.Context(), registry.AuditQuery{Limit: 1000})
		if err != nil {
			j.t.Fatal(err)
		}
		j.audited = entries[0].ID
		signed := string(verifiertest.Sign(j.t, file, verifiertest.Declaration("A1B", 1)))
		collapsed := strings.Replace(signed, "AA  15", "AA 15", 1)
		line := map[string]string{"zh": "第 4 行", "en": "line 4"}[j.lang]

		for _, message := range []struct {
			picture, text string
			says          []string
		}{
			{"collapsed", collapsed, []string{"DIGEST_MISMATCH", line, "Declaration/ID", `"AA  15A1B00001"`, j.say("why.to_do"), j.say("why.steps")}},
			{"as-signed", signed, []string{"VERIFIED", j.say("why.steps")}},
		} {
			j.Follow(`.menu-side a[href="/why"]`)
			path := filepath.Join(j.t.TempDir(), "NX5203.xml")
			if err := os.WriteFile(path, []byte(message.text), 0o600); err != nil {
				j.t.Fatal(err)
			}
			j.Fill("#account", whySender)
			j.Choose("#file", path)
			j.sees("why-file", j.say("why.lead"), "NX5203.xml")
			j.Submit()
			j.sees("why-"+message.picture, message.says...)
		}
		j.audits() // nothing is kept of a message
		if strings.Contains(j.Log(), "15A1B00001") {
			j.t.Error("the log holds what was in the message")
		}
	})
}
