package portal

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/password"
	"turnkey-gateway/verifier"
)

var (
	// existenceQueries limits how often a visitor's network may ask whether a 統一編號 or
	// 身分證字號 is registered; that the card must match limits which.
	existenceQueries = registry.Bucket{Name: "register_exists", Burst: 15, Every: 20 * time.Second}

	// openings limits hashing, and opening accounts.
	openings = registry.Bucket{Name: "register_open", Burst: 15, Every: 30 * time.Second}
)

// A registerDetailsPage is step 3.
type registerDetailsPage struct {
	Company     bool
	Identifiers []Field // the attribute's, of a person
	PasswordSet bool    // it was set in this session, and may stay
}

// Fields of step 3 that a draft keeps, and how many characters each takes.
var (
	companyDetails = map[string]int{"email": 128, "contact": 60, "identifier": 20, "phone": 30, "address": 200}
	personDetails  = map[string]int{"email": 128, "contact": 60, "identifier": 20, "phone": 30, "address": 200, "birth": 10, "id_specialist": 10}
)

func (d *registration) detailFields() map[string]int {
	if d.Category == registry.Company {
		return companyDetails
	}
	return personDetails
}

func (p *Portal) showRegisterDetails(w http.ResponseWriter, r *http.Request, d *registration) error {
	f := p.form(r)
	for name := range d.detailFields() {
		f.Set(name, d.Entered[name])
	}
	return p.renderRegisterDetails(w, r, d)
}

func (p *Portal) renderRegisterDetails(w http.ResponseWriter, r *http.Request, d *registration) error {
	f := p.form(r)
	page := registerDetailsPage{Company: d.Category == registry.Company, PasswordSet: d.PasswordHash != ""}
	f.Set("account", registry.Normalize(verifier.Account, f.Get("email"))) // whatever was posted as it
	if page.Company {
		f.Set("account", f.Get("identifier"))
	} else {
		info, err := d.info()
		if err != nil {
			return err
		}
		page.Identifiers = tradeIdentifiers(f, info)
	}
	return p.render(w, r, f.Status(), "register-details", page)
}

// takeRegisterDetails takes step 3, which is a person's last.
func (p *Portal) takeRegisterDetails(w http.ResponseWriter, r *http.Request, d *registration) error {
	f := p.form(r)
	admission, err := p.admitRegisterCard(d)
	var refused *registry.Refusal
	if errors.As(err, &refused) { // it was good when it was read
		return redirect(w, r, registerCardPath)
	}
	if err != nil {
		return err
	}
	was := d.passwordAvoids()
	d.enter(f, d.detailFields())
	if !slices.Equal(was, d.passwordAvoids()) {
		d.PasswordHash = "" // it may hold what it wasn't to hold
	}
	d.Detailed = false
	if pressed(f, "exists") && r.Header.Get("Accept") == "application/json" {
		return p.answerExistence(w, r, d, admission)
	}
	if err := p.saveRegistration(r, d); err != nil {
		return err
	}
	switch {
	case pressed(f, "back"):
		return redirect(w, r, registerCardPath)
	case pressed(f, "exists"):
		return p.showExistence(w, r, d, admission)
	}
	if err := p.throttle(r.Context(), openings, client(r)); err != nil {
		return err
	}
	if err := p.checkDetails(r, f, d, admission); err != nil {
		return err
	}
	if !f.OK() {
		return p.renderRegisterDetails(w, r, d)
	}
	d.Detailed = true
	if err := p.saveRegistration(r, d); err != nil {
		return err
	}
	if d.Category == registry.Person {
		return p.finishRegistration(w, r, d, admission, p.renderRegisterDetails)
	}
	return redirect(w, r, registerCompanyPath)
}

// enter keeps what stands in fields, in the form in which it counts, and cut to a length
// at which it is refused.
func (d *registration) enter(f *Form, fields map[string]int) {
	for name, most := range fields {
		value := []rune(f.Get(name))
		d.Entered[name] = string(value[:min(len(value), most+1)])
	}
	for name, kind := range map[string]verifier.IdentifierKind{
		"identifier": d.identifier().Kind, "id_specialist": verifier.Specialist, "id_box": verifier.BrokerBox,
	} {
		if _, here := fields[name]; here {
			d.Entered[name] = registry.Normalize(kind, d.Entered[name])
			f.Set(name, d.Entered[name])
		}
	}
}

// checkDetails says what is wrong with what was entered in step 3, and hashes the password
// if nothing is. The error is ours.
func (p *Portal) checkDetails(r *http.Request, f *Form, d *registration, a registry.Admission) error {
	fields := d.detailFields()
	f.checkText("email", "register.email", fields["email"], true)
	if f.asks("email") && !isEmail(f.Get("email")) {
		f.Fail("email", "register.wrong_email")
	}
	f.checkText("contact", "register.contact", fields["contact"], true)
	f.checkRegisterIdentifier(d, a)
	if d.Category == registry.Person {
		if f.Require("birth", "register.birth"); f.asks("birth") && !isBirthDate(f.Get("birth"), p.cfg.Now()) {
			f.Fail("birth", "register.wrong_birth")
		}
		info, err := d.info()
		if err != nil {
			return err
		}
		f.checkTradeIdentifiers(info)
	}
	f.checkText("phone", "register.phone", fields["phone"], true)
	if f.asks("phone") && !isPhone(f.Get("phone")) {
		f.Fail("phone", "register.wrong_phone")
	}
	f.checkText("address", "register.address", fields["address"], true)
	if f.asks("identifier") {
		taken, err := p.isTaken(r, d)
		if err != nil {
			return err
		}
		if taken {
			f.Fail("identifier", "register.taken")
		}
	}
	return p.takePassword(r, f, d)
}

// asks tells that a field holds something with which nothing is wrong yet.
func (f *Form) asks(name string) bool {
	for _, problem := range f.Problems {
		if problem.Field == name {
			return false
		}
	}
	return f.Get(name) != ""
}

// checkRegisterIdentifier checks the 統一編號 or 身分證字號, which must be the card's.
func (f *Form) checkRegisterIdentifier(d *registration, a registry.Admission) {
	identifier := d.identifier()
	label, wrong, other := "register.national", "register.wrong_national", "register.other_national"
	if d.Category == registry.Company {
		label, wrong, other = "register.ubn", "register.wrong_ubn", "register.other_ubn"
	}
	switch {
	case f.Require("identifier", label) == "":
	case registry.CheckIdentifier(identifier.Kind, identifier.Value) != nil:
		f.Fail("identifier", wrong)
	case !proves(a, identifier):
		f.Fail("identifier", other)
	}
}

// isTaken reports whether there is an account of the draft's identifier.
func (p *Portal) isTaken(r *http.Request, d *registration) (bool, error) {
	identifier := d.identifier()
	taken, err := p.registry.Exists(r.Context(), identifier.Kind, identifier.Value)
	if err != nil {
		return false, fmt.Errorf("look for an account: %w", err)
	}
	return taken, nil
}

// checkExistence looks for an account of the draft's identifier, and says in the form if
// there is one. It tells nothing of anybody but the card's holder.
func (p *Portal) checkExistence(r *http.Request, d *registration, a registry.Admission) error {
	if err := p.throttle(r.Context(), existenceQueries, client(r)); err != nil {
		return err
	}
	f := p.form(r)
	if f.checkRegisterIdentifier(d, a); !f.OK() {
		return nil
	}
	taken, err := p.isTaken(r, d)
	if err != nil {
		return err
	}
	if taken {
		f.Fail("identifier", "register.taken")
	}
	return nil
}

// showExistence answers 檢核是否存在 with the page.
func (p *Portal) showExistence(w http.ResponseWriter, r *http.Request, d *registration, a registry.Admission) error {
	if err := p.checkExistence(r, d, a); err != nil {
		return err
	}
	if p.form(r).OK() {
		p.alert(r, Success, "register.free")
	}
	return p.renderRegisterDetails(w, r, d)
}

// answerExistence answers the page's script, which sends the identifier alone, as a card's
// is answered.
func (p *Portal) answerExistence(w http.ResponseWriter, r *http.Request, d *registration, a registry.Admission) error {
	err, f := p.checkExistence(r, d, a), p.form(r)
	var limited *failure
	switch {
	case errors.As(err, &limited):
		return answerCard(w, cardAnswer{Text: p.say(r, limited.word)})
	case err != nil:
		return err
	case !f.OK():
		return answerCard(w, cardAnswer{Text: f.Problems[0].Text})
	}
	return answerCard(w, cardAnswer{OK: true, Text: p.say(r, "register.free")})
}

// passwordAvoids is what the password must not contain.
func (d *registration) passwordAvoids() []string {
	return []string{d.Entered["email"], d.Entered["identifier"]}
}

// takePassword hashes the password once all else is good. One that was set before may
// stay, where both fields are left empty.
func (p *Portal) takePassword(r *http.Request, f *Form, d *registration) error {
	entered, again := f.Raw("password"), f.Raw("password_again")
	if entered == "" && again == "" && d.PasswordHash != "" {
		return nil
	}
	d.PasswordHash = ""
	if entered == "" {
		f.Fail("password", "form.required", p.say(r, "register.password"))
	} else if err := password.Rule(entered, d.passwordAvoids()...); err != nil {
		var refused *registry.Refusal
		if !errors.As(err, &refused) {
			return fmt.Errorf("judge a password: %w", err)
		}
		f.FailMessage("password", refused.Message)
	}
	if entered != again {
		f.Fail("password_again", "register.password_differs")
	}
	if !f.OK() {
		return nil
	}
	var err error
	if d.PasswordHash, err = p.hashPassword(r.Context(), entered); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}
