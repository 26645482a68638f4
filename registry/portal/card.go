package portal

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"turnkey-gateway/registry"
)

// A CardPanel has the visitor's card sign a challenge, by way of the card agent on the
// visitor's machine. Its script fills these hidden fields of the form it stands in:
// card_certificate and card_signature (base64), card_nonce.
type CardPanel struct {
	Kind     registry.CertificateKind // MOICA or MOEACA: which card to ask for; empty: either
	Purpose  string                   // what the challenge was made for
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
func (p *Portal) cardPanel(w http.ResponseWriter, r *http.Request, kind registry.CertificateKind, purpose string) (CardPanel, error) {
	session, err := p.session(w, r)
	if err != nil {
		return CardPanel{}, err
	}
	nonce, err := p.registry.NewChallenge(r.Context(), session.ID, purpose)
	if err != nil {
		return CardPanel{}, fmt.Errorf("make a challenge: %w", err)
	}
	return CardPanel{
		Kind: kind, Purpose: purpose, Nonce: nonce,
		Port: p.cfg.AgentPort, Download: p.cfg.AgentDownload, Centre: p.cfg.ServiceCentre,
	}, nil
}

// A cardProof is what a card panel gave: bytes that nobody has checked yet.
type cardProof struct {
	Certificate []byte // DER, perhaps
	Signature   []byte
	Nonce       string
}

// cardProof reads what a card panel filled in and uses up its challenge. It returns
// [registry.ErrNoChallenge] where that isn't one of this session for this purpose, or
// nothing was filled in.
func (p *Portal) cardProof(r *http.Request, purpose string) (cardProof, error) {
	session := visitOf(r).session
	proof := cardProof{Nonce: r.PostFormValue(cardNonceField)}
	if err := p.registry.TakeChallenge(r.Context(), session.ID, purpose, proof.Nonce); err != nil {
		return cardProof{}, fmt.Errorf("take the challenge: %w", err)
	}
	var errCertificate, errSignature error
	proof.Certificate, errCertificate = base64.StdEncoding.DecodeString(r.PostFormValue(cardCertificateField))
	proof.Signature, errSignature = base64.StdEncoding.DecodeString(r.PostFormValue(cardSignatureField))
	if errCertificate != nil || errSignature != nil || len(proof.Certificate) == 0 || len(proof.Signature) == 0 {
		return cardProof{}, registry.ErrNoChallenge
	}
	return proof, nil
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
