package portal_test

import (
	"encoding/json"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"turnkey-gateway/registry/challenge/cardtest"
	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
	"turnkey-gateway/verifier/verifiertest"
)

// registerNext is 下一步.
const registerNext = `main .buttons .button[value=next]`

type registerBrowser struct{ *portaltest.Browser }

// holdCard fills in the card panel of the page that a browser is on, as its script does
// with a card in the reader, and presses 下一步.
func holdCard(t testing.TB, w *portaltest.World, b *portaltest.Browser, card *verifiertest.Identity) {
	t.Helper()
	page := portaltest.Page{Text: portaltest.Eval[string](b, `document.documentElement.outerHTML`)}
	text, err := json.Marshal(w.Signed(page, card))
	if err != nil {
		t.Fatal(err)
	}
	portaltest.Eval[bool](b, `((pairs) => {
		const form = document.querySelector("[data-card]").closest("form");
		for (let i = 0; i < pairs.length; i += 2) form.elements[pairs[i]].value = pairs[i + 1];
		return true;
	})(`+string(text)+`)`)
	b.Follow(registerNext)
}

func (b registerBrowser) fill(form map[string]string) {
	for name, value := range form {
		if name == "birth" {
			b.Set("#birth", value)
			continue
		}
		b.Fill("#"+name, value)
	}
}

func TestRegisteringLooksRight(t *testing.T) {
	w := portaltest.NewWorld(t)
	b := registerBrowser{portaltest.NewBrowser(t, w.Origin)}

	b.ScreenshotBoth("/register", "register-1-person")
	if portaltest.Eval[bool](b.Browser, `document.querySelector("#attribute_company").offsetParent !== null`) {
		t.Error("a person is asked for a company's attribute")
	}
	b.Click(`input[name=category][value=company]`)
	b.Screenshot("register-1-company-zh")
	b.Click(`input[name=attribute_company][value=government]`)
	b.Follow(registerNext)
	b.Wait(`[data-when=absent]`)
	b.Screenshot("register-2-government-zh")
	b.Goto("/register")
	b.Click(`input[name=attribute_company]`) // the first: 一般企業
	b.Click(`input[name=attribute_company][value=broker]`)
	b.Follow(registerNext)
	b.Follow(registerNext) // without a card
	b.Screenshot("register-2-refused-zh")
	b.ScreenshotBoth("/register/card", "register-2-no-agent")
	b.Goto("/register/card")
	holdCard(t, w, b.Browser, w.CompanyCard(broker))
	b.ScreenshotBoth("/register/card", "register-2-read")
	b.ScreenshotBoth("/register/details", "register-3-company")

	b.Fill("#identifier", trader)
	b.Click(`[data-exists] button`)
	b.Wait(`[data-exists-answer][data-good=false]`)
	b.Fill("#identifier", broker)
	if account := portaltest.Eval[string](b.Browser, `document.querySelector("#account").value`); account != broker {
		t.Errorf("帳號 is %q", account)
	}
	b.Click(`[data-exists] button`)
	b.Wait(`[data-exists-answer][data-good=true]`)
	b.Screenshot("register-3-exists-zh")
	b.Fill("#email", "office@")
	b.Fill("#password", "short")
	b.Follow(registerNext)
	b.Screenshot("register-3-refused-zh")
	b.fill(corporate())
	b.Press("\r") // the Enter key goes on, it doesn't ask
	b.Wait("#company_chinese")
	b.ScreenshotBoth("/register/company", "register-4")
	b.fill(trade())
	b.Follow(registerNext)
	if path := b.Path(); path != "/register/done" {
		t.Fatalf("finished at %s", path)
	}
	b.ScreenshotBoth("/register/done", "register-5")

	b.Goto("/register")
	b.Click(`input[name=attribute_person][value=specialist]`)
	b.Follow(registerNext)
	b.ScreenshotBoth("/register/card", "register-2-person")
	b.Goto("/register/card")
	holdCard(t, w, b.Browser, w.CitizenCard(somebody))
	b.ScreenshotBoth("/register/details", "register-3-person")
	b.fill(with(personal(), "id_specialist", "A00001"))
	if account := portaltest.Eval[string](b.Browser, `document.querySelector("#account").value`); account != strings.ToLower(someEmail) {
		t.Errorf("帳號 is %q", account)
	}
	b.Follow(registerNext)
	if path := b.Path(); path != "/register/done" {
		t.Fatalf("finished at %s", path)
	}
	counts(t, w, 2)
}

// All of it with a card in a reader, the real agent, and no short cut.
func TestACompanyRegistersInABrowserWithItsCard(t *testing.T) {
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
	encryption := w.Terms()
	encryption.Encryption, encryption.Key = true, verifiertest.Key(1)
	company := verifiertest.Company{Name: "測試報關股份有限公司", BusinessID: broker}
	card := cardtest.Card{Sign: w.CompanyCard(broker), Exchange: w.Issue(w.PKI.MOEACA, company, encryption)}
	b := registerBrowser{portaltest.NewBrowser(t, w.Origin)}
	read := func(pin string) {
		b.Fill("#pin", pin)
		b.Click("[data-card-load]")
	}

	b.Goto("/register?lang=zh")
	b.Click(`input[name=category][value=company]`)
	b.Click(`input[name=attribute_company][value=broker]`)
	b.Follow(registerNext)
	b.Wait(`[data-when=no-card]`)
	box.Insert(t, card) // the page goes on by itself
	b.Wait("#pin")
	read("999999")
	b.Wait("[data-card-error]")
	b.Screenshot("register-2-wrong-pin-zh")
	b.Do("wait as long as the agent asks to, after a wrong PIN", chromedp.Sleep(2500*time.Millisecond))
	read(cardtest.DefaultPIN)
	if said := b.Text(`[data-when=done]`); said != "檢查完畢" {
		t.Errorf("the card is read: %q", said)
	}
	b.Screenshot("register-2-checked-zh")
	b.Follow(registerNext)
	b.fill(corporate())
	b.Follow(registerNext)
	b.fill(trade())
	b.Follow(registerNext)
	if path := b.Path(); path != "/register/done" {
		t.Fatalf("finished at %s", path)
	}
	counts(t, w, 1)

	// The same card once more is taken home.
	b.Goto("/register")
	b.Click(`input[name=category][value=company]`)
	b.Follow(registerNext)
	b.Wait("#pin")
	read(cardtest.DefaultPIN)
	b.Wait(".hero .notice")
	if said := b.Text(".hero .notice"); said != "您已註冊本系統，系統將為您導回首頁" || b.Path() != "/" {
		t.Errorf("at %s: %q", b.Path(), said)
	}
	b.Screenshot("register-already-zh")
	counts(t, w, 1)
	if strings.Contains(w.Log(), cardtest.DefaultPIN) || strings.Contains(w.Log(), "999999") {
		t.Error("the portal's log holds a PIN")
	}
}
