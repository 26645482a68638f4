package portal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
)

// cardReadings limits how often a visitor's network may have a card's signature checked.
var cardReadings = registry.Bucket{Name: "register_card", Burst: 20, Every: 15 * time.Second}

// errCardRegistered means that a card logs somebody in already.
var errCardRegistered = errors.New("this certificate is a login certificate already")

// A registerCardPage is step 2: with Read once a card was read, else with Card.
type registerCardPage struct {
	Card       CardPanel
	Read       *verifier.Certificate
	Company    bool
	Government bool
	Guide      string // 申請辦法; empty where none is configured
}

// cardOf is the kind of card that a category registers with.
func cardOf(category registry.Category) registry.CertificateKind {
	if category == registry.Company {
		return registry.MOEACA
	}
	return registry.MOICA
}

func (p *Portal) showRegisterCard(w http.ResponseWriter, r *http.Request, d *registration) error {
	page := registerCardPage{
		Company: d.Category == registry.Company, Government: d.Attribute == registry.GovernmentAttribute,
		Guide: p.cfg.CardGuides[cardOf(d.Category)],
	}
	if d.Certificate != nil {
		admission, err := p.admitRegisterCard(d)
		var refused *registry.Refusal
		switch {
		case errors.As(err, &refused): // it was good when it was read
			p.alertMessage(r, Problem, refused.Message)
		case err != nil:
			return err
		default:
			page.Read = admission.Certificate
			for _, warning := range admission.Warnings {
				p.alertMessage(r, Warning, warning)
			}
		}
	}
	if page.Read == nil {
		var err error
		if page.Card, err = p.cardPanel(w, r, cardOf(d.Category), challenge.Register); err != nil {
			return err
		}
		page.Card.Check = registerCheckPath
	}
	return p.render(w, r, p.form(r).Status(), "register-card", page)
}

// takeRegisterCard takes step 2: of a card that the script had checked before, or of one
// that comes with the form.
func (p *Portal) takeRegisterCard(w http.ResponseWriter, r *http.Request, d *registration) error {
	f := p.form(r)
	if pressed(f, "again") {
		d.Certificate, d.Detailed = nil, false
		if err := p.saveRegistration(r, d); err != nil {
			return err
		}
		return redirect(w, r, registerCardPath)
	}
	if d.Certificate != nil && !readsAnother(f, d) {
		if _, err := p.admitRegisterCard(d); err == nil {
			return redirect(w, r, registerDetailsPath)
		}
	}
	if err := p.throttle(r.Context(), cardReadings, client(r)); err != nil {
		return err
	}
	err := p.readRegisterCard(r, d)
	var refused *registry.Refusal
	switch {
	case errors.Is(err, errCardRegistered):
		if err := p.endRegistration(w, r); err != nil {
			return err
		}
		return redirect(w, r, homePath)
	case errors.As(err, &refused):
		f.FailMessage("", refused.Message)
		d.Certificate = nil // not the one that was meant
		return p.showRegisterCard(w, r, d)
	case err != nil:
		return err
	}
	return redirect(w, r, registerDetailsPath)
}

// readsAnother tells that the form holds another card than the one that was read.
func readsAnother(f *Form, d *registration) bool {
	given := f.Get(cardCertificateField)
	return given != "" && given != base64.StdEncoding.EncodeToString(d.Certificate)
}

// checkRegisterCard answers the card panel's script.
func (p *Portal) checkRegisterCard(w http.ResponseWriter, r *http.Request, d *registration) error {
	var answer cardAnswer
	err := p.throttle(r.Context(), cardReadings, client(r))
	if err == nil {
		err = p.readRegisterCard(r, d)
	}
	var refused *registry.Refusal
	var limited *failure
	switch {
	case err == nil:
		answer = cardAnswer{OK: true, Text: p.say(r, "register.checked")}
	case errors.Is(err, errCardRegistered):
		if err := p.endRegistration(w, r); err != nil {
			return err
		}
		answer = cardAnswer{Text: p.say(r, "register.already"), Next: homePath}
	case errors.As(err, &refused):
		panel, err := p.cardPanel(w, r, cardOf(d.Category), challenge.Register)
		if err != nil {
			return err
		}
		answer = cardAnswer{Text: visitOf(r).lang.choose(refused.Message), Nonce: panel.Nonce}
	case errors.As(err, &limited):
		answer = cardAnswer{Text: p.say(r, limited.word)}
	default:
		return err
	}
	return answerCard(w, answer)
}

// endRegistration forgets what somebody entered who is registered already; the home page
// will say so.
func (p *Portal) endRegistration(w http.ResponseWriter, r *http.Request) error {
	if err := p.registry.DropDraft(r.Context(), visitOf(r).session.ID, registerFlow); err != nil {
		return fmt.Errorf("end a registration: %w", err)
	}
	p.flash(w, Info, "register.already")
	return nil
}

// readRegisterCard keeps the certificate of a card that was read just now, if it may open
// an account of the category. Errors are a [registry.Refusal], [errCardRegistered], or
// ours.
func (p *Portal) readRegisterCard(r *http.Request, d *registration) error {
	reading, err := p.readCard(r, challenge.Register)
	if err != nil {
		return err
	}
	if !bytes.Equal(d.Certificate, reading.Certificate.DER()) {
		d.Detailed = false // the identifier may be another's now
	}
	d.Certificate = reading.Certificate.DER()
	if _, err := p.admitRegisterCard(d); err != nil {
		return err
	}
	_, err = p.registry.LoginOf(r.Context(), reading.Certificate.Fingerprint())
	if err == nil {
		return errCardRegistered
	}
	if !errors.Is(err, registry.ErrNoRegistration) {
		return fmt.Errorf("look for a login certificate: %w", err)
	}
	return p.saveRegistration(r, d)
}

// admitRegisterCard decides whether the draft's certificate may open an account of its
// category. Only a configured issuer's word counts for whom it names: anybody can make a
// certificate that names a company, and prove to hold its key.
func (p *Portal) admitRegisterCard(d *registration) (registry.Admission, error) {
	if p.cfg.Rules == nil {
		return registry.Admission{}, errors.New("the portal has no rules to admit certificates by")
	}
	cert, err := verifier.ParseCertificate(d.Certificate)
	if err != nil {
		return registry.Admission{}, cardUnreadable()
	}
	a, err := p.cfg.Rules.Admit(cert, registry.Purpose{Usage: registry.Login, Medium: registry.Card}, p.cfg.Now())
	if err != nil {
		return registry.Admission{}, err
	}
	switch {
	case a.Kind != cardOf(d.Category) && d.Category == registry.Company:
		err = refusal("WRONG_CARD", "a company registers with its company certificate card (工商憑證): insert that one", "申請類別為「企業」，請插入工商憑證卡")
	case a.Kind != cardOf(d.Category):
		err = refusal("WRONG_CARD", "a person registers with a citizen certificate card (自然人憑證): insert that one", "申請類別為「個人」，請插入自然人憑證卡")
	case p.cfg.Now().Before(cert.NotBefore()):
		err = refusal("NOT_YET_VALID", "the card's certificate is not valid yet: register once it is", "卡片內的憑證尚未生效：請於生效後再註冊")
	case !a.Known:
		err = refusal("ISSUER_NOT_KNOWN", "the certificate was issued by an authority that this site is not set up to believe: use a card of the official issuer, or ask the service centre", "此憑證的簽發者不在本系統設定的信任清單內：請使用正式核發的憑證卡，或洽單一窗口服務中心")
	case d.Category == registry.Company && a.Holder.BusinessID == "",
		d.Category == registry.Person && len(a.Holder.NationalTail) != 4:
		err = refusal("HOLDER_MISSING", "the card's certificate doesn't say whose it is: ask its issuer", "卡片內的憑證未載明持有人的統一編號或身分證字號末四碼：請洽發卡單位")
	}
	if err != nil {
		return registry.Admission{}, err
	}
	return a, nil
}
