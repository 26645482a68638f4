package portal

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// Steps of 憑證帳號註冊. The first is registerPath itself.
const (
	registerCheckPath   = registerPath + "/check" // asked by the card panel's script
	registerCardPath    = registerPath + "/card"
	registerDetailsPath = registerPath + "/details"
	registerCompanyPath = registerPath + "/company"
	registerDonePath    = registerPath + "/done"

	registerFlow = "register" // of the draft
)

// registerRoutes are those of 註冊: 1 申請類別, 2 憑證檢查, 3 基本資料, 4 企業資訊, 5 註冊完成.
func (p *Portal) registerRoutes(mux *http.ServeMux) {
	p.handle(mux, "GET "+registerPath, p.showRegisterKind)
	p.handle(mux, "POST "+registerPath, p.chooseRegisterKind)
	p.handle(mux, "GET "+registerCardPath, p.registering(cardStep, p.showRegisterCard))
	p.handle(mux, "POST "+registerCardPath, p.registering(cardStep, p.takeRegisterCard))
	p.handle(mux, "GET "+registerCheckPath, p.registering(cardStep, p.showRegisterCard))
	p.handle(mux, "POST "+registerCheckPath, p.registering(cardStep, p.checkRegisterCard))
	p.handle(mux, "GET "+registerDetailsPath, p.registering(detailsStep, p.showRegisterDetails))
	p.handle(mux, "POST "+registerDetailsPath, p.registering(detailsStep, p.takeRegisterDetails))
	p.handle(mux, "GET "+registerCompanyPath, p.registering(companyStep, p.showRegisterCompany))
	p.handle(mux, "POST "+registerCompanyPath, p.registering(companyStep, p.takeRegisterCompany))
	p.handle(mux, "GET "+registerDonePath, p.registering(doneStep, p.showRegisterDone))
}

// A registration is a 憑證帳號註冊 so far, as its draft holds it.
type registration struct {
	Category  registry.Category
	Attribute registry.Attribute

	// Certificate is the DER of a certificate whose key signed a challenge of this
	// session. It is admitted anew whenever something depends on it.
	Certificate []byte

	// Entered is what stands in the fields of steps 3 and 4, right or wrong. It never
	// holds a password.
	Entered map[string]string

	// Detailed means that step 3 was finished with what it holds. PasswordHash is of the
	// password set there.
	Detailed     bool
	PasswordHash string

	// Finished means that the account was opened. Nothing else is kept then.
	Finished bool
}

// A registerStep is a page of the flow, in the order of the progress bar.
type registerStep int

const (
	kindStep registerStep = iota + 1
	cardStep
	detailsStep
	companyStep
	doneStep
)

var registerPaths = map[registerStep]string{
	kindStep: registerPath, cardStep: registerCardPath, detailsStep: registerDetailsPath,
	companyStep: registerCompanyPath, doneStep: registerDonePath,
}

// unfinished is the first step that isn't finished.
func (d *registration) unfinished() registerStep {
	switch {
	case d.Finished:
		return doneStep
	case d.Category == "":
		return kindStep
	case d.Certificate == nil:
		return cardStep
	case !d.Detailed || d.Category == registry.Person: // persons open their account there
		return detailsStep
	}
	return companyStep
}

// identifier is what the account is proved to be of.
func (d *registration) identifier() registry.Identifier {
	if d.Category == registry.Company {
		return registry.Identifier{Kind: verifier.BusinessID, Value: d.Entered["identifier"]}
	}
	return registry.Identifier{Kind: verifier.NationalID, Value: d.Entered["identifier"]}
}

// name is the account's: the e-mail address of a person, the 統一編號 of a company.
func (d *registration) name() string {
	if d.Category == registry.Company {
		return d.Entered["identifier"]
	}
	return registry.Normalize(verifier.Account, d.Entered["email"])
}

// info is the row of the attribute chosen.
func (d *registration) info() (registry.AttributeInfo, error) {
	all, err := attributes()
	if err != nil {
		return registry.AttributeInfo{}, err
	}
	i := slices.IndexFunc(all, func(a registry.AttributeInfo) bool { return a.Code == d.Attribute && a.Category == d.Category })
	if i < 0 {
		return registry.AttributeInfo{}, fmt.Errorf("there is no attribute %q", d.Attribute)
	}
	return all[i], nil
}

var attributes = sync.OnceValues(registry.Attributes)

// registration reads the session's draft, an empty one if there is none.
func (p *Portal) registration(r *http.Request) (*registration, error) {
	d, v := new(registration), visitOf(r)
	if v.token != "" {
		err := p.registry.Draft(r.Context(), v.session.ID, registerFlow, d)
		if err != nil && !errors.Is(err, registry.ErrNoDraft) {
			return nil, fmt.Errorf("read a registration: %w", err)
		}
	}
	if d.Entered == nil {
		d.Entered = make(map[string]string)
	}
	return d, nil
}

func (p *Portal) saveRegistration(r *http.Request, d *registration) error {
	if err := p.registry.SaveDraft(r.Context(), visitOf(r).session.ID, registerFlow, d); err != nil {
		return fmt.Errorf("save a registration: %w", err)
	}
	return nil
}

// registering has h answer at a step, with the draft. Steps aren't skipped: whoever comes
// too early is shown to the first one that isn't finished, and whoever comes after the end
// to the end. 取消 forgets everything, at any step.
func (p *Portal) registering(at registerStep, h func(http.ResponseWriter, *http.Request, *registration) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if pressed(p.form(r), "cancel") {
			return p.cancelRegistration(w, r)
		}
		d, err := p.registration(r)
		if err != nil {
			return err
		}
		if first := d.unfinished(); at > first || d.Finished && at != doneStep {
			return redirect(w, r, registerPaths[first])
		}
		return h(w, r, d)
	}
}

// pressed tells which button sent a form.
func pressed(f *Form, button string) bool { return f.Raw("go") == button }

func (p *Portal) cancelRegistration(w http.ResponseWriter, r *http.Request) error {
	if err := p.registry.DropDraft(r.Context(), visitOf(r).session.ID, registerFlow); err != nil {
		return fmt.Errorf("cancel a registration: %w", err)
	}
	p.flash(w, Info, "register.cancelled")
	return redirect(w, r, centrePath)
}

// showRegisterDone is step 5. The visitor isn't logged in.
func (p *Portal) showRegisterDone(w http.ResponseWriter, r *http.Request, _ *registration) error {
	return p.render(w, r, http.StatusOK, "register-done", nil)
}
