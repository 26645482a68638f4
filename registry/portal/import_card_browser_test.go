package portal_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/verifiertest"
)

// A company imports the certificate of its card in a browser, with the real agent.
func TestACompanyImportsItsCardInABrowser(t *testing.T) {
	box := cardtest.NewBox(t, cardtest.Habits{Tries: 3})
	w := portaltest.NewWorld(t, func(cfg *portal.Config) {
		_, port, err := net.SplitHostPort(box.Start(t, cfg.Origin).Address)
		if err == nil {
			cfg.AgentPort, err = strconv.Atoi(port)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	encryption := keyed(w, 1)
	encryption.Encryption = true
	card := cardtest.Card{
		Sign:     w.CompanyCard(brokerUBN),
		Exchange: w.Issue(w.PKI.MOEACA, verifiertest.Company{Name: "測試報關股份有限公司", BusinessID: brokerUBN}, encryption),
	}
	box.Insert(t, card)
	const next = `main .buttons .button[value=next]`

	b := portaltest.NewBrowser(t, w.Origin)
	b.Goto("/import?lang=zh")
	b.Click(`label[for="type-broker"]`)
	b.Fill("#ubn", brokerUBN)
	b.Fill("#box", sampleBox)
	b.Follow(next)
	b.Click(`label[for="medium-card"]`)
	b.Wait("#pin")
	b.Fill("#pin", cardtest.DefaultPIN)
	b.Click("[data-card-load]")
	if said := b.Text(`[data-when=done]`); said != "卡片匯入完成" {
		t.Errorf("the card is read: %q", said)
	}
	b.Screenshot("import-card-read-zh")
	b.Follow(next)
	b.Screenshot("import-card-preview-zh")
	b.Follow(`main .buttons .button[value=send]`)
	if got := b.Text(".notice-success"); got != "主憑證匯入成功" {
		t.Errorf("at the top stands %q", got)
	}
	if l := one(t, w, card.Sign, registry.Signing); l.State != verifier.InForce || l.Medium != registry.Card || l.Kind != registry.MOEACA {
		t.Errorf("registered as %+v", l.Registration)
	}
	counting(t, w, brokerUBN, card.Sign)
	if strings.Contains(w.Log(), cardtest.DefaultPIN) {
		t.Error("the portal's log holds a PIN")
	}
}
