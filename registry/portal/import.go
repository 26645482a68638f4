package portal

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// Steps of 通關憑證註冊.
const (
	importCertificatePath = importPath + "/certificate" // 選擇憑證
	importPreviewPath     = importPath + "/preview"     // 確認內容
	importDonePath        = importPath + "/done"
	provePath             = importPath + "/prove" // with the fingerprint of a pending certificate below
)

// importRoutes are those of 通關憑證註冊. It takes no login: what binds a certificate to a
// party is the certificate itself, or the party's word for it.
func (p *Portal) importRoutes(mux *http.ServeMux) {
	p.handle(mux, "GET "+importPath, p.showImport)
	p.handle(mux, "POST "+importPath, p.postImport)
	p.handle(mux, "GET "+importCertificatePath, p.showImportCertificate)
	p.handle(mux, "POST "+importCertificatePath, p.postImportCertificate)
	p.handle(mux, "GET "+importPreviewPath, p.showImportPreview)
	p.handle(mux, "POST "+importPreviewPath, p.postImportPreview)
	p.handle(mux, "GET "+importDonePath, p.showImportDone)
	p.handle(mux, "GET "+provePath+"/{certificate}", p.showProve)
	p.handle(mux, "POST "+provePath+"/{certificate}", p.postProve)
}

// Limits of what visitors may do here. Reading a certificate costs some work; an import
// leaves a row behind, and a pending one takes one of the few places that its party has.
var (
	importReadBucket  = registry.Bucket{Name: "import-read", Burst: 60, Every: 5 * time.Second}
	importBucket      = registry.Bucket{Name: "import", Burst: 30, Every: time.Minute}
	importPartyBucket = registry.Bucket{Name: "import-party", Burst: 10, Every: 10 * time.Minute}
	proveBucket       = registry.Bucket{Name: "prove", Burst: 20, Every: 30 * time.Second}
)

// importFlow names the draft of what was entered so far.
const importFlow = "import"

// An importDraft is what was entered so far.
type importDraft struct {
	Type    registry.UsageType
	Entered map[string]string // by the field's name

	Certificate []byte // DER; none before the second step
	Medium      registry.Medium
	Kind        registry.CertificateKind // as chosen, not as found
	File        string                   // its name on the visitor's machine
	Possession  bool                     // a card signed this session's challenge
}

// details are what was entered besides identifiers.
func (d importDraft) details() map[string]string {
	details := make(map[string]string)
	for name, value := range d.Entered {
		if !slices.Contains(identifierFields, name) && value != "" {
			details[name] = value
		}
	}
	return details
}

// identifierFields are named like the kinds of identifiers.
var identifierFields = []string{string(verifier.BusinessID), string(verifier.NationalID), string(verifier.BrokerBox), string(verifier.Specialist)}

// importDraft returns what was entered, or false where nothing was.
func (p *Portal) importDraft(r *http.Request) (draft importDraft, found bool, err error) {
	v := visitOf(r)
	if v.token == "" {
		return draft, false, nil
	}
	err = p.registry.Draft(r.Context(), v.session.ID, importFlow, &draft)
	if errors.Is(err, registry.ErrNoDraft) {
		return importDraft{}, false, nil
	}
	return draft, err == nil, err
}

func (p *Portal) saveImport(r *http.Request, draft importDraft) error {
	return p.registry.SaveDraft(r.Context(), visitOf(r).session.ID, importFlow, draft)
}

// cancelled forgets what was entered if the button 取消 was pressed.
func (p *Portal) importCancelled(w http.ResponseWriter, r *http.Request) (bool, error) {
	if p.form(r).Get("go") != "cancel" {
		return false, nil
	}
	if err := p.registry.DropDraft(r.Context(), visitOf(r).session.ID, importFlow); err != nil {
		return true, fmt.Errorf("cancel an import: %w", err)
	}
	return true, redirect(w, r, centrePath)
}

// An importPage is the first step: 憑證使用類型 and what it asks for.
type importPage struct {
	Types  []Option
	Fields []shownField
}

// A shownField is asked for by some of the 憑證使用類型.
type shownField struct {
	Field
	For      string // the types, separated by blanks
	ForNames string
}

func (p *Portal) showImport(w http.ResponseWriter, r *http.Request) error {
	draft, found, err := p.importDraft(r)
	if err != nil {
		return err
	}
	if !found {
		if draft, err = p.prefilled(r); err != nil {
			return err
		}
	}
	form := p.form(r)
	form.Set("type", string(draft.Type))
	for name, value := range draft.Entered {
		form.Set(name, value)
	}
	return p.renderImport(w, r)
}

// prefilled takes the type and the 統一編號 from the account of whoever is logged in.
func (p *Portal) prefilled(r *http.Request) (draft importDraft, err error) {
	session := visitOf(r).session
	if session.Party == "" {
		return draft, nil
	}
	account, _, err := p.registry.Account(r.Context(), session.Party)
	if errors.Is(err, registry.ErrNoAccount) {
		return draft, nil
	}
	if err != nil {
		return draft, err
	}
	attributes, err := registry.Attributes()
	if err != nil {
		return draft, err
	}
	for _, a := range attributes {
		if a.Code == account.Attribute && len(a.UsageTypes) == 1 {
			draft.Type = a.UsageTypes[0]
		}
	}
	if account.Category == registry.Company && registry.CheckIdentifier(verifier.BusinessID, account.Name) == nil {
		draft.Entered = map[string]string{string(verifier.BusinessID): account.Name}
	}
	return draft, nil
}

func (p *Portal) renderImport(w http.ResponseWriter, r *http.Request) error {
	form, lang := p.form(r), visitOf(r).lang
	var page importPage
	for _, s := range p.cfg.Rules.Policy.Signing {
		page.Types = append(page.Types, Option{Value: string(s.Type), Label: lang.choose(registry.Message{English: s.English, Chinese: s.Chinese})})
	}
	asked, err := p.importFields()
	if err != nil {
		return err
	}
	for _, a := range asked {
		page.Fields = append(page.Fields, a.shown(form, p.cfg.Rules.Policy))
	}
	return p.render(w, r, form.Status(), "import", page)
}

func (p *Portal) postImport(w http.ResponseWriter, r *http.Request) error {
	if done, err := p.importCancelled(w, r); done {
		return err
	}
	form := p.form(r)
	draft, _, err := p.importDraft(r)
	if err != nil {
		return err
	}
	use := registry.UsageType(form.Require("type", "import.type"))
	if _, known := p.signingPolicy(use); use != "" && !known {
		form.Fail("type", "import.unknown_type")
	}
	entered, err := p.readImportFields(form, use)
	if err != nil {
		return err
	}
	if !form.OK() {
		return p.renderImport(w, r)
	}
	if draft.Type != use { // what may be imported differs
		draft = importDraft{}
	}
	draft.Type, draft.Entered = use, entered
	if err := p.saveImport(r, draft); err != nil {
		return err
	}
	return redirect(w, r, importCertificatePath)
}

// signingPolicy returns what the policy says of a 憑證使用類型, false if it has none.
func (p *Portal) signingPolicy(use registry.UsageType) (registry.SigningPolicy, bool) {
	for _, s := range p.cfg.Rules.Policy.Signing {
		if s.Type == use {
			return s, true
		}
	}
	return registry.SigningPolicy{}, false
}
