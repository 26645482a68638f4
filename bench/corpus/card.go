package corpus

import (
	"fmt"
	"math/rand/v2"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier/verifiertest"
)

// A Card is a sample smart card, for visitors of the registration site.
type Card struct {
	Label, PIN string
	Holder     string // as a person knows it
	Identifier string // the holder's 統一編號 or 身分證字號

	// Sign and Exchange are the two pairs that a card holds; nil before they are issued.
	Sign, Exchange *verifiertest.Identity
}

// Visitors are who may try the registration site: none of them is a sample party.
type Visitors struct {
	Registered Card // a company that is to have an account
	Company    Card // one that has none yet
	Citizen    Card // a 報關專責人員 who has none yet
	Operator   Card // of the site's staff

	// File is a 通關專屬憑證 of the registered company, to be imported; nil before it is
	// issued. Message is a declaration of that company, to be signed with it.
	File    *verifiertest.Identity
	Message []byte
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

// Announce returns the visitors as people know them, before anything is issued to them:
// at once, while [Corpus.Visitors] takes a second to make keys.
func (c *Corpus) Announce() *Visitors {
	card := func(label, holder, identifier string) Card {
		return Card{Label: label, PIN: samplePIN, Holder: holder, Identifier: identifier}
	}
	message := draft{
		code: "N5203", number: declarationNumber("AA", c.now.Year(), "Z90", 1), office: "AA", written: c.now,
		claims: []claim{trader("N5203", registeredID)}, size: 3_000,
		style: style{eol: "\n", indent: "  ", declaration: `<?xml version="1.0" encoding="UTF-8"?>`},
	}
	return &Visitors{
		Registered: card("MOEACA registered", "晨星範例報關有限公司", registeredID),
		Company:    card("MOEACA new", "曙光範例貿易有限公司", companyID),
		Citizen:    card("MOICA new", "王範例", citizenID),
		Operator:   card("MOEACA staff", "單一窗口範例服務中心", operatorID),
		Message:    message.write(rand.New(rand.NewPCG(1, 2))),
	}
}

// Visitors returns sample cards with fresh certificates, each with keys of its own.
func (c *Corpus) Visitors() (*Visitors, error) {
	v := c.Announce()
	number := sampleKeys + 1
	issue := func(by *verifiertest.Authority, holder verifiertest.Holder, encryption bool) (*verifiertest.Identity, error) {
		number++
		return by.Issue(holder, verifiertest.Terms{NotBefore: c.days(-30), NotAfter: c.days(400), Key: verifiertest.Key(number), Encryption: encryption})
	}
	for _, card := range []*Card{&v.Registered, &v.Company, &v.Citizen, &v.Operator} {
		by, holder := c.PKI.MOEACA, verifiertest.Holder(verifiertest.Company{Name: card.Holder, BusinessID: card.Identifier})
		if card == &v.Citizen {
			by = c.PKI.MOICA
			holder = verifiertest.Citizen{Name: card.Holder, CardNumber: fmt.Sprintf("%016d", 9_000_000), LastFour: citizenID[len(citizenID)-4:]}
		}
		var err error
		if card.Sign, err = issue(by, holder, false); err != nil {
			return nil, err
		}
		if card.Exchange, err = issue(by, holder, true); err != nil {
			return nil, err
		}
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
