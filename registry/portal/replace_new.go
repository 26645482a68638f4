package portal

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
)

// A replaceNewPage asks for the new certificate, and how long the old one counts on.
type replaceNewPage struct {
	Login    bool
	Old      []fact
	OldEnds  time.Time
	Media    []Option // both, where both are allowed
	File     bool
	Card     bool
	Panel    CardPanel
	Overlaps []Option
	Earliest string // of the date
	Latest   string
}

func (p *Portal) showReplaceNew(w http.ResponseWriter, r *http.Request) error {
	old, err := p.replaced(r, r.PathValue("certificate"), registry.Usage(r.PathValue("usage")))
	if err != nil {
		return err
	}
	p.form(r).Set("overlap", "30")
	return p.renderReplaceNew(w, r, old)
}

// allowedMedia are where a new certificate for the same purpose may be kept.
func (p *Portal) allowedMedia(old registry.Listed) (file, card bool) {
	if old.Usage == registry.Login {
		return false, true
	}
	policy, _ := p.signingPolicy(old.UsageType)
	for _, allowed := range policy.Allows {
		file, card = file || allowed.Medium == registry.File, card || allowed.Medium == registry.Card
	}
	return file, card
}

func (p *Portal) renderReplaceNew(w http.ResponseWriter, r *http.Request, old registry.Listed) error {
	now := p.cfg.Now()
	page := replaceNewPage{
		Login: old.Usage == registry.Login, Old: p.facts(visitOf(r).lang, old.Certificate, old.Kind),
		OldEnds:  old.Certificate.NotAfter(),
		Earliest: now.In(taipei).Format("2006-01-02"), Latest: old.Certificate.NotAfter().In(taipei).Format("2006-01-02"),
	}
	page.File, page.Card = p.allowedMedia(old)
	if page.File && page.Card {
		page.Media = []Option{
			{Value: string(registry.File), Label: p.say(r, "import.medium.file"), Hint: p.say(r, "import.medium.file_hint")},
			{Value: string(registry.Card), Label: p.say(r, "import.medium.card"), Hint: p.say(r, "import.medium.card_hint")},
		}
	}
	for _, o := range overlaps {
		page.Overlaps = append(page.Overlaps, Option{Value: o, Label: p.say(r, "replace.overlap."+o)})
	}
	if page.Card {
		asked := registry.MOEACA
		if page.Login {
			asked = old.Kind
		}
		var err error
		if page.Panel, err = p.cardPanel(w, r, asked, challenge.Replace); err != nil {
			return err
		}
	}
	return p.render(w, r, p.form(r).Status(), "replace_new", page)
}

func (p *Portal) postReplaceNew(w http.ResponseWriter, r *http.Request) error {
	form, session := p.form(r), visitOf(r).session
	if form.Get("go") == "cancel" {
		return p.cancelReplace(w, r)
	}
	old, err := p.replaced(r, r.PathValue("certificate"), registry.Usage(r.PathValue("usage")))
	if err != nil {
		return err
	}
	if err := p.throttle(r.Context(), replaceBucket, string(session.Party)); err != nil {
		return err
	}
	draft := replaceDraft{Old: old.Certificate.Fingerprint().String(), Usage: old.Usage, Overlap: form.Get("overlap"), Date: form.Get("date")}
	if draft.Overlap != "date" {
		draft.Date = ""
	}
	if !slices.Contains(overlaps, draft.Overlap) {
		form.Fail("overlap", "form.required", p.say(r, "replace.overlap"))
	} else if _, ok := draft.until(old, p.cfg.Now()); !ok {
		form.Fail("date", "replace.wrong_date", Date(p.cfg.Now()), Date(old.Certificate.NotAfter()))
	}
	field, err := p.chooseNew(r, &draft, old)
	if err == nil && form.OK() {
		_, err = p.examineNew(r, draft, old)
	}
	var refused *registry.Refusal
	if errors.As(err, &refused) {
		form.FailMessage(field, refused.Message)
	} else if err != nil {
		return err
	}
	if !form.OK() {
		return p.renderReplaceNew(w, r, old)
	}
	if err := p.registry.SaveDraft(r.Context(), session.ID, replaceFlow, draft); err != nil {
		return err
	}
	return redirect(w, r, replacePreviewPath)
}

func (p *Portal) cancelReplace(w http.ResponseWriter, r *http.Request) error {
	if err := p.registry.DropDraft(r.Context(), visitOf(r).session.ID, replaceFlow); err != nil {
		return err
	}
	return redirect(w, r, replacePath)
}

// chooseNew takes the certificate that a POST brings, and names the field it came by.
func (p *Portal) chooseNew(r *http.Request, draft *replaceDraft, old registry.Listed) (field string, err error) {
	form := p.form(r)
	file, card := p.allowedMedia(old)
	draft.Medium = registry.Medium(form.Get("medium"))
	switch {
	case file && !card:
		draft.Medium = registry.File
	case card && !file:
		draft.Medium = registry.Card
	}
	switch draft.Medium {
	case registry.Card:
		reading, err := p.readCard(r, challenge.Replace)
		if err != nil {
			return "", err
		}
		draft.Certificate, draft.Possession = reading.Certificate.DER(), true
		return "", nil
	case registry.File:
		data, name, ok := form.File("file")
		if !ok {
			form.Fail("file", "import.choose_file")
			return "file", nil
		}
		cert, err := readImportFile(data)
		if err != nil {
			return "file", err
		}
		draft.Certificate, draft.File = cert.DER(), fileName(name)
		return "file", nil
	}
	form.Fail("medium", "form.required", p.say(r, "import.medium"))
	return "medium", nil
}

// An examinedNew is a new certificate that the rules let through.
type examinedNew struct {
	certificate *verifier.Certificate
	admission   registry.Admission
	binding     registry.Binding
	already     bool // it is in force for the party: nothing has to bind it
	until       time.Time
}

// examineNew judges what was chosen, as of now. Errors are a [registry.Refusal] where the
// visitor can mend them.
func (p *Portal) examineNew(r *http.Request, draft replaceDraft, old registry.Listed) (e examinedNew, err error) {
	now := p.cfg.Now()
	if e.certificate, err = verifier.ParseCertificate(draft.Certificate); err != nil {
		return e, cardUnreadable()
	}
	if e.certificate.Fingerprint() == old.Certificate.Fingerprint() {
		return e, refusal("SAME_CERTIFICATE", "this is the certificate that is to be replaced: choose the new one", "這就是要更換的憑證：請選擇新憑證")
	}
	purpose := registry.Purpose{Usage: old.Usage, UsageType: old.UsageType, Medium: draft.Medium}
	if e.admission, err = p.cfg.Rules.Admit(e.certificate, purpose, now); err != nil {
		return e, err
	}
	var ok bool
	if e.until, ok = draft.until(old, now); !ok {
		return e, refusal("WRONG_DATE", "the day until which the old certificate counts is over by now: choose another", "既有憑證並存的日期已過：請重新選擇")
	}
	l, found, err := p.registered(r, old.Party, e.certificate.Fingerprint().String(), old.Usage)
	if err != nil {
		return e, err
	}
	e.already = found && replaceable(l, now)
	party, err := p.registry.Party(r.Context(), old.Party)
	if err != nil {
		return e, err
	}
	e.binding = e.admission.Bind(shownIdentifiers(party), draft.Possession)
	if old.Usage == registry.Login {
		return e, p.checkLogin(r, e, old)
	}
	return e, nil
}

// shownIdentifiers are those that are shown in full.
func shownIdentifiers(party registry.Party) (all []registry.Identifier) {
	for _, i := range party.Identifiers {
		if i.Kind != verifier.NationalID {
			all = append(all, registry.Identifier{Kind: i.Kind, Value: i.Shown})
		}
	}
	return all
}

// checkLogin refuses a new login certificate unless it names whom the old one names, by
// the word of an issuer that is believed.
func (p *Portal) checkLogin(r *http.Request, e examinedNew, old registry.Listed) error {
	if !e.admission.Known {
		return refusal("ISSUER_UNKNOWN", "the issuer of this card is not one that is believed here: use a 工商憑證 or 自然人憑證 card", "此卡片的簽發者不在本系統信任的清單內：請使用工商憑證或自然人憑證卡片")
	}
	before, err := p.cfg.Rules.Admit(old.Certificate, registry.Purpose{Usage: registry.Login, Medium: old.Medium}, p.cfg.Now())
	named := err == nil && e.admission.Kind == before.Kind && e.admission.Holder.BusinessID == before.Holder.BusinessID &&
		e.admission.Holder.NationalTail == before.Holder.NationalTail && (before.Holder.BusinessID != "" || before.Holder.NationalTail != "")
	if !named {
		return refusal("ANOTHER_HOLDER", "this card names somebody else: the new login card must be of the same kind, and name the same 統一編號, or the same last four digits of the 身分證字號",
			"此卡片所載並非同一持有人：新的登入憑證卡須與原卡同種類，且統一編號（或身分證字號末四碼）相同")
	}
	who, err := p.registry.LoginOf(r.Context(), e.certificate.Fingerprint())
	switch {
	case err == nil && who.Party == old.Party:
	case err == nil:
		return refusal("LOGIN_ELSEWHERE", "this card is another account's login card already", "此卡片已是其他帳號的登入憑證")
	case !errors.Is(err, registry.ErrNoRegistration):
		return err
	}
	if e.certificate.NotBefore().After(p.cfg.Now()) && e.until.Before(e.certificate.NotBefore()) {
		return refusal("LOCKED_OUT", "the new card isn't valid yet when the old one stops: have both count for longer, or nobody could log in between",
			"新卡片尚未生效時原卡已停用，期間將無法登入：請延長並存期間")
	}
	return nil
}
