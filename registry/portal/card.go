package portal

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
)

// A CardPanel has the visitor's card sign a challenge, by way of the card agent on the
// visitor's machine. Its script fills these hidden fields of the form it stands in:
// card_certificate and card_signature (base64), card_nonce.
type CardPanel struct {
	Kind     registry.CertificateKind // MOICA or MOEACA: which card to ask for; empty: either
	Purpose  challenge.Purpose        // what the challenge was made for
	Nonce    string
	Check    string // a path that says at once whether the signature is good; empty: the form's own answer does
	Port     int
	Download string
	Centre   ServiceCentre
}

// Names of the fields that a card panel fills.
const (
	cardCertificateField = "card_certificate"
	cardSignatureField   = "card_signature"
	cardNonceField       = "card_nonce"
)

// cardPanel makes a challenge for a purpose in the visitor's session, and the panel that
// has it signed. Templates show it by {{template "card" .Data.Card}}, within a form.
func (p *Portal) cardPanel(w http.ResponseWriter, r *http.Request, kind registry.CertificateKind, purpose challenge.Purpose) (CardPanel, error) {
	session, err := p.session(w, r)
	if err != nil {
		return CardPanel{}, err
	}
	nonce, err := p.registry.NewChallenge(r.Context(), session.ID, string(purpose))
	if err != nil {
		return CardPanel{}, fmt.Errorf("make a challenge: %w", err)
	}
	return CardPanel{
		Kind: kind, Purpose: purpose, Nonce: nonce,
		Port: p.cfg.AgentPort, Download: p.cfg.AgentDownload, Centre: p.cfg.ServiceCentre,
	}, nil
}

// A cardAnswer is what a path for [CardPanel.Check] answers, as JSON.
type cardAnswer struct {
	OK    bool   `json:"ok"`
	Text  string `json:"text"`            // said to the visitor
	Next  string `json:"next,omitempty"`  // a path of ours to go to
	Nonce string `json:"nonce,omitempty"` // of a new challenge, where the old one failed
}

// answerCard answers the script of a card panel.
func answerCard(w http.ResponseWriter, a cardAnswer) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(a)
}

// maxCardCertificate bounds a card's certificate in bytes; real ones have some 2 KiB.
const maxCardCertificate = 16 << 10

// A cardReading is a certificate whose key signed this session's challenge just now.
type cardReading struct{ Certificate *verifier.Certificate }

// readCard checks what a card panel filled in: the challenge was made for this session
// and purpose and is used up here, and the certificate's key signed it for our origin.
// Whose certificate that is, and whether it is any good, is the caller's to ask. A
// [registry.Refusal] is the visitor's to mend; any other error is ours.
func (p *Portal) readCard(r *http.Request, purpose challenge.Purpose) (cardReading, error) {
	form, session := p.form(r), visitOf(r).session
	nonce := form.Get(cardNonceField)
	if nonce == "" || form.Get(cardCertificateField) == "" {
		return cardReading{}, refusal("CARD_NOT_READ", "no card was read: insert it, enter its PIN and press the button that loads it",
			"尚未讀取卡片：請插入卡片、輸入PIN碼，再按下載入憑證按鈕")
	}
	err := p.registry.TakeChallenge(r.Context(), session.ID, string(purpose), nonce)
	if errors.Is(err, registry.ErrNoChallenge) {
		return cardReading{}, refusal("CHALLENGE_OVER", "too much time has passed since this page was opened, or the card was read for another one: read the card again",
			"此頁面已逾時，或卡片是為其他頁面讀取的：請重新讀取卡片")
	}
	if err != nil {
		return cardReading{}, fmt.Errorf("check a card's signature: %w", err)
	}
	der, err := base64.StdEncoding.DecodeString(form.Get(cardCertificateField))
	if err != nil || len(der) > maxCardCertificate {
		return cardReading{}, cardUnreadable()
	}
	cert, err := verifier.ParseCertificate(der)
	if err != nil {
		return cardReading{}, cardUnreadable()
	}
	signature, err := base64.StdEncoding.DecodeString(form.Get(cardSignatureField))
	if err == nil {
		err = challenge.Verify(cert, purpose, p.cfg.Origin, nonce, signature)
	}
	if err != nil {
		return cardReading{}, refusal("CARD_SIGNATURE", "the card's signature is not right: read the card again; if that doesn't help, the card may be damaged",
			"卡片的簽章不正確：請重新讀取卡片；若仍失敗，卡片可能已損壞")
	}
	return cardReading{cert}, nil
}

func cardUnreadable() error {
	return refusal("CARD_UNREADABLE", "the card's certificate can't be read: try another reader, or ask the issuer of the card",
		"無法判讀卡片內的憑證：請換一台讀卡機再試，或洽發卡單位")
}

func refusal(code, english, chinese string) error {
	return &registry.Refusal{Message: registry.Message{Code: code, English: english, Chinese: chinese}}
}
