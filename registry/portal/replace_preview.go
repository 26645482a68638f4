package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// A replacePreviewPage shows both certificates, and from when until when each counts.
type replacePreviewPage struct {
	Login, Own bool
	Old, New   []fact
	Warnings   []string
	Binds      bool
	Missing    []string
	Back       string
	Digest     string
}

func (p *Portal) showReplacePreview(w http.ResponseWriter, r *http.Request) error {
	draft, old, e, err := p.chosenNew(w, r)
	if err != nil || e.certificate == nil {
		return err
	}
	return p.renderReplacePreview(w, r, draft, old, e)
}

// chosenNew returns the draft, judged again. Before there is one, or where it is refused by
// now, it answers itself and returns no certificate.
func (p *Portal) chosenNew(w http.ResponseWriter, r *http.Request) (draft replaceDraft, old registry.Listed, e examinedNew, err error) {
	draft, found, err := p.replaceDraft(r)
	if err != nil {
		return draft, old, e, err
	}
	if !found {
		return draft, old, e, redirect(w, r, replacePath)
	}
	if old, err = p.replaced(r, draft.Old, draft.Usage); err != nil {
		return draft, old, e, err
	}
	e, err = p.examineNew(r, draft, old)
	var refused *registry.Refusal
	if errors.As(err, &refused) {
		p.alertMessage(r, Problem, refused.Message)
		page := replacePreviewPage{Login: old.Usage == registry.Login, Old: p.facts(visitOf(r).lang, old.Certificate, old.Kind), Back: draft.path()}
		return draft, old, examinedNew{}, p.render(w, r, http.StatusUnprocessableEntity, "replace_preview", page)
	}
	if err != nil {
		return draft, old, examinedNew{}, err
	}
	return draft, old, e, nil
}

// path is where the draft's new certificate is chosen.
func (d replaceDraft) path() string { return replacePath + "/" + d.Old + "/" + string(d.Usage) }

// digest tells drafts apart: what is sent must be what was shown.
func (d replaceDraft) digest() string {
	text, err := json.Marshal(d)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (p *Portal) renderReplacePreview(w http.ResponseWriter, r *http.Request, draft replaceDraft, old registry.Listed, e examinedNew) error {
	lang := visitOf(r).lang
	page := replacePreviewPage{
		Login: old.Usage == registry.Login,
		Own:   old.Usage == registry.Login && old.Certificate.Fingerprint() == visitOf(r).session.Certificate,
		Old:   p.facts(lang, old.Certificate, old.Kind), New: p.facts(lang, e.certificate, e.admission.Kind),
		Binds: e.binds(draft), Back: draft.path(), Digest: draft.digest(),
	}
	from, until := p.say(r, "replace.at_once"), p.say(r, "replace.stops_at_once")
	if e.certificate.NotBefore().After(p.cfg.Now()) {
		from = DateTime(e.certificate.NotBefore())
	}
	if !e.until.IsZero() {
		until = DateTime(e.until)
	}
	page.Old = append(page.Old, fact{Label: p.say(r, "replace.counts_until"), Value: until})
	page.New = append(page.New, fact{Label: p.say(r, "replace.counts_from"), Value: from})
	if draft.File != "" {
		page.New = append([]fact{{Label: p.say(r, "import.file_name"), Value: draft.File}}, page.New...)
	}
	for _, m := range e.admission.Warnings {
		page.Warnings = append(page.Warnings, lang.choose(m))
	}
	if !page.Binds {
		for _, m := range e.binding.Missing {
			page.Missing = append(page.Missing, lang.choose(m))
		}
	}
	return p.render(w, r, p.form(r).Status(), "replace_preview", page)
}

// binds reports whether the new certificate may count at once: it says itself whose it is,
// or it counts already. A login card was held against the old one.
func (e examinedNew) binds(draft replaceDraft) bool {
	return e.already || e.binding.InForce || draft.Usage == registry.Login && draft.Possession
}

func (p *Portal) postReplacePreview(w http.ResponseWriter, r *http.Request) error {
	form := p.form(r)
	if form.Get("go") == "cancel" {
		return p.cancelReplace(w, r)
	}
	draft, old, e, err := p.chosenNew(w, r)
	if err != nil || e.certificate == nil {
		return err
	}
	if form.Get("digest") != draft.digest() {
		p.alert(r, Warning, "import.changed")
		return p.renderReplacePreview(w, r, draft, old, e)
	}
	if !e.binds(draft) {
		form.Fail("", "replace.doesnt_bind")
		return p.renderReplacePreview(w, r, draft, old, e)
	}
	err = p.replaceNow(r, draft, old, e)
	if word, known := importRefusals.word(err); known {
		form.Fail("", word)
		return p.renderReplacePreview(w, r, draft, old, e)
	}
	if errors.Is(err, registry.ErrState) || errors.Is(err, registry.ErrNoRegistration) {
		return refuse(http.StatusNotFound, "replace.none")
	}
	if err != nil {
		return err
	}
	if err := p.registry.DropDraft(r.Context(), visitOf(r).session.ID, replaceFlow); err != nil {
		return err
	}
	return p.goOn(w, r, draft, old, e)
}

func (p *Portal) replaceNow(r *http.Request, draft replaceDraft, old registry.Listed, e examinedNew) (err error) {
	ctx, actor := r.Context(), actorOf(r)
	if e.already {
		_, err = p.registry.Succeed(ctx, actor, postgres.Succession{
			Party: old.Party, Usage: old.Usage, Old: old.Certificate.Fingerprint(), New: e.certificate.Fingerprint(), Overlap: e.until,
		})
		return err
	}
	_, _, err = p.registry.Replace(ctx, actor, postgres.Replacement{
		Old: old.Certificate.Fingerprint(), Overlap: e.until,
		New: registry.NewRegistration{
			Party: old.Party, Certificate: e.certificate, Usage: old.Usage, Kind: e.admission.Kind,
			Medium: draft.Medium, UsageType: old.UsageType,
		},
	})
	return err
}

// A replaceOutcome is what became of it.
type replaceOutcome struct {
	Old, New string // fingerprints
	Usage    registry.Usage
	Swapped  bool // the session goes on with the new login certificate
	Kept     bool // the session goes on with the old one
}

// goOn tells the owner, and has the session outlive the login certificate that opened it:
// the new card signed a challenge of this session.
func (p *Portal) goOn(w http.ResponseWriter, r *http.Request, draft replaceDraft, old registry.Listed, e examinedNew) error {
	now := p.cfg.Now()
	outcome := replaceOutcome{Old: draft.Old, New: e.certificate.Fingerprint().String(), Usage: draft.Usage}
	until := e.until
	if until.IsZero() {
		until = now
	}
	letter := func(l *outbox.Letters, to outbox.Recipient, c outbox.Certificate, at time.Time) registry.Mail {
		return l.Replaced(to, outbox.CertificateOf(old.Certificate, old.Usage), c, until, at)
	}
	p.tellOwner(r, postgres.Registered{Party: old.Party, Certificate: e.certificate.Fingerprint(), Usage: old.Usage}, e.certificate, letter)
	if old.Usage == registry.Login && old.Certificate.Fingerprint() == visitOf(r).session.Certificate {
		outcome.Swapped, outcome.Kept = e.until.IsZero(), !e.until.IsZero()
		if outcome.Swapped {
			who := registry.Opening{LoginHolder: registry.LoginHolder{Party: old.Party}, Strength: registry.ByCertificate, Certificate: e.certificate.Fingerprint()}
			if err := p.logIn(w, r, who); err != nil {
				return err
			}
		}
	}
	if err := p.registry.SaveDraft(r.Context(), visitOf(r).session.ID, replacedFlow, outcome); err != nil {
		return err
	}
	return redirect(w, r, replaceDonePath)
}

// A replaceDonePage says from when until when each counts.
type replaceDonePage struct {
	Login         bool
	Old, New      certificateRow
	Swapped, Kept bool
	OldUntil      time.Time
}

func (p *Portal) showReplaceDone(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	var outcome replaceOutcome
	err := p.registry.Draft(r.Context(), v.session.ID, replacedFlow, &outcome)
	if errors.Is(err, registry.ErrNoDraft) {
		return redirect(w, r, replacePath)
	}
	if err != nil {
		return err
	}
	before, found, err := p.registered(r, v.session.Party, outcome.Old, outcome.Usage)
	if err != nil {
		return err
	}
	after, foundNew, err := p.registered(r, v.session.Party, outcome.New, outcome.Usage)
	if err != nil {
		return err
	}
	if !found || !foundNew || before.State != verifier.Superseded {
		return redirect(w, r, replacePath)
	}
	d := display{lang: v.lang, now: p.cfg.Now(), owner: v.session.Party}
	p.alert(r, Success, "replace.done")
	return p.render(w, r, http.StatusOK, "replace_done", replaceDonePage{
		Login: outcome.Usage == registry.Login, Old: p.row(d, before), New: p.row(d, after),
		Swapped: outcome.Swapped, Kept: outcome.Kept, OldUntil: before.Until,
	})
}
