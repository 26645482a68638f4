package portal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// A provePage shows the challenge that the holder of a pending certificate's key signs.
type provePage struct {
	Facts   []fact
	Command []string // lines of the command to run, of a certificate from a file
	Nonce   string
	Card    *CardPanel // of a certificate from a card
	Proved  bool
	Back    string
}

// provable returns the pending registration that a request is about: of the party that is
// logged in, or the one that this session imported. Nobody else's: a proof must count for
// the party that its maker means, not for whoever else brought the same certificate.
func (p *Portal) provable(r *http.Request) (registry.Listed, error) {
	certificate := r.PathValue("certificate")
	var parties []verifier.PartyID
	if party := visitOf(r).session.Party; party != "" {
		parties = append(parties, party)
	}
	outcome, found, err := p.importOutcome(r)
	if err != nil {
		return registry.Listed{}, err
	}
	if found && outcome.Certificate == certificate {
		parties = append(parties, outcome.Party)
	}
	for _, party := range parties {
		l, found, err := p.registered(r, party, certificate, registry.Signing)
		if err != nil {
			return l, err
		}
		if found && l.State == verifier.Pending {
			return l, nil
		}
	}
	return registry.Listed{}, refuse(http.StatusNotFound, "prove.none")
}

func (p *Portal) showProve(w http.ResponseWriter, r *http.Request) error {
	l, err := p.provable(r)
	if err != nil {
		return err
	}
	return p.renderProve(w, r, l)
}

func (p *Portal) renderProve(w http.ResponseWriter, r *http.Request, l registry.Listed) error {
	page := provePage{
		Facts:  p.facts(visitOf(r).lang, l.Certificate, l.Kind),
		Proved: !l.Proved.IsZero(),
		Back:   p.proveBack(r, l),
	}
	panel, err := p.cardPanel(w, r, l.Kind, challenge.Prove)
	if err != nil {
		return err
	}
	if l.Medium == registry.Card {
		page.Card = &panel
	} else {
		page.Nonce = panel.Nonce
		page.Command = []string{"turnkey prove --key KEY --cert CERT \\", "  --origin " + p.cfg.Origin + " \\", "  --nonce " + panel.Nonce}
	}
	return p.render(w, r, p.form(r).Status(), "prove", page)
}

// proveBack is where the registration is seen.
func (p *Portal) proveBack(r *http.Request, l registry.Listed) string {
	if visitOf(r).session.Party == l.Party {
		return minePath
	}
	return importDonePath
}

func (p *Portal) postProve(w http.ResponseWriter, r *http.Request) error {
	l, err := p.provable(r)
	if err != nil {
		return err
	}
	if p.form(r).Get("go") == "cancel" {
		return redirect(w, r, p.proveBack(r, l))
	}
	if err := p.throttle(r.Context(), proveBucket, client(r)); err != nil {
		return err
	}
	err = p.checkProof(r, l)
	var refused *registry.Refusal
	if errors.As(err, &refused) {
		p.form(r).FailMessage("signature", refused.Message)
		p.form(r).Set("signature", "")
		return p.renderProve(w, r, l)
	}
	if err != nil {
		return err
	}
	registered := postgres.Registered{Party: l.Party, Certificate: l.Certificate.Fingerprint(), Usage: registry.Signing}
	err = p.registry.ProvePossession(r.Context(), actorOf(r), registered)
	if errors.Is(err, registry.ErrState) || errors.Is(err, registry.ErrNoRegistration) || errors.Is(err, registry.ErrRevoked) {
		return refuse(http.StatusNotFound, "prove.none")
	}
	if err != nil {
		return err
	}
	p.flash(w, Success, "prove.done")
	return redirect(w, r, p.proveBack(r, l))
}

// checkProof uses up the session's challenge and checks that the key of the pending
// certificate signed it.
func (p *Portal) checkProof(r *http.Request, l registry.Listed) error {
	if l.Medium == registry.Card {
		reading, err := p.readCard(r, challenge.Prove)
		if err == nil && reading.Certificate.Fingerprint() != l.Certificate.Fingerprint() {
			err = refusal("ANOTHER_CARD", "that is another card: insert the one whose certificate is shown here", "這不是同一張卡片：請插入本頁所示憑證的卡片")
		}
		return err
	}
	form := p.form(r)
	signature, err := readSignature(form.Get("signature"))
	if err != nil {
		return err
	}
	nonce := form.Get("nonce")
	err = p.registry.TakeChallenge(r.Context(), visitOf(r).session.ID, string(challenge.Prove), nonce)
	if errors.Is(err, registry.ErrNoChallenge) {
		return refusal("CHALLENGE_OVER", "the challenge was older than five minutes, or used: run the command shown now",
			"挑戰值已逾五分鐘或已使用過：請改執行目前顯示的指令")
	}
	if err != nil {
		return fmt.Errorf("check a proof of possession: %w", err)
	}
	if challenge.Verify(l.Certificate, challenge.Prove, p.cfg.Origin, nonce, signature) != nil {
		return refusal("PROOF_WRONG", "the signature isn't this certificate's key's over the challenge that was shown: run the command shown now, with the key and the certificate that belong together",
			"簽章值與此憑證的金鑰或所示挑戰值不符：請以此憑證對應的私鑰，執行目前顯示的指令")
	}
	return nil
}

// maxSignature bounds a signature in base64: a key of 4096 bits has 684 characters.
const maxSignature = 4 << 10

// readSignature reads base64 as it comes out of a terminal: broken into lines.
func readSignature(text string) ([]byte, error) {
	text = strings.Join(strings.Fields(limit(text, maxSignature)), "")
	signature, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(signature) == 0 {
		return nil, refusal("PROOF_UNREADABLE", "paste the signature that turnkey prove printed: one line of letters, digits, + and /",
			"請貼上 turnkey prove 印出的簽章值：一行英文字母、數字、+ 與 /")
	}
	return signature, nil
}
