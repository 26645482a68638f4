package portal

import (
	"cmp"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
)

// maxCertificateFile bounds the file that is chosen, in bytes.
const maxCertificateFile = 256 << 10

// maxCertificate bounds a certificate, in bytes; real ones have some 2 KiB. The gateway
// keeps those of every sender at hand.
const maxCertificate = 16 << 10

// maxCertificates bounds how many a file may hold: a whole chain has some four.
const maxCertificates = 20

// An importCertificatePage is the second step: the certificate, from a file or a card.
type importCertificatePage struct {
	Type      string // 憑證使用類型, in words
	FileKinds []Option
	CardKinds []Option
	Media     []Option // both, where both are allowed
	Card      CardPanel
	Chosen    string // the file that was chosen before
}

func (p *Portal) showImportCertificate(w http.ResponseWriter, r *http.Request) error {
	draft, policy, err := p.startedImport(r)
	if err != nil {
		return err
	}
	if policy.Type == "" {
		return redirect(w, r, importPath)
	}
	form := p.form(r)
	form.Set("medium", string(cmp.Or(draft.Medium, registry.File)))
	form.Set("kind", string(draft.Kind))
	return p.renderImportCertificate(w, r, policy, draft)
}

// startedImport returns the draft after the first step; the policy is zero before.
func (p *Portal) startedImport(r *http.Request) (importDraft, registry.SigningPolicy, error) {
	draft, found, err := p.importDraft(r)
	if err != nil || !found {
		return draft, registry.SigningPolicy{}, err
	}
	policy, _ := p.signingPolicy(draft.Type)
	return draft, policy, nil
}

func (p *Portal) renderImportCertificate(w http.ResponseWriter, r *http.Request, policy registry.SigningPolicy, draft importDraft) error {
	form, lang := p.form(r), visitOf(r).lang
	page := importCertificatePage{
		Type:      lang.choose(registry.Message{English: policy.English, Chinese: policy.Chinese}),
		FileKinds: p.kindOptions(lang, policy, registry.File),
		CardKinds: p.kindOptions(lang, policy, registry.Card),
		Chosen:    draft.File,
	}
	if len(page.FileKinds) == 1 && form.Get("kind") == "" {
		form.Set("kind", page.FileKinds[0].Value)
	}
	if len(page.CardKinds) > 0 {
		if len(page.FileKinds) > 0 {
			page.Media = []Option{
				{Value: string(registry.File), Label: p.say(r, "import.medium.file"), Hint: p.say(r, "import.medium.file_hint")},
				{Value: string(registry.Card), Label: p.say(r, "import.medium.card"), Hint: p.say(r, "import.medium.card_hint")},
			}
		}
		var asked registry.CertificateKind
		if len(page.CardKinds) == 1 {
			asked = registry.CertificateKind(page.CardKinds[0].Value)
		}
		var err error
		if page.Card, err = p.cardPanel(w, r, asked, challenge.Import); err != nil {
			return err
		}
	}
	return p.render(w, r, form.Status(), "import_certificate", page)
}

func (p *Portal) kindOptions(l tongue, policy registry.SigningPolicy, medium registry.Medium) (options []Option) {
	for _, a := range policy.Allows {
		if a.Medium == medium {
			options = append(options, Option{Value: string(a.Kind), Label: p.words.text(l, "certificate.kind."+string(a.Kind))})
		}
	}
	return options
}

func (p *Portal) postImportCertificate(w http.ResponseWriter, r *http.Request) error {
	if done, err := p.importCancelled(w, r); done {
		return err
	}
	draft, policy, err := p.startedImport(r)
	if err != nil {
		return err
	}
	if policy.Type == "" {
		return redirect(w, r, importPath)
	}
	if err := p.throttle(r.Context(), importReadBucket, client(r)); err != nil {
		return err
	}
	form := p.form(r)
	draft, field, err := p.chosenCertificate(r, draft, policy)
	if err == nil && form.OK() {
		_, err = p.examine(draft, policy)
	}
	var refused *registry.Refusal
	if errors.As(err, &refused) {
		form.FailMessage(field, refused.Message)
	} else if err != nil {
		return err
	}
	if !form.OK() {
		return p.renderImportCertificate(w, r, policy, draft)
	}
	if err := p.saveImport(r, draft); err != nil {
		return err
	}
	return redirect(w, r, importPreviewPath)
}

// chosenCertificate takes the certificate that a POST brings, and names the field that
// it came by.
func (p *Portal) chosenCertificate(r *http.Request, draft importDraft, policy registry.SigningPolicy) (_ importDraft, field string, err error) {
	form := p.form(r)
	medium := registry.Medium(form.Get("medium"))
	if !slices.ContainsFunc(policy.Allows, func(a registry.KindAndMedium) bool { return a.Medium == medium }) {
		form.Fail("medium", "form.required", p.say(r, "import.medium"))
		return draft, "medium", nil
	}
	draft.Certificate, draft.File, draft.Possession = nil, "", false
	draft.Medium = medium
	if medium == registry.Card {
		return p.cardCertificate(r, draft, policy)
	}
	draft.Kind = registry.CertificateKind(form.Get("kind"))
	if !slices.Contains(policy.Allows, registry.KindAndMedium{Kind: draft.Kind, Medium: medium}) {
		form.Fail("kind", "form.required", p.say(r, "import.kind"))
	}
	data, name, ok := form.File("file")
	if !ok {
		form.Fail("file", "import.choose_file")
		return draft, "file", nil
	}
	cert, err := readImportFile(data)
	if err != nil {
		return draft, "file", err
	}
	draft.Certificate, draft.File = cert.DER(), fileName(name)
	return draft, "file", nil
}

func (p *Portal) cardCertificate(r *http.Request, draft importDraft, policy registry.SigningPolicy) (importDraft, string, error) {
	reading, err := p.readCard(r, challenge.Import)
	if err != nil {
		return draft, "", err
	}
	draft.Certificate, draft.Possession = reading.Certificate.DER(), true
	draft.Kind = ""
	for _, a := range policy.Allows {
		if a.Medium == registry.Card {
			draft.Kind = a.Kind
			break
		}
	}
	return draft, "", nil
}

// readImportFile returns the signing certificate in a file. Errors are a
// [registry.Refusal].
func readImportFile(data []byte) (*verifier.Certificate, error) {
	if len(data) > maxCertificateFile {
		return nil, refusal("FILE_TOO_LARGE", "the file is larger than 256 KiB: choose the certificate file (.cer, .crt, .pem or .p7b), which has a few KiB",
			"檔案超過 256 KB：請選擇憑證檔（.cer、.crt、.pem 或 .p7b），通常只有數 KB")
	}
	certs, err := registry.ReadCertificates(data)
	if err != nil {
		return nil, err
	}
	if len(certs) > maxCertificates {
		return nil, refusal("TOO_MANY_CERTIFICATES", "the file holds more than 20 certificates: export the one to register alone",
			"檔案內有超過 20 張憑證：請只匯出要註冊的那一張")
	}
	cert, err := registry.ChooseSigning(certs)
	if err == nil && len(cert.DER()) > maxCertificate {
		return nil, refusal("CERTIFICATE_TOO_LARGE", "the certificate is larger than 16 KiB, which none of the issuers' is: choose the file as the issuer gave it",
			"此憑證超過 16 KB，不是正常的憑證：請選擇發證單位提供的檔案")
	}
	return cert, err
}

// fileName returns the last part of a name, short enough to be shown.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if letters := []rune(name); len(letters) > 80 {
		name = string(letters[:80]) + "…"
	}
	return strings.ToValidUTF8(name, "?")
}
