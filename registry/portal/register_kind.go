package portal

import (
	"net/http"

	"turnkey-gateway/registry"
)

// A registerKindPage is step 1.
type registerKindPage struct{ Categories, Persons, Companies []Option }

// Fields of step 1: each category's attributes have one of their own, so that the page
// works without a script.
var attributeFields = map[registry.Category]string{
	registry.Person: "attribute_person", registry.Company: "attribute_company",
}

func (p *Portal) showRegisterKind(w http.ResponseWriter, r *http.Request) error {
	d, err := p.registration(r)
	if err != nil {
		return err
	}
	f := p.form(r)
	f.Set("category", string(registry.Person)) // what the manual shows chosen
	f.Set("attribute_person", "citizen")
	f.Set("attribute_company", "trader")
	if d.Category != "" {
		f.Set("category", string(d.Category))
		f.Set(attributeFields[d.Category], string(d.Attribute))
	}
	return p.renderRegisterKind(w, r)
}

func (p *Portal) renderRegisterKind(w http.ResponseWriter, r *http.Request) error {
	all, err := attributes()
	if err != nil {
		return err
	}
	page := registerKindPage{Categories: []Option{
		{Value: string(registry.Person), Label: p.say(r, "register.person")},
		{Value: string(registry.Company), Label: p.say(r, "register.company")},
	}}
	lang := visitOf(r).lang
	for _, a := range all {
		option := Option{Value: string(a.Code), Label: lang.choose(registry.Message{Chinese: a.Chinese, English: a.English})}
		if a.Category == registry.Person {
			page.Persons = append(page.Persons, option)
		} else {
			page.Companies = append(page.Companies, option)
		}
	}
	return p.render(w, r, p.form(r).Status(), "register", page)
}

// chooseRegisterKind takes step 1. Another category is another card and other details:
// what was entered for the first is forgotten.
func (p *Portal) chooseRegisterKind(w http.ResponseWriter, r *http.Request) error {
	f := p.form(r)
	if pressed(f, "cancel") {
		return p.cancelRegistration(w, r)
	}
	d, err := p.registration(r)
	if err != nil {
		return err
	}
	category := registry.Category(f.Require("category", "register.category"))
	field, known := attributeFields[category]
	chosen := registration{Category: category, Attribute: registry.Attribute(f.Get(field))}
	switch _, err := chosen.info(); {
	case !f.OK():
	case !known:
		f.Fail("category", "form.required", p.say(r, "register.category"))
	case err != nil:
		f.Fail(field, "form.required", p.say(r, "register.attribute"))
	}
	if !f.OK() {
		return p.renderRegisterKind(w, r)
	}
	if d.Finished || d.Category != category {
		d = &chosen
	}
	if d.Attribute != chosen.Attribute {
		d.Attribute, d.Detailed = chosen.Attribute, false // it may be asked for other codes
	}
	if err := p.saveRegistration(r, d); err != nil {
		return err
	}
	return redirect(w, r, registerCardPath)
}
