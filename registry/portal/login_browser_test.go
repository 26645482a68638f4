package portal_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"turnkey-gateway/registry/portal/portaltest"
)

// TestLoginPagesLookRight walks the pages of these flows in a browser.
func TestLoginPagesLookRight(t *testing.T) {
	w := newLoginWorld(t)
	b := portaltest.NewBrowser(t, w.Origin)
	b.ScreenshotBoth("/login", "login")
	b.ScreenshotBoth("/password-login", "password-login")
	b.ScreenshotBoth("/forgot", "forgot")
	b.ScreenshotBoth("/forgot/sent", "forgot-sent")
	b.ScreenshotBoth("/reset/done", "reset-done")
	b.ScreenshotBoth("/reset", "reset-over")

	w.forgets(w.Visitor(), loginUBN)
	b.Goto(w.link(w.mail()))
	b.ScreenshotBoth("/reset", "reset")
	if path := b.Path() + portaltest.Eval[string](b, `location.search`); path != "/reset?lang=zh" {
		t.Errorf("the address is %s", path)
	}

	b.Goto("/password-login")
	b.Fill("#account", loginUBN)
	b.Fill("#password", otherPassword)
	if status := b.Submit(); status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", status)
	}
	b.Audit("password-login-wrong")
	b.Screenshot("password-login-wrong-zh")
	for range 5 {
		w.byPassword(w.Visitor(), loginUBN, otherPassword)
	}
	b.Fill("#password", loginPassword)
	if status := b.Submit(); status != http.StatusTooManyRequests {
		t.Errorf("status %d", status)
	}
	b.Audit("password-login-locked")
	b.Screenshot("password-login-locked-zh")
	w.do("DELETE FROM throttles")
	b.Fill("#password", loginPassword)
	if status := b.Submit(); status != http.StatusOK || b.Path() != "/account" {
		t.Errorf("status %d at %s", status, b.Path())
	}
	b.ScreenshotBoth("/account", "account-by-password")
	b.ScreenshotBoth("/account/password", "account-password")

	c := w.Visitor()
	w.byCard(c, w.card)
	b.Do("take over the session", holdSession(w.cookie(c, "session"), w.Origin))
	b.ScreenshotBoth("/account", "account")
	b.ScreenshotBoth("/account/contact", "account-contact")
	b.Goto("/account/contact")
	b.Set("#email", "nobody")
	if status := b.Submit(); status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", status)
	}
	b.Audit("account-contact-wrong")
	b.Screenshot("account-contact-wrong-zh")
}

// holdSession gives a browser the cookie of a session that was opened elsewhere.
func holdSession(token, origin string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "session", Value: token, URL: origin, Path: "/"})
		return err
	})
}
