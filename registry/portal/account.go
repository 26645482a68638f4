package portal

import (
	"errors"
	"net/http"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

const (
	accountContactPath  = accountPath + "/contact"
	accountPasswordPath = accountPath + "/password"
	accountSessionsPath = accountPath + "/sessions"
)

// accountRoutes are those of 我的帳號.
func (p *Portal) accountRoutes(mux *http.ServeMux) {
	p.handle(mux, "GET "+accountPath, p.entered(p.showAccount))
	p.handle(mux, "GET "+accountContactPath, p.certified(p.showContact))
	p.handle(mux, "POST "+accountContactPath, p.certified(p.postContact))
	p.handle(mux, "GET "+accountSessionsPath, func(w http.ResponseWriter, r *http.Request) error {
		return redirect(w, r, accountPath)
	})
	p.handle(mux, "POST "+accountSessionsPath, p.entered(p.endOtherSessions))
	if p.cfg.PasswordLogin {
		p.handle(mux, "GET "+accountPasswordPath, p.entered(p.showPassword))
		p.handle(mux, "POST "+accountPasswordPath, p.entered(p.postPassword))
	}
}

type accountPage struct {
	HasAccount bool // a party can log in without one: an operator registered its card
	Account    registry.Account
	Attribute  string
	ByPassword bool // the session: it shows and doesn't change
	Contact    []accountFact

	Certificates []accountCertificate
	Expiring     int // certificates that expire within 60 days

	Activity []accountEvent
	Others   int // sessions of the party but this one
}

// An accountFact is one line of contact data.
type accountFact struct{ Label, Value string }

// How many entries of the audit log the account's page looks at, and how many lines it
// makes of them.
const (
	activityEntries = 100
	activityLines   = 15
)

func attributeInfo(code registry.Attribute) (registry.AttributeInfo, error) {
	all, err := attributes()
	if err != nil {
		return registry.AttributeInfo{}, err
	}
	for _, info := range all {
		if info.Code == code {
			return info, nil
		}
	}
	return registry.AttributeInfo{Code: code, Chinese: string(code), English: string(code)}, nil
}

func (p *Portal) showAccount(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), visitOf(r)
	party := v.session.Party
	page := accountPage{ByPassword: v.session.Strength != registry.ByCertificate}
	account, profile, err := p.registry.Account(ctx, party)
	switch {
	case errors.Is(err, registry.ErrNoAccount):
	case err != nil:
		return err
	default:
		info, err := attributeInfo(account.Attribute)
		if err != nil {
			return err
		}
		page.HasAccount, page.Account = true, account
		page.Attribute = v.lang.choose(registry.Message{Chinese: info.Chinese, English: info.English})
		page.Contact = p.contactFacts(v.lang, account, profile, info, page.ByPassword)
	}
	listed, err := p.registry.ListedOf(ctx, party)
	if err != nil {
		return err
	}
	for _, l := range listed {
		row := p.accountCertificate(v.lang, l)
		if row.expiring {
			page.Expiring++
		}
		page.Certificates = append(page.Certificates, row)
	}
	entries, err := p.registry.AuditEntries(ctx, registry.AuditQuery{Party: party, Limit: activityEntries})
	if err != nil {
		return err
	}
	page.Activity = p.activity(v.lang, party, entries)
	if page.Others, err = p.registry.OtherSessions(ctx, party, v.session.ID); err != nil {
		return err
	}
	return p.render(w, r, http.StatusOK, "account", page)
}

// An accountCertificate is a registration in short.
type accountCertificate struct {
	Kind, Use, Serial, Period string
	Main                      bool
	State, Look               string
	expiring                  bool
}

func (p *Portal) accountCertificate(l tongue, listed registry.Listed) accountCertificate {
	say := func(key string) string { return p.words.text(l, key) }
	state := stateOf(listed.Registration, p.cfg.Now())
	return accountCertificate{
		Kind: say("certificate.kind." + string(listed.Kind)), Use: say("certificate.usage." + string(listed.Usage)),
		Serial: listed.Certificate.Serial(), Period: period(listed.Certificate), Main: listed.Main,
		State: say("certificate.state." + string(state)), Look: stateLooks[state], expiring: state == stateExpiring,
	}
}

// An accountEvent is an entry of the audit log in words.
type accountEvent struct {
	At             time.Time // the latest, of several
	What, By, Look string
	Times          int
}

// activity says what was done, the latest first. What was done again and again is one
// line: a row of failed logins hides nothing else.
func (p *Portal) activity(l tongue, party verifier.PartyID, entries []registry.AuditEntry) (lines []accountEvent) {
	for _, e := range entries {
		event := p.accountEvent(l, party, e)
		if n := len(lines); n > 0 && lines[n-1].What == event.What && lines[n-1].By == event.By {
			lines[n-1].Times++
			continue
		}
		if len(lines) == activityLines {
			break
		}
		lines = append(lines, event)
	}
	return lines
}

// accountWarnings are what an owner should look at.
var accountWarnings = map[registry.AuditAction]bool{registry.LoginRefused: true, registry.AuditAction(registry.Revoked): true}

// accountEvent says what was done, and who did it, without naming anybody.
func (p *Portal) accountEvent(l tongue, party verifier.PartyID, e registry.AuditEntry) accountEvent {
	what := "account.action." + string(e.Action)
	switch {
	case e.Action == registry.LoggedIn && e.Detail == string(registry.ByPassword):
		what = "account.action.logged_in_password"
	case e.Action == registry.LoginRefused && e.Detail == passwordWay:
		what = "account.action.login_refused_password"
	case !p.words.has(what):
		what = "account.action.other"
	}
	by := "account.by.visitor"
	switch {
	case e.Actor == registry.PartyActor(party):
		by = "account.by.party"
	case actorIs(e.Actor, "operator"):
		by = "account.by.operator"
	case actorIs(e.Actor, "system"):
		by = "account.by.system"
	}
	event := accountEvent{At: e.At, What: p.words.text(l, what), By: p.words.text(l, by), Times: 1}
	if accountWarnings[e.Action] {
		event.Look = "warn"
	}
	return event
}

func actorIs(a registry.Actor, role string) bool {
	return len(a) > len(role) && string(a[:len(role)+1]) == role+":"
}

func (p *Portal) endOtherSessions(w http.ResponseWriter, r *http.Request) error {
	session := visitOf(r).session
	if _, err := p.registry.EndOtherSessions(r.Context(), registry.PartyActor(session.Party), session.Party, session.ID); err != nil {
		return err
	}
	p.flash(w, Success, "account.others_ended")
	return redirect(w, r, accountPath)
}
