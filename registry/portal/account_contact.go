package portal

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
)

// A contactField is one of an account's contact data.
type contactField struct {
	name, label    string
	required       bool
	most           int    // characters
	kind, autofill string // of the input
	value          *string
	valid          func(string) bool
	wrong          string              // the key of what is said where it isn't valid
	mask           func(string) string // as a password session sees it

	// A trade's code has its label in words, and its place in profile.Codes.
	isCode  bool
	spelled string
	codeOf  registry.TradeCode
	profile *registry.Profile
}

// contactFields are what an account's holder may change, with their places in the profile.
func contactFields(l tongue, now time.Time, category registry.Category, info registry.AttributeInfo, profile *registry.Profile) []contactField {
	fields := []contactField{
		{name: "email", label: "account.email", required: true, most: 128, kind: "email", autofill: "email", value: &profile.Email, wrong: "account.wrong_email", valid: isEmail, mask: maskEmail},
		{name: "contact_name", label: "account.contact_name", required: true, most: 60, autofill: "name", value: &profile.ContactName, mask: maskMost},
	}
	if category == registry.Person {
		fields = append(fields, contactField{name: "birth_date", label: "account.birth_date", required: true, most: 10, kind: "date", autofill: "bday", value: &profile.BirthDate, wrong: "account.wrong_date", valid: func(text string) bool { return isBirthDate(text, now) }, mask: maskMost})
	}
	fields = append(fields,
		contactField{name: "phone", label: "account.phone", required: true, most: 30, kind: "tel", autofill: "tel", value: &profile.Phone, wrong: "account.wrong_phone", valid: isPhone, mask: maskPhone},
		contactField{name: "address", label: "account.address", required: true, most: 200, autofill: "street-address", value: &profile.Address, mask: maskMost})
	if category == registry.Company {
		fields = append(fields,
			contactField{name: "company_chinese", label: "account.company_chinese", required: true, most: 100, autofill: "organization", value: &profile.CompanyChinese},
			contactField{name: "company_english", label: "account.company_english", most: 150, value: &profile.CompanyEnglish},
			contactField{name: "responsible", label: "account.responsible", most: 60, value: &profile.Responsible, mask: maskMost})
	}
	for _, code := range info.Codes {
		value := profile.Codes[code.Code]
		fields = append(fields, contactField{
			name: "code_" + code.Code, isCode: true, codeOf: code, profile: profile, most: 20, value: &value,
			spelled: l.choose(registry.Message{Chinese: code.Chinese, English: code.English}),
			wrong:   "account.wrong_code", valid: tradeCodePattern.MatchString,
		})
	}
	return fields
}

// maskMost hides all but the first character.
func maskMost(text string) string {
	if text == "" {
		return ""
	}
	_, size := utf8.DecodeRuneInString(text)
	return text[:size] + "○○○"
}

func maskEmail(text string) string {
	local, domain, ok := strings.Cut(text, "@")
	if !ok {
		return maskMost(text)
	}
	return maskMost(local) + "@" + domain
}

// maskPhone hides all but the last three digits.
func maskPhone(text string) string {
	if len(text) <= 3 {
		return maskMost(text)
	}
	return "○○○" + text[len(text)-3:]
}

// contactFacts shows contact data. A session opened by a password sees it masked: a
// guessed password tells no address.
func (p *Portal) contactFacts(l tongue, account registry.Account, profile registry.Profile, info registry.AttributeInfo, masked bool) (facts []accountFact) {
	for _, field := range contactFields(l, p.cfg.Now(), account.Category, info, &profile) {
		value := *field.value
		if masked && field.mask != nil {
			value = field.mask(value)
		}
		facts = append(facts, accountFact{p.labelOf(l, field), value})
	}
	return facts
}

func (p *Portal) labelOf(l tongue, field contactField) string {
	if field.isCode {
		return field.spelled
	}
	return p.words.text(l, field.label)
}

type contactPage struct {
	Fields    []Field
	Languages []Option
	Name      string
}

// ownAccount returns the session's account. A party without one has nothing to change.
func (p *Portal) ownAccount(r *http.Request) (registry.Account, registry.Profile, registry.AttributeInfo, error) {
	account, profile, err := p.registry.Account(r.Context(), visitOf(r).session.Party)
	if errors.Is(err, registry.ErrNoAccount) {
		err = refuse(http.StatusNotFound, "account.none")
	}
	if err != nil {
		return account, profile, registry.AttributeInfo{}, err
	}
	info, err := attributeInfo(account.Attribute)
	return account, profile, info, err
}

func (p *Portal) showContact(w http.ResponseWriter, r *http.Request) error {
	account, profile, info, err := p.ownAccount(r)
	if err != nil {
		return err
	}
	f := p.form(r)
	for _, field := range contactFields(visitOf(r).lang, p.cfg.Now(), account.Category, info, &profile) {
		f.Set(field.name, *field.value)
	}
	f.Set("language", account.Language)
	return p.renderContact(w, r, account, info)
}

func (p *Portal) renderContact(w http.ResponseWriter, r *http.Request, account registry.Account, info registry.AttributeInfo) error {
	v, f := visitOf(r), p.form(r)
	page := contactPage{Name: account.Name}
	for _, field := range contactFields(v.lang, p.cfg.Now(), account.Category, info, new(registry.Profile)) {
		shown := f.Field(field.name, field.label)
		shown.Label, shown.Required, shown.MaxLength, shown.Autocomplete = p.labelOf(v.lang, field), field.required, field.most, field.autofill
		if field.kind != "" {
			shown.Type = field.kind
		}
		switch {
		case field.isCode || field.name == "birth_date":
			shown.Width = "short"
		case field.name == "phone" || field.name == "contact_name":
			shown.Width = "medium"
		}
		page.Fields = append(page.Fields, shown)
	}
	page.Languages = []Option{{"zh", p.say(r, "account.language_zh"), ""}, {"en", p.say(r, "account.language_en"), ""}}
	return p.render(w, r, f.Status(), "account-contact", page)
}

func (p *Portal) postContact(w http.ResponseWriter, r *http.Request) error {
	ctx, f, v := r.Context(), p.form(r), visitOf(r)
	if f.Get("go") == "cancel" {
		return redirect(w, r, accountPath)
	}
	account, profile, info, err := p.ownAccount(r)
	if err != nil {
		return err
	}
	before := profile
	for _, field := range contactFields(v.lang, p.cfg.Now(), account.Category, info, &profile) {
		p.takeContact(f, v.lang, field)
	}
	language, ok := parseTongue(f.Get("language"))
	if !ok {
		f.Fail("language", "form.required", p.say(r, "account.language"))
	}
	if !f.OK() {
		return p.renderContact(w, r, account, info)
	}
	if err := p.registry.SetProfile(ctx, registry.PartyActor(account.Party), account.Party, profile, string(language)); err != nil {
		return err
	}
	if before.Email != "" && before.Email != profile.Email {
		p.leaveNotice(r, p.letters.EmailChanged(outbox.RecipientOf(account, before), p.cfg.Now()), "email_changed")
	}
	p.flash(w, Success, "account.contact_changed")
	return redirect(w, r, accountPath)
}

// takeContact checks one field and puts it in its place.
func (p *Portal) takeContact(f *Form, l tongue, field contactField) {
	value, label := f.Get(field.name), p.labelOf(l, field)
	switch {
	case value == "" && field.required:
		f.Fail(field.name, "form.required", label)
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unseen):
		f.Fail(field.name, "account.unreadable", label)
	case utf8.RuneCountInString(value) > field.most:
		f.Fail(field.name, "account.too_long", label, field.most)
	case value != "" && field.valid != nil && !field.valid(value):
		f.Fail(field.name, field.wrong)
	case field.isCode && value == "":
		delete(field.profile.Codes, field.codeOf.Code)
	case field.isCode:
		if field.profile.Codes == nil {
			field.profile.Codes = make(map[string]string)
		}
		field.profile.Codes[field.codeOf.Code] = value
	default:
		*field.value = value
	}
}
