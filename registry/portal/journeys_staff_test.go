package portal_test

import (
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// importsPending imports a specialist's file, which waits.
func (j *journey) importsPending(i *verifiertest.Identity) {
	j.t.Helper()
	j.bringsFile(i, "specialist", map[string]string{"national": somebody, "name": "王小明", "class": "declarant", "specialist": specialist})
	j.sees("import-preview", j.say("certificate.state.pending"), j.say("import.lacks"), j.say("import.will_wait"))
	j.Follow(journeySend)
	if said := j.Text("main .notice-warning p"); said != j.say("import.pending") {
		j.t.Errorf("at the top stands %q", said)
	}
	j.sees("import-pending", j.say("import.lacks"), j.say("import.missing.NAMES_ANOTHER"), j.say("mine.prove"))
	if l := j.row(i, registry.Signing, verifier.Pending, false); !l.Proved.IsZero() || len(l.Missing) == 0 || l.Details["name"] != "王小明" {
		j.t.Errorf("it waits as %+v", l)
	}
}

// proves does what the page that awaits a proof says, as turnkey prove does.
func (j *journey) proves(i *verifiertest.Identity) {
	j.t.Helper()
	j.Follow(`a[href="/import/prove/` + fingerprint(j.World, i) + `"]`)
	nonce := portaltest.Eval[string](j.Browser, `document.querySelector("input[name=nonce]").value`)
	j.sees("prove", j.say("prove.lead"), "turnkey prove --key KEY --cert CERT", "--origin "+j.World.Origin, "--nonce "+nonce)
	signed := j.SignedFor(challenge.Prove, j.World.Origin, nonce, i)
	j.Set("#signature", signed[len(signed)-1])
	j.Follow(journeySend)
	j.done("prove-done", "prove.done")
	if l := j.row(i, registry.Signing, verifier.Pending, false); l.Proved.IsZero() {
		j.t.Error("it isn't proved")
	}
}

// decides follows an operator's link to what is to be done, and confirms it.
func (j *journey) decides(picture, link, done string, words ...string) {
	j.t.Helper()
	j.Follow(link)
	j.Click(`label[for=confirm]`)
	j.sees(picture, words...)
	j.Submit()
	j.done(picture+"-done", done)
}

// TestJourneyOfASpecialist: 註冊 of a person, 通關憑證註冊 of files that wait, one confirmed by
// the specialist and one approved by staff, 查詢 by account, 身分證字號 and 報關專責人員代碼, and
// 管理作業: search, approve, revoke, audit log.
func TestJourneyOfASpecialist(t *testing.T) {
	inBothLanguages(t, "specialist", func(j *journey) {
		account := strings.ToLower(someEmail)
		card := j.CitizenCard(somebody)
		own := j.Issue(j.PKI.Customs, verifiertest.CustomsHolder{BusinessID: broker, Ordinal: 75}, keyed(j.World, 1))
		stranger := j.Issue(j.PKI.Customs, verifiertest.CustomsHolder{BusinessID: broker, Ordinal: 76}, keyed(j.World, 2))
		desk := j.Issue(j.PKI.MOEACA, verifiertest.Company{Name: "測試服務中心", BusinessID: "04595252"}, keyed(j.World, 3))
		if err := j.Store.AddOperator(j.t.Context(), registrytest.Operator, "olga", j.Certificate(desk)); err != nil {
			j.t.Fatal(err)
		}

		j.holds(cardtest.Card{Label: "Citizen card", Sign: card})
		j.registers("person", "specialist", with(personal(), "id_specialist", specialist))
		if l := j.row(card, registry.Login, verifier.InForce, true); l.Kind != registry.MOICA || l.Account != account {
			j.t.Errorf("the login certificate is registered as %+v", l)
		}
		j.audits("operator operator_added olga", "visitor claim_made specialist", "visitor party_created", "visitor account_opened person/specialist", "visitor registered")

		// One file is imported, proved and confirmed by who is logged in.
		j.logsIn("/import", "/import")
		j.importsPending(own)
		j.audits("party logged_in certificate", "party registered")
		j.caches(account, standing{own, verifier.Pending})
		j.proves(own)
		j.audits("party possession_proved")
		j.changes(own, "confirm")
		j.row(own, registry.Signing, verifier.InForce, true)
		j.audits("party confirmed")
		j.caches(account, standing{own, verifier.InForce})
		j.logsOut()
		j.audits("party logged_out")

		// Another one by a visitor, which is staff's to approve.
		j.window()
		j.importsPending(stranger)
		j.audits("visitor registered")
		j.proves(stranger)
		j.audits("visitor possession_proved")
		j.caches(account, standing{own, verifier.InForce}, standing{stranger, verifier.Pending})

		j.window()
		j.holds(cardtest.Card{Label: "Staff card", Sign: desk})
		j.logsIn("/import", "/staff")
		j.audits("operator logged_in certificate")
		if who := value[string](j.t, j.World, "SELECT operator FROM sessions WHERE strength = 'certificate'"); who != "olga" {
			j.t.Errorf("the session is %s's", who)
		}
		j.sees("staff", j.say("staff.pending"), j.say("staff.ready"), specialist)
		j.Goto("/staff/search")
		j.Fill("#who", specialist)
		j.Submit()
		j.sees("staff-search", j.say("staff.found", 1), string(j.party))
		j.audits("operator party_searched")
		j.Follow(`main a[href="/staff/parties/` + string(j.party) + `"]`)
		j.sees("staff-party", specialist, "A********9", j.say("certificate.state.pending"), j.say("staff.audited.confirmed"))
		certificates := `main a[href="/staff/certificates/` + string(j.party) + `/`
		j.decides("staff-claim", `main a[href^="/staff/claims/"][href$="/approve"]`, "staff.done.claim_approved", specialist, j.say("staff.effect.claim_approve"))
		if kinds := value[int](j.t, j.World, "SELECT count(*) FROM identifiers WHERE party = $1 AND kind = 'specialist' AND shown = $2", j.party, specialist); kinds != 1 {
			j.t.Errorf("%d identifiers are the code", kinds)
		}
		if left := value[int](j.t, j.World, "SELECT count(*) FROM identifier_claims"); left != 0 {
			j.t.Errorf("%d claims are left", left)
		}
		j.audits("operator claim_approved specialist")
		j.decides("staff-approve", certificates+fingerprint(j.World, stranger)+`/signing/approve"]`, "staff.done.approve",
			stranger.Parsed(j.t).Serial(), j.say("import.missing.NAMES_ANOTHER"), "王小明")
		j.row(stranger, registry.Signing, verifier.InForce, false)
		j.audits("operator confirmed")
		j.caches(account, standing{own, verifier.InForce}, standing{stranger, verifier.InForce})

		j.Follow(certificates + fingerprint(j.World, own) + `/signing/revoke"]`)
		j.Set("#reason", "keyCompromise")
		j.Click(`label[for=confirm]`)
		j.sees("staff-revoke", j.say("staff.effect.revoke"), j.say("staff.reason"))
		j.Submit()
		j.done("staff-revoke-done", "staff.done.revoke", j.say("certificate.state.revoked"))
		j.row(own, registry.Signing, verifier.Revoked, false)
		if why := value[string](j.t, j.World, "SELECT reason FROM revocations WHERE fingerprint = $1", fingerprintOctets(j, own)); why != "keyCompromise" {
			j.t.Errorf("revoked for %s", why)
		}
		j.audits("operator revoked")
		j.caches(account, standing{own, verifier.Revoked}, standing{stranger, verifier.InForce})
		j.Goto("/staff/audit")
		j.sees("staff-audit", "operator:olga", j.say("staff.audited.revoked"), j.say("staff.audited.confirmed"), j.say("staff.audited.claim_approved"), j.say("staff.audited.possession_proved"))
		j.logsOut()
		j.audits("operator logged_out")

		// Anybody sees how it stands, and nobody whose it is.
		j.window()
		for by, who := range map[string]string{"account": someEmail, "national": somebody, "specialist": strings.ToLower(specialist)} {
			j.asks(who, own.Parsed(j.t).Serial(), j.say("certificate.state.revoked"), stranger.Parsed(j.t).Serial(), j.say("certificate.state.in_force"), j.say("certificate.kind.moica"))
			if text := j.Text("main"); strings.Contains(text, "王小明") || strings.Contains(text, account) {
				j.t.Errorf("by %s, it tells who that is: %s", by, text)
			}
			j.audits("visitor queried by=" + by)
		}
	})
}

// TestJourneyOfALegacyAccount: one moved here from the old customs system logs in by its
// card and gives its contact data; for its first password, staff makes sure of who asks.
func TestJourneyOfALegacyAccount(t *testing.T) {
	inBothLanguages(t, "legacy", func(j *journey) {
		card := j.CompanyCard(trader)
		desk := j.Issue(j.PKI.MOEACA, verifiertest.Company{Name: "測試服務中心", BusinessID: "04595252"}, keyed(j.World, 3))
		if err := j.Store.AddOperator(j.t.Context(), registrytest.Operator, "olga", j.Certificate(desk)); err != nil {
			j.t.Fatal(err)
		}
		w := &loginWorld{World: j.World, t: j.t}
		j.party = w.legacy(trader, card)
		j.audits("operator operator_added olga", "operator party_created", "operator account_opened legacy", "operator registered")

		j.holds(cardtest.Card{Sign: card})
		j.Goto("/login")
		j.reads()
		j.Wait("main .notice-warning")
		j.sees("logged-in", j.say("login.complete_contact"), j.say("account.legacy"), j.say("account.password_unset"))
		j.audits("party logged_in certificate")
		j.Goto("/account/contact")
		j.fill(map[string]string{"email": "old@example.test", "contact_name": "林大同", "phone": "02-23456789", "address": "臺北市中正區測試路 1 號", "company_chinese": "測試貿易股份有限公司", "responsible": "陳大文"})
		j.Click(`input[name=language][value=` + j.lang + `]`)
		j.sees("contact", j.say("account.contact_lead"))
		j.Submit()
		j.done("contact-done", "account.contact_changed", "old@example.test")
		account, profile, err := j.Store.Account(j.t.Context(), j.party)
		if err != nil || profile.Email != "old@example.test" || account.Language != j.lang || account.HasPassword || !account.Legacy {
			j.t.Errorf("the account is %+v of %+v, %v", account, profile, err)
		}
		j.audits("party profile_changed")
		j.logsOut()
		j.audits("party logged_out")

		j.Goto("/forgot")
		j.Fill("#account", trader)
		j.Submit()
		j.sees("forgot-sent", j.say("reset.sent"), j.say("reset.legacy"))
		if mail := w.mail(); strings.Contains(mail.Text, "token=") {
			j.t.Errorf("mail alone sets a password: %s", mail.Text)
		}
		j.audits("visitor reset_asked")
		if waits := read[int](w, "SELECT count(*) FROM password_resets WHERE party = $1 AND for_staff AND token IS NULL", j.party); waits != 1 {
			j.t.Errorf("%d resets wait for staff", waits)
		}

		j.window()
		j.holds(cardtest.Card{Sign: desk})
		j.logsIn("/account", "/staff")
		j.audits("operator logged_in certificate")
		j.decides("staff-reset", `main a[href^="/staff/resets/"]`, "staff.done.reset", j.say("staff.confirm_reset"), trader)
		j.audits("operator reset_approved")
		j.logsOut()
		j.audits("operator logged_out")

		j.window()
		j.Goto(w.link(w.mail()))
		j.Fill("#password", resetPassword)
		j.Fill("#confirm", resetPassword)
		j.Submit()
		j.sees("reset-done", j.say("reset.done"))
		if account, _, err := j.Store.Account(j.t.Context(), j.party); err != nil || !account.HasPassword {
			j.t.Errorf("no password is set: %v", err)
		}
		j.audits("visitor password_set")
		w.mail() // which says so
		j.Goto("/password-login")
		j.Fill("#account", trader)
		j.Fill("#password", resetPassword)
		j.Submit()
		j.done("password-login", "login.done_by_password")
		j.audits("party logged_in password")
		j.logsOut()
		j.audits("party logged_out")
	})
}
