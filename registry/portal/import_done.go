package portal

import (
	"errors"
	"net/http"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// importedFlow names the draft of what the session imported last.
const importedFlow = "imported"

// An importOutcome is what became of an import.
type importOutcome struct {
	Party       verifier.PartyID
	Certificate string // its fingerprint
	Main        bool
	Pending     bool
	Before      bool // somebody had imported it before
}

// importOutcome returns what the session imported last, false if nothing.
func (p *Portal) importOutcome(r *http.Request) (outcome importOutcome, found bool, err error) {
	v := visitOf(r)
	if v.token == "" {
		return outcome, false, nil
	}
	err = p.registry.Draft(r.Context(), v.session.ID, importedFlow, &outcome)
	if errors.Is(err, registry.ErrNoDraft) {
		return importOutcome{}, false, nil
	}
	return outcome, err == nil, err
}

// An importDonePage says what became of it.
type importDonePage struct {
	Facts   []fact
	Pending bool
	Main    bool
	Missing []string
	Prove   string // where possession is proved; empty where it needn't be
	Own     bool
}

func (p *Portal) showImportDone(w http.ResponseWriter, r *http.Request) error {
	outcome, found, err := p.importOutcome(r)
	if err != nil {
		return err
	}
	if !found {
		return redirect(w, r, importPath)
	}
	l, found, err := p.registered(r, outcome.Party, outcome.Certificate, registry.Signing)
	if err != nil {
		return err
	}
	if !found || !live(l.State) { // it has ended since
		return redirect(w, r, importPath)
	}
	page := importDonePage{
		Facts:   p.facts(visitOf(r).lang, l.Certificate, l.Kind),
		Pending: l.State == verifier.Pending,
		Main:    l.Main,
		Own:     visitOf(r).session.Party == outcome.Party,
	}
	switch {
	case page.Pending && outcome.Before:
		p.alert(r, Warning, "import.before")
	case page.Pending:
		p.alert(r, Warning, "import.pending")
	case l.Main:
		p.alert(r, Success, "import.main_done")
	default:
		p.alert(r, Success, "import.done")
	}
	if page.Pending {
		for _, code := range l.Missing {
			page.Missing = append(page.Missing, p.say(r, "import.missing."+code))
		}
		if len(l.Lacks(false)) > 0 {
			page.Prove = provePath + "/" + outcome.Certificate
		}
	}
	return p.render(w, r, http.StatusOK, "import_done", page)
}

// registered returns a party's registration of a certificate for a usage: the live one,
// else the last. The fingerprint is in hexadecimal.
func (p *Portal) registered(r *http.Request, party verifier.PartyID, certificate string, usage registry.Usage) (last registry.Listed, found bool, err error) {
	fingerprint, err := parseFingerprint(certificate)
	if err != nil {
		return last, false, nil
	}
	listed, err := p.registry.ListedOf(r.Context(), party)
	if err != nil {
		return last, false, err
	}
	for _, l := range listed {
		if l.Usage != usage || l.Certificate.Fingerprint() != fingerprint {
			continue
		}
		if last, found = l, true; live(l.State) {
			break
		}
	}
	return last, found, nil
}

func live(state verifier.RegistrationState) bool {
	return state == verifier.Pending || state == verifier.InForce || state == verifier.Superseded
}
