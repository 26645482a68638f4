package corpus

import (
	"crypto/rsa"
	"fmt"
	"strings"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/signer"
	"turnkey-gateway/verifier/verifiertest"
)

// describe returns a sample's account and identifiers.
func describe(s sample) Party {
	p := Party{Name: s.name, UsageType: s.usageType, Account: s.businessID}
	if s.nationalID != "" {
		p.Account = strings.ToLower(s.specialist) + "@example.com"
	}
	known := []registry.Identifier{
		{Kind: verifier.Account, Value: p.Account},
		{Kind: verifier.BusinessID, Value: s.businessID},
		{Kind: verifier.NationalID, Value: s.nationalID},
		{Kind: verifier.BrokerBox, Value: s.box},
		{Kind: verifier.Specialist, Value: s.specialist},
	}
	for _, id := range known {
		if id.Value != "" {
			p.Identifiers = append(p.Identifiers, id)
		}
	}
	return p
}

// issueAll gives p its login certificate, its main one and the others, each with
// another key.
func (c *Corpus) issueAll(p *party, number int, keys []*rsa.PrivateKey) error {
	login := life{kind: registry.MOEACA, state: verifier.InForce, begins: -500, end: 1300}
	if p.sample.nationalID != "" {
		login.kind = registry.MOICA
	}
	lives := append([]life{login, mainCustoms}, p.sample.extra...)
	for i, l := range lives {
		identity, err := c.issue(p, number, i, l, keys[(number+i)%len(keys)])
		if err != nil {
			return err
		}
		registered := Certificate{
			DER: identity.DER(), Usage: registry.Signing, Kind: l.kind, Medium: registry.File, Main: i == 1, State: l.state,
			From: identity.Certificate.NotBefore, Until: identity.Certificate.NotAfter,
			identity: identity, life: l,
		}
		if i == 0 {
			registered.Usage = registry.Login
		}
		if l.kind != registry.Customs {
			registered.Medium = registry.Card
		}
		if l.from != 0 || l.until != 0 {
			registered.From, registered.Until = c.days(l.from), c.days(l.until)
		}
		if l.state == verifier.Revoked || l.state == verifier.Withdrawn {
			registered.EndedAt = c.days(-1)
		}
		signs, err := signer.New(identity.Key, identity.DER(), p.style.signature)
		if err != nil {
			return err
		}
		p.Certificates = append(p.Certificates, registered)
		p.signers = append(p.signers, signs)
	}
	var err error
	p.registrations, err = register(p.Certificates)
	return err
}

// issue has the right authority issue the ordinal-th certificate of p.
func (c *Corpus) issue(p *party, number, ordinal int, l life, key *rsa.PrivateKey) (*verifiertest.Identity, error) {
	terms := verifiertest.Terms{NotBefore: c.days(l.begins), NotAfter: c.days(l.end), Key: key}
	if l.big5 {
		terms.Names = verifiertest.T61Big5
	}
	switch l.kind {
	case registry.MOICA:
		card := fmt.Sprintf("%016d", 1_000_000+number)
		id := p.sample.nationalID
		return c.PKI.MOICA.Issue(verifiertest.Citizen{Name: p.Name, CardNumber: card, LastFour: id[len(id)-4:]}, terms)
	case registry.MOEACA:
		return c.PKI.MOEACA.Issue(verifiertest.Company{Name: p.Name, BusinessID: p.sample.businessID, Secondary: ordinal > 0}, terms)
	default:
		holder := verifiertest.CustomsHolder{BusinessID: p.sample.businessID, Ordinal: ordinal}
		if holder.BusinessID == "" { // a specialist's names the broker it works for
			holder.BusinessID = samples[number%8].businessID
		}
		if l.otherCN {
			holder.Authority, holder.BusinessID = holder.BusinessID, samples[number+1].businessID
		}
		return c.PKI.Customs.Issue(holder, terms)
	}
}

func (c *Corpus) days(n int) time.Time { return c.now.AddDate(0, 0, n).Truncate(time.Second) }
