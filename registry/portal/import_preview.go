package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// An examined import is one that the rules let through.
type examined struct {
	certificate *verifier.Certificate
	admission   registry.Admission
	binding     registry.Binding
	principal   registry.Identifier
	claims      []registry.Identifier
}

// examine judges what was entered and chosen, as of now. Errors are a
// [registry.Refusal] where the visitor can mend them.
func (p *Portal) examine(draft importDraft, policy registry.SigningPolicy) (e examined, err error) {
	if e.principal, e.claims, err = draft.identifiers(policy); err != nil {
		return e, err
	}
	if e.certificate, err = verifier.ParseCertificate(draft.Certificate); err != nil {
		return e, fmt.Errorf("read a draft's certificate: %w", err)
	}
	purpose := registry.Purpose{Usage: registry.Signing, UsageType: draft.Type, Medium: draft.Medium}
	if e.admission, err = p.cfg.Rules.Admit(e.certificate, purpose, p.cfg.Now()); err != nil {
		return e, err
	}
	if draft.Medium == registry.File && e.admission.Kind != draft.Kind {
		found, chosen := "certificate.kind."+string(e.admission.Kind), "certificate.kind."+string(draft.Kind)
		return e, refusal("KIND_MISMATCH",
			fmt.Sprintf("the certificate is a %s, but “%s” was chosen: choose the kind that it is, or another file",
				p.words.text(english, found), p.words.text(english, chosen)),
			fmt.Sprintf("此憑證是%s，但選擇的憑證種類是%s：請改選正確的種類，或改選其他檔案", p.words.text(chinese, found), p.words.text(chinese, chosen)))
	}
	// Not the claims: a certificate that names one of those doesn't name the party.
	e.binding = e.admission.Bind([]registry.Identifier{e.principal}, draft.Possession)
	return e, nil
}

// An importPreviewPage shows what the certificate says before it is sent.
type importPreviewPage struct {
	Facts      []fact
	Warnings   []string
	InForce    bool
	Missing    []string
	Own        bool // the party that is logged in imports for itself
	MayConfirm bool // and its word is all that is missing
	Prove      bool // possession of the key has to be proved first
	Digest     string
}

func (p *Portal) showImportPreview(w http.ResponseWriter, r *http.Request) error {
	draft, policy, e, err := p.chosenImport(w, r)
	if err != nil || e.certificate == nil {
		return err
	}
	return p.renderImportPreview(w, r, draft, policy, e)
}

// chosenImport returns the draft after the second step, judged again. Before, or where
// it is refused by now, it answers itself and returns no certificate.
func (p *Portal) chosenImport(w http.ResponseWriter, r *http.Request) (importDraft, registry.SigningPolicy, examined, error) {
	draft, policy, err := p.startedImport(r)
	if err != nil {
		return draft, policy, examined{}, err
	}
	if policy.Type == "" || draft.Certificate == nil {
		return draft, policy, examined{}, redirect(w, r, importPath)
	}
	e, err := p.examine(draft, policy)
	var refused *registry.Refusal
	if errors.As(err, &refused) {
		p.form(r).FailMessage("file", refused.Message)
		return draft, policy, examined{}, p.renderImportCertificate(w, r, policy, draft)
	}
	if err != nil {
		return draft, policy, examined{}, err
	}
	return draft, policy, e, nil
}

func (p *Portal) renderImportPreview(w http.ResponseWriter, r *http.Request, draft importDraft, policy registry.SigningPolicy, e examined) error {
	lang := visitOf(r).lang
	own, err := p.isOwn(r, e.principal)
	if err != nil {
		return err
	}
	fields, err := p.importFields()
	if err != nil {
		return err
	}
	lacks := e.asListed(draft).Lacks(false)
	page := importPreviewPage{
		Facts:      p.importFacts(lang, policy, draft, fields, e),
		InForce:    e.binding.InForce,
		Own:        own,
		MayConfirm: p.mayConfirm(r, own, draft, e),
		Prove:      len(lacks) > 0,
		Digest:     draft.digest(),
	}
	for _, m := range e.admission.Warnings {
		page.Warnings = append(page.Warnings, lang.choose(m))
	}
	for _, m := range e.binding.Missing {
		page.Missing = append(page.Missing, lang.choose(m))
	}
	return p.render(w, r, p.form(r).Status(), "import_preview", page)
}

// importFacts says what will be registered for whom, and what the certificate says.
func (p *Portal) importFacts(l tongue, policy registry.SigningPolicy, draft importDraft, fields []importField, e examined) []fact {
	shown := e.principal.Value
	if e.principal.Kind == verifier.NationalID {
		shown = registry.MaskNationalID(shown)
	}
	facts := []fact{
		{Label: p.words.text(l, "import.type"), Value: l.choose(registry.Message{English: policy.English, Chinese: policy.Chinese})},
		{Label: p.words.text(l, "import.field."+string(e.principal.Kind)), Value: shown},
	}
	for _, f := range fields {
		value := draft.Entered[f.name]
		if value == "" || f.kind == e.principal.Kind {
			continue
		}
		facts = append(facts, fact{Label: f.labelIn(p, l), Value: f.said(l, value)})
	}
	if draft.File != "" {
		facts = append(facts, fact{Label: p.words.text(l, "import.file_name"), Value: draft.File})
	}
	facts = append(facts, fact{Label: p.words.text(l, "certificate.medium"), Value: p.words.text(l, "certificate.medium."+string(draft.Medium))})
	facts = append(facts, p.facts(l, e.certificate, e.admission.Kind)...)
	named := p.words.text(l, "import.names_nobody")
	switch {
	case e.admission.Holder.BusinessID != "":
		named = e.admission.Holder.BusinessID
	case e.admission.Holder.NationalTail != "":
		named = p.words.text(l, "import.names_tail")
	}
	return append(facts, fact{Label: p.words.text(l, "import.names"), Value: named})
}

// asListed is the registration as it would stand in a list.
func (e examined) asListed(draft importDraft) (l registry.Listed) {
	for _, m := range e.binding.Missing {
		l.Missing = append(l.Missing, m.Code)
	}
	if draft.Possession {
		l.Proved = e.certificate.NotBefore() // any moment: it was proved
	}
	return l
}

// isOwn reports whether the visitor is logged in as the party that goes by an
// identifier.
func (p *Portal) isOwn(r *http.Request, principal registry.Identifier) (bool, error) {
	party := visitOf(r).session.Party
	if party == "" {
		return false, nil
	}
	found, err := p.registry.FindParties(r.Context(), principal.Value)
	if err != nil {
		return false, err
	}
	return slices.Contains(found, party), nil
}

// mayConfirm reports whether the session's word is all that a pending import lacks.
func (p *Portal) mayConfirm(r *http.Request, own bool, draft importDraft, e examined) bool {
	return own && visitOf(r).session.MayChange() && !e.binding.InForce && len(e.asListed(draft).Lacks(false)) == 0
}

// digest tells drafts apart: what is sent must be what was shown.
func (d importDraft) digest() string {
	text, err := json.Marshal(d)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (p *Portal) postImportPreview(w http.ResponseWriter, r *http.Request) error {
	if done, err := p.importCancelled(w, r); done {
		return err
	}
	draft, policy, e, err := p.chosenImport(w, r)
	if err != nil || e.certificate == nil {
		return err
	}
	form := p.form(r)
	if form.Get("digest") != draft.digest() {
		p.alert(r, Warning, "import.changed")
		return p.renderImportPreview(w, r, draft, policy, e)
	}
	if err := p.throttleImport(r, e); err != nil {
		return err
	}
	own, err := p.isOwn(r, e.principal)
	if err != nil {
		return err
	}
	confirm := form.Get("confirm") == "yes" && p.mayConfirm(r, own, draft, e)
	outcome, err := p.importNow(r, draft, e, confirm)
	if word, known := importRefusals.word(err); known {
		form.Fail("", word)
		return p.renderImportPreview(w, r, draft, policy, e)
	}
	if err != nil {
		return err
	}
	session := visitOf(r).session.ID
	if err := p.registry.SaveDraft(r.Context(), session, importedFlow, outcome); err != nil {
		return err
	}
	if err := p.registry.DropDraft(r.Context(), session, importFlow); err != nil {
		return err
	}
	return redirect(w, r, importDonePath)
}

// throttleImport limits imports per network and, where no certificate speaks for it, per
// party: else strangers could fill the places that a party has for pending ones.
func (p *Portal) throttleImport(r *http.Request, e examined) error {
	if err := p.throttle(r.Context(), importBucket, client(r)); err != nil {
		return err
	}
	if e.binding.InForce || visitOf(r).session.MayChange() {
		return nil
	}
	return p.throttle(r.Context(), importPartyBucket, string(e.principal.Kind)+" "+e.principal.Value)
}

// importNow registers the certificate, and confirms it where the party that is logged in
// says so.
func (p *Portal) importNow(r *http.Request, draft importDraft, e examined, confirm bool) (importOutcome, error) {
	ctx, fingerprint := r.Context(), e.certificate.Fingerprint()
	outcome := importOutcome{Certificate: fingerprint.String(), Pending: !e.binding.InForce}
	imported, err := p.registry.Import(ctx, actorOf(r), registry.Import{
		Principal: e.principal, Claims: e.claims, Binding: e.binding, Possession: draft.Possession, Details: draft.details(),
		ByCard: visitOf(r).session.MayChange(),
		Registration: registry.NewRegistration{
			Certificate: e.certificate, Usage: registry.Signing, Kind: e.admission.Kind, Medium: draft.Medium, UsageType: draft.Type,
		},
	})
	if errors.Is(err, registry.ErrAlreadyRegistered) {
		return p.importedBefore(r, draft, e, err)
	}
	if err != nil {
		return outcome, err
	}
	outcome.Party, outcome.Main, outcome.Pending = imported.Party, imported.Main, imported.Pending
	registered := postgres.Registered{Party: imported.Party, Certificate: fingerprint, Usage: registry.Signing}
	if confirm && imported.Pending && imported.Party == visitOf(r).session.Party {
		main, _, err := p.registry.Confirm(ctx, actorOf(r), registered)
		switch {
		case err == nil:
			outcome.Pending, outcome.Main = false, main
		case errors.Is(err, registry.ErrElsewhere), errors.Is(err, registry.ErrRevoked), errors.Is(err, registry.ErrState):
			// It stays pending, and the page says so.
		default:
			return outcome, err
		}
	}
	letter := (*outbox.Letters).Imported
	if outcome.Pending {
		letter = (*outbox.Letters).ImportedPending
	}
	p.tellOwner(r, registered, e.certificate, letter)
	return outcome, nil
}

// importedBefore lets whoever imports a certificate that already waits go on to prove it.
func (p *Portal) importedBefore(r *http.Request, draft importDraft, e examined, refused error) (importOutcome, error) {
	listed, err := p.registry.Listed(r.Context(), e.principal.Value, e.principal.Kind)
	if err != nil {
		return importOutcome{}, err
	}
	parties, err := p.registry.FindParties(r.Context(), e.principal.Value) // not those that only claim to be it
	if err != nil {
		return importOutcome{}, err
	}
	fingerprint := e.certificate.Fingerprint()
	for _, l := range listed {
		if !slices.Contains(parties, l.Party) || l.Usage != registry.Signing || l.State != verifier.Pending || l.Certificate.Fingerprint() != fingerprint {
			continue
		}
		if draft.Possession && l.Proved.IsZero() {
			err := p.registry.ProvePossession(r.Context(), actorOf(r), postgres.Registered{Party: l.Party, Certificate: fingerprint, Usage: registry.Signing})
			if err != nil {
				return importOutcome{}, err
			}
		}
		return importOutcome{Party: l.Party, Certificate: fingerprint.String(), Pending: true, Before: true}, nil
	}
	return importOutcome{}, refused
}

// actorOf is who acts in a request.
func actorOf(r *http.Request) registry.Actor {
	switch session := visitOf(r).session; {
	case session.Operator != "":
		return registry.OperatorActor(session.Operator)
	case session.Party != "":
		return registry.PartyActor(session.Party)
	default:
		return registry.VisitorActor(session.ID)
	}
}

// refusals say in which words the registry's refusals are told.
type refusals []struct {
	err  error
	word string
}

func (all refusals) word(err error) (string, bool) {
	for _, known := range all {
		if errors.Is(err, known.err) {
			return known.word, true
		}
	}
	return "", false
}

var importRefusals = refusals{
	{registry.ErrElsewhere, "import.elsewhere"},
	{registry.ErrRevoked, "import.revoked"},
	{registry.ErrAlreadyRegistered, "import.already"},
	{registry.ErrTooManyPending, "import.too_many"},
	{registry.ErrIdentifierTaken, "import.taken"},
}
