package portal_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"turnkey-gateway/registry/portal"
	"turnkey-gateway/registry/portal/portaltest"
)

// sample starts a portal with a page that shows every part that flows are made of.
func sample(t testing.TB, reg portal.Registry, edits ...func(*portal.Config)) string {
	t.Helper()
	return portaltest.Serve(t, func(cfg portal.Config) (http.Handler, error) {
		for _, edit := range edits {
			edit(&cfg)
		}
		return portal.NewSample(cfg, reg, os.DirFS("testdata/sample"))
	})
}

func TestPagesAreAccessibleAndLookRight(t *testing.T) {
	b := portaltest.NewBrowser(t, sample(t, portaltest.NewMemory()))
	for _, page := range []struct{ path, name string }{
		{"/", "home"}, {"/centre", "centre"}, {"/manual", "manual"}, {"/nowhere", "error-404"}, {"/sample", "sample"}, {"/accessibility", "accessibility"},
	} {
		b.ScreenshotBoth(page.path, page.name)
	}
	b.Goto("/")
	b.Scheme("dark")
	b.Screenshot("home-dark")
	b.Goto("/sample")
	b.Screenshot("sample-dark")
}

func TestAWrongFormShowsWhereItIsWrong(t *testing.T) {
	b := portaltest.NewBrowser(t, sample(t, portaltest.NewMemory()))
	b.Goto("/sample")
	if status := b.Submit(); status != http.StatusUnprocessableEntity {
		t.Errorf("status %d, want 422", status)
	}
	if !portaltest.Eval[bool](b, `document.activeElement.classList.contains("problems")`) {
		t.Error("the focus isn't on the problems")
	}
	b.Audit("sample-wrong")
	b.Screenshot("sample-wrong-zh")
	b.Click(`.problems a[href="#email"]`)
	if id := portaltest.Eval[string](b, `document.activeElement.id`); id != "email" {
		t.Errorf("the problem leads to %q, want email", id)
	}
}

// TestKeyboardReachesTheMenu presses Tab from the top: first the skip link, then every
// entry of the menu in its order, each with a visible focus.
func TestKeyboardReachesTheMenu(t *testing.T) {
	b := portaltest.NewBrowser(t, sample(t, portaltest.NewMemory()))
	b.Goto("/centre")
	var met []string
	for i := range 20 {
		b.Press("\t")
		href := portaltest.Eval[string](b, `(document.activeElement.getAttribute("href") || "")`)
		if i == 0 && href != "#main" {
			t.Errorf("the first stop is %q, want the skip link", href)
		}
		if portaltest.Eval[string](b, `getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement, "::after").outlineStyle`) == "nonenone" {
			t.Errorf("no focus is seen on %s", href)
		}
		met = append(met, href)
	}
	at := -1
	for _, want := range []string{"/login", "/password-login", "/replace", "/register", "/forgot", "/import", "/certificates", "/why"} {
		next := slices.Index(met, want)
		if next <= at {
			t.Errorf("%s isn't reached in its place: %v", want, met)
		}
		at = next
	}
}

func TestPagesWorkWithoutScripts(t *testing.T) {
	b := portaltest.NewBrowser(t, sample(t, portaltest.NewMemory()))
	b.Scripts(false)
	file := filepath.Join(t.TempDir(), "TEST1234.cer")
	if err := os.WriteFile(file, []byte("MII"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Goto("/sample")
	b.Screenshot("sample-without-scripts")
	b.Wait(".card noscript .notice, .card .notice")
	b.Click("label[for=choice]")
	b.Fill("#email", "a@b.example")
	b.Choose("#file", file)
	if status := b.Submit(); status != http.StatusOK {
		t.Errorf("status %d after the redirect, want 200", status)
	}
	if words := b.Text(".notice-success"); words != "卡片匯入完成" {
		t.Errorf("it says %q", words)
	}
}

func TestAChosenFileIsShownByName(t *testing.T) {
	b := portaltest.NewBrowser(t, sample(t, portaltest.NewMemory()))
	file := filepath.Join(t.TempDir(), "TEST1234.cer")
	if err := os.WriteFile(file, []byte("MII"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Goto("/sample")
	b.Choose("#file", file)
	if name := b.Text("[data-drop-name]"); name != "TEST1234.cer" {
		t.Errorf("it shows %q", name)
	}
}

// agent stands in for the card agent: what it answers is set by the test.
const agent = `CardAgent.prototype.ask = async (what, members) => {
  (window.calls ||= []).push(what + " " + JSON.stringify(members));
  if (window.fails[what]) throw CardAgent.error(window.fails[what]);
  return { list: { readers: [{ slot: "7", reader: "EZUSB", card: { label: "HiCOS", tries: "unknown" } }] }, sign: { signature: "c2ln", certificate: { der: "TUlJ" } } }[what];
}; window.fails = %s; true`

func TestCardPanel(t *testing.T) {
	b := portaltest.NewBrowser(t, sample(t, portaltest.NewMemory()))
	b.Goto("/sample")
	b.Wait(`[data-card][data-state=absent]`)
	for _, step := range []struct{ state, fails string }{
		{"untrusted", `{list: {code: "UNTRUSTED_SITE", zh: "請執行 cardagent allow", en: "run cardagent allow"}}`},
		{"no-reader", `{list: {code: "NO_READER"}}`},
		{"no-card", `{list: {code: "NO_CARD"}}`},
		{"ready", `{}`},
	} {
		portaltest.Eval[bool](b, fmt.Sprintf(agent, step.fails))
		b.Wait(`[data-card][data-state=` + step.state + `]`)
		b.Screenshot("card-" + step.state)
	}
	portaltest.Eval[bool](b, `window.fails = {sign: {code: "WRONG_PIN", zh: "PIN 碼錯誤，請於 2 秒後再試", en: "wrong", wait: 2}}; true`)
	b.Fill("#pin", "123456")
	b.Click("[data-card-load]")
	if words := b.Text("[data-card-error]"); words != "PIN 碼錯誤，請於 2 秒後再試" {
		t.Errorf("it says %q", words)
	}
	if left := portaltest.Eval[string](b, `document.querySelector("#pin").value`); left != "" {
		t.Errorf("the PIN is left in the page: %q", left)
	}
	b.Audit("card-error")
	b.Screenshot("card-error")

	portaltest.Eval[bool](b, `window.fails = {sign: {code: "LAST_TRY"}}; true`)
	b.Fill("#pin", "123456")
	b.Click("[data-card-load]")
	b.Wait("[data-card-last]")
	b.Audit("card-last-try")
	b.Screenshot("card-last-try")

	portaltest.Eval[bool](b, `window.fails = {}; true`)
	b.Click("label[for=card-last]")
	b.Do("type the PIN", chromedp.SendKeys(chromedp.CSS("#pin"), "123456\r"))
	b.Wait(`[data-card][data-state=done]`)
	if words := b.Text("[data-card-done]"); words != "卡片匯入完成 TUlJ" {
		t.Errorf("it says %q", words)
	}
	b.Screenshot("card-done")
	posted := portaltest.Eval[string](b, `new URLSearchParams([...new FormData(document.querySelector("main form"))].filter(p => typeof p[1] === "string")).toString()`)
	if strings.Contains(posted, "123456") || !strings.Contains(posted, "card_signature=c2ln") || strings.Contains(posted, "card_nonce=&") {
		t.Errorf("the form posts %s", posted)
	}
	calls := portaltest.Eval[[]string](b, `window.calls`)
	if !slices.ContainsFunc(calls, func(c string) bool {
		return strings.HasPrefix(c, `sign {"slot":"7","purpose":"prove","nonce":"`) && strings.HasSuffix(c, `"pin":"123456","last_try":true}`)
	}) {
		t.Errorf("the agent was asked %v", calls)
	}
}
