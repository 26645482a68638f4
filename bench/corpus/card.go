package corpus

import (
	"fmt"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier/verifiertest"
)

// A Card is a sample smart card, for visitors of the registration site.
type Card struct {
	Label, PIN string
	Holder     string // as a person knows it
	Identifier string // the holder's 統一編號 or 身分證字號

	// Sign and Exchange are the two pairs that a card holds.
	Sign, Exchange *verifiertest.Identity
}

// Visitors are who may try the registration site: none of them is a sample party.
type Visitors struct {
	Registered Card // a company that is to have an account
	Company    Card // one that has none yet
	Citizen    Card // a 報關專責人員 who has none yet
	Operator   Card // of the site's staff

	// File is a 通關專屬憑證 of the registered company, to be imported.
	File *verifiertest.Identity
}

// All are the cards, in the order in which they are to be shown.
func (v *Visitors) All() []Card { return []Card{v.Registered, v.Company, v.Citizen, v.Operator} }

// The visitors' identifiers are made up and pass the checksum.
const (
	registeredID = "00090001"
	companyID    = "00090017"
	citizenID    = "A190000017"
	operatorID   = "00090023"
)

// Visitors returns sample cards with fresh certificates, each with keys of its own.
func (c *Corpus) Visitors() (*Visitors, error) {
	v := &Visitors{}
	number := sampleKeys + 1
	issue := func(by *verifiertest.Authority, holder verifiertest.Holder, encryption bool) (*verifiertest.Identity, error) {
		number++
		return by.Issue(holder, verifiertest.Terms{NotBefore: c.days(-30), NotAfter: c.days(400), Key: verifiertest.Key(number), Encryption: encryption})
	}
	company := func(name, id string) verifiertest.Holder { return verifiertest.Company{Name: name, BusinessID: id} }
	citizen := verifiertest.Citizen{Name: "王範例", CardNumber: fmt.Sprintf("%016d", 9_000_000), LastFour: citizenID[len(citizenID)-4:]}
	for _, card := range []struct {
		into                      *Card
		label, holder, identifier string
		by                        *verifiertest.Authority
		subject                   verifiertest.Holder
	}{
		{&v.Registered, "MOEACA registered", "晨星範例報關有限公司", registeredID, c.PKI.MOEACA, company("晨星範例報關有限公司", registeredID)},
		{&v.Company, "MOEACA new", "曙光範例貿易有限公司", companyID, c.PKI.MOEACA, company("曙光範例貿易有限公司", companyID)},
		{&v.Citizen, "MOICA new", citizen.Name, citizenID, c.PKI.MOICA, citizen},
		{&v.Operator, "MOEACA staff", "單一窗口範例服務中心", operatorID, c.PKI.MOEACA, company("單一窗口範例服務中心", operatorID)},
	} {
		sign, err := issue(card.by, card.subject, false)
		if err != nil {
			return nil, err
		}
		exchange, err := issue(card.by, card.subject, true)
		if err != nil {
			return nil, err
		}
		*card.into = Card{Label: card.label, PIN: samplePIN, Holder: card.holder, Identifier: card.identifier, Sign: sign, Exchange: exchange}
	}
	var err error
	v.File, err = issue(c.PKI.Customs, verifiertest.CustomsHolder{BusinessID: registeredID, Ordinal: 1}, false)
	return v, err
}

// samplePIN is the PIN of every sample card.
const samplePIN = "246813"

// Issuers are the certificates (DER) of the authorities that issued the corpus, by the
// kind that they issue.
func (c *Corpus) Issuers() map[registry.CertificateKind][]byte {
	return map[registry.CertificateKind][]byte{
		registry.MOICA:   c.PKI.MOICA.Certificate.Raw,
		registry.MOEACA:  c.PKI.MOEACA.Certificate.Raw,
		registry.Customs: c.PKI.Customs.Certificate.Raw,
	}
}
