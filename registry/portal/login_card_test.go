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
)

// TestACardLogsInInABrowser: with a card in a reader, the real agent, and no short cut.
func TestACardLogsInInABrowser(t *testing.T) {
	box := cardtest.NewBox(t, cardtest.Habits{Tries: 3})
	w := newLoginWorld(t, func(cfg *portal.Config) {
		_, port, err := net.SplitHostPort(box.Start(t, cfg.Origin).Address)
		if err == nil {
			cfg.AgentPort, err = strconv.Atoi(port)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	b := portaltest.NewBrowser(t, w.Origin)
	read := func() {
		b.Wait("#pin")
		b.Fill("#pin", cardtest.DefaultPIN)
		b.Click("[data-card-load]")
	}
	b.Goto("/login?next=/certificates/mine")
	b.Wait(`[data-when=no-card]`)

	// A card that isn't registered is led to 註冊.
	box.Insert(t, cardtest.Card{Sign: w.otherKey("04177036")})
	b.Wait("#pin")
	b.Screenshot("login-ready-zh")
	read()
	b.Wait(".problems")
	if said := b.Text(".problems li"); said != "此憑證尚未註冊，無法登入。" {
		t.Errorf("it says %q", said)
	}
	b.Audit("login-not-registered")
	b.Screenshot("login-not-registered-zh")

	// The registered one goes where it was going.
	box.Empty(t)
	b.Wait(`[data-when=no-card]`)
	box.Insert(t, cardtest.Card{Sign: w.card})
	read()
	b.Wait(".notice-success")
	if path := b.Path(); path != "/certificates/mine" {
		t.Errorf("it led to %s", path)
	}
	if e := w.latest(); e.Action != registry.LoggedIn || e.Party != w.party {
		t.Errorf("noted %+v", e)
	}
	if strings.Contains(w.Log(), cardtest.DefaultPIN) {
		t.Error("the portal's log holds the PIN")
	}
	if status := b.Follow(`.top form button`); status != 200 || b.Path() != "/" {
		t.Errorf("logged out to %s, %d", b.Path(), status)
	}
	if said := b.Text(".notice-success"); said != "您已登出。" {
		t.Errorf("it says %q", said)
	}
}
