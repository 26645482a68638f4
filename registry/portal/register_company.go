package portal

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"turnkey-gateway/registry"
)

// A registerCompanyPage is step 4.
type registerCompanyPage struct {
	Identifiers, Codes []Field
}

// companyFields are those of step 4 that every company is asked for, and how many
// characters each takes.
var companyFields = map[string]int{"company_chinese": 100, "company_english": 150, "responsible": 60}

// maxTradeCode bounds a trade's code, in characters.
const maxTradeCode = 20

// tradeCodePattern is what a trade's code may look like (assumed).
var tradeCodePattern = regexp.MustCompile(`^[0-9A-Za-z-]{1,20}$`)

// fieldsOf are companyFields and those of the trade.
func fieldsOf(info registry.AttributeInfo) map[string]int {
	fields := make(map[string]int)
	for name, most := range companyFields {
		fields[name] = most
	}
	for _, kind := range info.Identifiers {
		fields["id_"+string(kind)] = 10
	}
	for _, code := range info.Codes {
		fields["code_"+code.Code] = maxTradeCode
	}
	return fields
}

func (p *Portal) showRegisterCompany(w http.ResponseWriter, r *http.Request, d *registration) error {
	info, err := d.info()
	if err != nil {
		return err
	}
	f := p.form(r)
	for name := range fieldsOf(info) {
		f.Set(name, d.Entered[name])
	}
	if _, entered := d.Entered["company_chinese"]; !entered {
		admission, err := p.admitRegisterCard(d)
		if err == nil && len(admission.Certificate.X509().Subject.Organization) == 1 {
			f.Set("company_chinese", admission.Certificate.X509().Subject.Organization[0])
		}
	}
	return p.renderRegisterCompany(w, r, d)
}

func (p *Portal) renderRegisterCompany(w http.ResponseWriter, r *http.Request, d *registration) error {
	info, err := d.info()
	if err != nil {
		return err
	}
	f := p.form(r)
	page := registerCompanyPage{Identifiers: tradeIdentifiers(f, info)}
	lang := visitOf(r).lang
	for _, code := range info.Codes {
		field := f.Field("code_"+code.Code, "register.code")
		field.Label = lang.choose(registry.Message{Chinese: code.Chinese, English: code.English})
		field.Hint, field.Width, field.MaxLength = p.say(r, "register.code_hint"), "short", maxTradeCode
		page.Codes = append(page.Codes, field)
	}
	return p.render(w, r, f.Status(), "register-company", page)
}

// takeRegisterCompany takes step 4, a company's last.
func (p *Portal) takeRegisterCompany(w http.ResponseWriter, r *http.Request, d *registration) error {
	info, err := d.info()
	if err != nil {
		return err
	}
	f := p.form(r)
	d.enter(f, fieldsOf(info))
	if err := p.saveRegistration(r, d); err != nil {
		return err
	}
	if pressed(f, "back") {
		return redirect(w, r, registerDetailsPath)
	}
	if err := p.throttle(r.Context(), openings, client(r)); err != nil {
		return err
	}
	f.checkText("company_chinese", "register.company_chinese", companyFields["company_chinese"], true)
	f.checkText("company_english", "register.company_english", companyFields["company_english"], false)
	f.checkText("responsible", "register.responsible", companyFields["responsible"], true)
	f.checkTradeIdentifiers(info)
	for _, code := range info.Codes {
		if value := f.Get("code_" + code.Code); value != "" && !tradeCodePattern.MatchString(value) {
			f.Fail("code_"+code.Code, "register.wrong_code")
		}
	}
	if !f.OK() {
		return p.renderRegisterCompany(w, r, d)
	}
	admission, err := p.admitRegisterCard(d)
	var refused *registry.Refusal
	if errors.As(err, &refused) || err == nil && !proves(admission, d.identifier()) {
		return redirect(w, r, registerCardPath) // it was good when it was read
	}
	if err != nil {
		return err
	}
	return p.finishRegistration(w, r, d, admission, p.renderRegisterCompany)
}

// finishRegistration opens the account. Where that is refused, show shows the last step
// again with the reason.
func (p *Portal) finishRegistration(w http.ResponseWriter, r *http.Request, d *registration, a registry.Admission, show func(http.ResponseWriter, *http.Request, *registration) error) error {
	account, err := d.account(visitOf(r).lang, a)
	if err != nil {
		return err
	}
	session, f := visitOf(r).session, p.form(r)
	_, _, err = p.registry.OpenAccount(r.Context(), registry.VisitorActor(session.ID), account)
	switch {
	case err == nil:
		if err := p.saveRegistration(r, &registration{Finished: true}); err != nil {
			return err
		}
		return redirect(w, r, registerDonePath)
	case errors.Is(err, registry.ErrAccountExists), errors.Is(err, registry.ErrAlreadyRegistered):
		return p.finishTwice(w, r, d, a, show)
	case errors.Is(err, registry.ErrIdentifierTaken) && d.Category == registry.Person:
		f.Fail("email", "register.email_taken")
		d.PasswordHash = "" // it was judged beside that name
	case errors.Is(err, registry.ErrIdentifierTaken):
		f.Fail("", "register.name_taken")
	case errors.Is(err, registry.ErrPartyCounts):
		f.Fail("identifier", "register.counts")
	case errors.Is(err, registry.ErrElsewhere):
		f.Fail("", "register.elsewhere")
	case errors.Is(err, registry.ErrRevoked):
		f.Fail("", "register.revoked")
	default:
		return fmt.Errorf("register: %w", err)
	}
	return show(w, r, d)
}

// finishTwice answers whose account there is already: perhaps by this very form, sent
// twice, or sent again because the answer was lost.
func (p *Portal) finishTwice(w http.ResponseWriter, r *http.Request, d *registration, a registry.Admission, show func(http.ResponseWriter, *http.Request, *registration) error) error {
	now, err := p.registration(r)
	if err != nil {
		return err
	}
	if now.Finished {
		return redirect(w, r, registerDonePath)
	}
	_, err = p.registry.LoginOf(r.Context(), a.Certificate.Fingerprint())
	switch {
	case err == nil:
		if err := p.endRegistration(w, r); err != nil {
			return err
		}
		return redirect(w, r, homePath)
	case errors.Is(err, registry.ErrNoRegistration):
		field := "identifier"
		if d.Category == registry.Company {
			field = "" // of the step before
		}
		p.form(r).Fail(field, "register.taken")
		return show(w, r, d)
	}
	return fmt.Errorf("register: %w", err)
}

// account is the account that the draft is for.
func (d *registration) account(lang tongue, a registry.Admission) (registry.NewAccount, error) {
	info, err := d.info()
	if err != nil {
		return registry.NewAccount{}, err
	}
	account := registry.NewAccount{
		Category: d.Category, Attribute: d.Attribute, Language: string(lang),
		Profile: registry.Profile{
			Email: d.Entered["email"], ContactName: d.Entered["contact"], BirthDate: d.Entered["birth"],
			Phone: d.Entered["phone"], Address: d.Entered["address"],
			CompanyChinese: d.Entered["company_chinese"], CompanyEnglish: d.Entered["company_english"],
			Responsible: d.Entered["responsible"], Codes: make(map[string]string),
		},
		PasswordHash: d.PasswordHash,
		Name:         d.name(),
		Proved:       d.identifier(),
		Login:        registry.NewRegistration{Certificate: a.Certificate, Usage: registry.Login, Kind: a.Kind, Medium: registry.Card},
	}
	for _, kind := range info.Identifiers {
		account.Claims = append(account.Claims, registry.Identifier{Kind: kind, Value: d.Entered["id_"+string(kind)]})
	}
	for _, code := range info.Codes {
		if value := d.Entered["code_"+code.Code]; value != "" {
			account.Profile.Codes[code.Code] = value
		}
	}
	return account, nil
}
