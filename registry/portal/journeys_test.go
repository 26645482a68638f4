package portal_test

import (
	"strings"
	"testing"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

const journeySend = `main .buttons .button[value=send]`

// registers goes through 註冊 with the card in the reader, and asserts the account.
func (j *journey) registers(category, attribute string, steps ...map[string]string) {
	j.t.Helper()
	j.Goto("/register")
	j.Click(`input[name=category][value=` + category + `]`)
	j.Click(`input[name=attribute_` + category + `][value=` + attribute + `]`)
	j.sees("register-kind", j.say("register.step_1"))
	j.Follow(registerNext)
	j.reads()
	j.Wait(`[data-when=done]`)
	j.sees("register-card", j.say("register.checked"))
	for _, step := range steps {
		j.Follow(registerNext)
		j.fill(step)
		j.sees("register" + strings.ReplaceAll(strings.TrimPrefix(j.Path(), "/register"), "/", "-"))
	}
	j.Follow(registerNext)
	j.sees("register-done", j.say("register.congratulations"), j.say("register.log_in_again"))

	j.party = verifier.PartyID(value[string](j.t, j.World, `SELECT party FROM accounts`))
	account, profile, err := j.Store.Account(j.t.Context(), j.party)
	if err != nil || string(account.Category) != category || string(account.Attribute) != attribute || account.Language != j.lang || !account.HasPassword || profile.Email == "" {
		j.t.Errorf("the account is %+v, %v", account, err)
	}
	if open := value[int](j.t, j.World, "SELECT count(*) FROM sessions WHERE party IS NOT NULL"); open != 0 {
		j.t.Error("who has registered is logged in")
	}
}

// bringsFile is the first two steps of 通關憑證註冊 with a file, up to the preview.
func (j *journey) bringsFile(i *verifiertest.Identity, usageType string, fields map[string]string) {
	j.t.Helper()
	j.Goto("/import")
	j.Click(`input[name=type][value=` + usageType + `]`)
	for name, entered := range fields {
		if name == "class" {
			j.Set("#class", entered)
			continue
		}
		j.Fill("#"+name, entered)
	}
	j.sees("import-type", j.say("import.type"))
	j.Follow(registerNext)
	if usageType != "specialist" { // who is offered nothing else
		j.Click(`input[name=medium][value=file]`)
	}
	j.Click(`input[name=kind][value=customs]`)
	j.Choose("#file", j.file(i))
	j.sees("import-file", "TEST1234.cer")
	j.Follow(registerNext)
	j.sees("import-preview", "TEST1234.cer", i.Parsed(j.t).Serial())
}

// asks looks somebody up.
func (j *journey) asks(who string, words ...string) {
	j.t.Helper()
	j.Goto("/certificates")
	j.Fill("#who", who)
	j.Submit()
	j.sees("query", append(words, j.say("certificate.medium"), j.say("certificate.kind"), j.say("certificate.usage"), j.say("certificate.info"))...)
}

// changes does something to a certificate of one's own, from the list.
func (j *journey) changes(i *verifiertest.Identity, action string) {
	j.t.Helper()
	j.Goto("/certificates/mine")
	j.Follow(`a[href="/certificates/mine/` + fingerprint(j.World, i) + `/signing/` + action + `"]`)
	j.sees(action, j.say("mine.effect."+action))
	j.Submit()
	j.done(action+"-done", "mine.done."+action)
}

// replaces chooses a certificate to replace.
func (j *journey) replaces(i *verifiertest.Identity, usage registry.Usage) {
	j.t.Helper()
	j.Goto("/replace")
	j.sees("replace", j.say("replace.own"))
	j.Follow(`a[href="/replace/` + fingerprint(j.World, i) + `/` + string(usage) + `"]`)
}

// overlaps asserts until when a replaced certificate counts.
func (j *journey) overlaps(l registry.Listed, days int) {
	j.t.Helper()
	if want := time.Now().AddDate(0, 0, days); l.Until.Sub(want).Abs() > 2*time.Minute {
		j.t.Errorf("the old one counts until %v, want %v", l.Until, want)
	}
}

// TestJourneyOfACompany: 註冊, 憑證登入, 通關憑證註冊 by file and by card, 查詢, 設為主憑證,
// 憑證更換 of a signing file and of the login card, 刪除, 登出.
func TestJourneyOfACompany(t *testing.T) {
	inBothLanguages(t, "company", func(j *journey) {
		card := j.CompanyCard(broker)
		old, young := j.CustomsFile(broker), j.Issue(j.PKI.Customs, verifiertest.CustomsHolder{BusinessID: broker, Ordinal: 7}, keyed(j.World, 2))
		next := j.Issue(j.PKI.MOEACA, verifiertest.Company{Name: "測試報關股份有限公司", BusinessID: broker}, keyed(j.World, 1))
		first, second := cardtest.Card{Label: "Company card 1", Sign: card}, cardtest.Card{Label: "Company card 2", Sign: next}

		j.holds(first)
		j.registers("company", "broker", corporate(), trade())
		login := j.row(card, registry.Login, verifier.InForce, true)
		if login.Medium != registry.Card || login.Kind != registry.MOEACA || login.Account != broker {
			j.t.Errorf("the login certificate is registered as %+v", login)
		}
		j.audits("visitor claim_made box", "visitor party_created", "visitor account_opened company/broker", "visitor registered")
		j.caches(broker)

		j.logsIn("/import", "/import")
		j.audits("party logged_in certificate")
		if by := value[[]byte](j.t, j.World, "SELECT fingerprint FROM sessions WHERE party = $1 AND strength = 'certificate'", j.party); string(by) != string(fingerprintOctets(j, card)) {
			j.t.Error("the session isn't the card's")
		}

		j.bringsFile(old, "broker", map[string]string{"ubn": broker, "box": "0C1"})
		j.Follow(journeySend)
		j.done("import-done", "import.main_done", old.Parsed(j.t).Serial())
		if l := j.row(old, registry.Signing, verifier.InForce, true); l.Medium != registry.File || l.Kind != registry.Customs || l.UsageType != registry.BrokerUse {
			j.t.Errorf("registered as %+v", l.Registration)
		}
		j.audits("party registered")
		j.caches(broker, standing{old, verifier.InForce})

		j.asks(broker, j.say("certificate.kind.moeaca"), j.say("certificate.usage.login"), j.say("certificate.kind.customs"), j.say("certificate.usage.signing"),
			old.Parsed(j.t).Serial(), j.say("certificate.state.in_force"), j.say("certificate.main"))
		j.audits("party queried by=ubn")

		j.Goto("/import")
		j.Click(`input[name=type][value=broker]`)
		j.Fill("#ubn", broker)
		j.Fill("#box", "0C1")
		j.Follow(registerNext)
		j.Click(`input[name=medium][value=card]`)
		j.reads()
		j.Wait(`[data-when=done]`)
		j.sees("import-card", j.say("card.done"))
		j.Follow(registerNext)
		j.Follow(journeySend)
		j.done("import-card-done", "import.done")
		if l := j.row(card, registry.Signing, verifier.InForce, false); l.Medium != registry.Card || l.Kind != registry.MOEACA {
			j.t.Errorf("registered as %+v", l.Registration)
		}
		j.audits("party registered")
		j.caches(broker, standing{old, verifier.InForce}, standing{card, verifier.InForce})

		j.changes(card, "main")
		j.row(card, registry.Signing, verifier.InForce, true)
		j.row(old, registry.Signing, verifier.InForce, false)
		j.audits("party main_moved")

		j.replaces(old, registry.Signing)
		j.Click(`input[name=medium][value=file]`)
		j.Choose("#file", j.file(young))
		j.Click(`input[name=overlap][value="30"]`)
		j.sees("replace-file", j.say("replace.overlap"))
		j.Follow(registerNext)
		j.sees("replace-preview", j.say("replace.effect_signing"))
		j.Follow(journeySend)
		j.done("replace-done", "replace.done", j.say("certificate.state.overlap"), young.Parsed(j.t).Serial())
		j.overlaps(j.row(old, registry.Signing, verifier.Superseded, false), 30)
		j.row(young, registry.Signing, verifier.InForce, false)
		j.audits("party replaced", "party registered")
		j.caches(broker, standing{old, verifier.Superseded}, standing{young, verifier.InForce}, standing{card, verifier.InForce})

		j.changes(card, "delete")
		j.row(card, registry.Signing, verifier.Withdrawn, false)
		j.row(card, registry.Login, verifier.InForce, true) // it still logs in
		j.audits("party withdrawn")
		j.caches(broker, standing{old, verifier.Superseded}, standing{young, verifier.InForce}, standing{card, verifier.Withdrawn})

		// The login card, with the old one and the new one in readers: it has to be chosen.
		j.holds(first, second)
		j.replaces(card, registry.Login)
		j.Wait("#pin") // below it, everything moves when the card is found
		j.Click(`input[name=overlap][value="7"]`)
		j.reads()
		if said := j.Text("[data-card-error]"); said != j.say("card.error.unchosen") {
			j.t.Errorf("with two cards it says %q", said)
		}
		if options := portaltest.Eval[[]string](j.Browser, `[...document.querySelector("#card-slot").options].map(o => o.text.split(" – ")[0])`); len(options) != 3 || options[0] != j.say("card.choose_first") {
			j.t.Errorf("the cards to choose from: %q", options)
		}
		j.sees("replace-choose-card", j.say("card.error.unchosen"))
		j.picks(second.Label)
		j.reads()
		j.Wait(`[data-when=done]`)
		j.Follow(registerNext)
		j.sees("replace-login-preview", j.say("replace.effect_login"))
		j.Follow(journeySend)
		j.done("replace-login-done", "replace.done", j.say("certificate.state.overlap"))
		j.overlaps(j.row(card, registry.Login, verifier.Superseded, false), 7)
		j.row(next, registry.Login, verifier.InForce, true)
		j.audits("party replaced", "party registered")
		j.Goto("/certificates/mine")
		j.sees("mine", j.say("certificate.state.overlap"), j.say("certificate.state.in_force"), j.say("certificate.state.withdrawn"))
		j.logsOut()
		j.audits("party logged_out")

		// Both cards log in for as long as both count.
		for _, with := range []cardtest.Card{second, first} {
			j.holds(with)
			j.logsIn("/account", "/account")
			j.logsOut()
			j.audits("party logged_in certificate", "party logged_out")
		}
		if n := len(j.box.Signed(j.t)); n != 6 {
			j.t.Errorf("the cards signed %d times", n)
		}
	})
}

// fingerprintOctets is how the database keeps it.
func fingerprintOctets(j *journey, i *verifiertest.Identity) []byte {
	f := j.Certificate(i).Fingerprint()
	return f[:]
}
