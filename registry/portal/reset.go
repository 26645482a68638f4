package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/verifier"
)

const (
	forgotSentPath = forgotPath + "/sent"
	resetDonePath  = resetPath + "/done"

	resetFlow  = "reset"
	tokenQuery = "token"

	maxResetToken = 128
)

// Limits of 忘記密碼. An account's mails are few: whoever asks more often is told the same,
// and the mail sent last holds good.
var (
	forgotByClient  = registry.Bucket{Name: "forgot-client", Burst: 10, Every: 3 * time.Minute}
	forgotOfAccount = registry.Bucket{Name: "forgot-account", Burst: 5, Every: 10 * time.Minute}
	resetsByClient  = registry.Bucket{Name: "reset-client", Burst: 20, Every: 30 * time.Second}
)

// resetRoutes are those of 忘記密碼.
func (p *Portal) resetRoutes(mux *http.ServeMux) {
	if !p.cfg.PasswordLogin {
		return
	}
	p.handle(mux, "GET "+forgotPath, func(w http.ResponseWriter, r *http.Request) error {
		return p.render(w, r, http.StatusOK, "forgot", nil)
	})
	p.handle(mux, "POST "+forgotPath, p.postForgot)
	p.handle(mux, "GET "+forgotSentPath, func(w http.ResponseWriter, r *http.Request) error {
		return p.render(w, r, http.StatusOK, "forgot-sent", int(registry.ResetLifetime.Minutes()))
	})
	p.handle(mux, "GET "+resetPath, p.showReset)
	p.handle(mux, "POST "+resetPath, p.postReset)
	p.handle(mux, "GET "+resetDonePath, func(w http.ResponseWriter, r *http.Request) error {
		return p.render(w, r, http.StatusOK, "reset-done", nil)
	})
}

// postForgot answers alike for every name: whether there is such an account is looked up
// when the answer is on its way.
func (p *Portal) postForgot(w http.ResponseWriter, r *http.Request) error {
	ctx, f := r.Context(), p.form(r)
	if f.Get("go") == "cancel" {
		return redirect(w, r, centrePath)
	}
	name := f.Require("account", "login.account")
	if !f.OK() {
		return p.render(w, r, f.Status(), "forgot", nil)
	}
	name = registry.Normalize(verifier.Account, limit(name, maxAccountName))
	if err := p.throttle(ctx, forgotByClient, client(r)); err != nil {
		return err
	}
	wait, err := p.registry.Take(ctx, forgotOfAccount, name)
	if err != nil {
		return fmt.Errorf("take from bucket %s: %w", forgotOfAccount.Name, err)
	}
	actor := registry.VisitorActor(visitOf(r).session.ID)
	if wait == 0 && !p.later(ctx, "password reset", func(ctx context.Context) error { return p.sendReset(ctx, actor, name) }) {
		return &failure{status: http.StatusServiceUnavailable, word: "login.busy", retry: 10 * time.Second}
	}
	return redirect(w, r, forgotSentPath)
}

// sendReset sends the link that sets a new password. Where mail alone isn't enough, staff
// has to approve it first: for accounts moved here from the old customs system without a
// password, and for those without an address.
func (p *Portal) sendReset(ctx context.Context, actor registry.Actor, name string) error {
	account, profile, err := p.registry.AccountNamed(ctx, name)
	if errors.Is(err, registry.ErrNoAccount) {
		return nil
	}
	if err != nil {
		return err
	}
	if account.Legacy && !account.HasPassword || profile.Email == "" {
		return p.askStaff(ctx, actor, account, profile)
	}
	token, err := p.registry.NewReset(ctx, actor, account.Party, false)
	if err != nil {
		return err
	}
	link := p.cfg.Origin + resetPath + "?" + tokenQuery + "=" + token
	return p.registry.Enqueue(ctx, p.letters.Reset(outbox.RecipientOf(account, profile), link))
}

// askStaff leaves a reset to staff. One that is on its way already stays: asking again
// mustn't void what staff has approved.
func (p *Portal) askStaff(ctx context.Context, actor registry.Actor, account registry.Account, profile registry.Profile) error {
	open, err := p.registry.StaffResetOpen(ctx, account.Party)
	if err != nil || open {
		return err
	}
	if _, err := p.registry.NewReset(ctx, actor, account.Party, true); err != nil {
		return err
	}
	if profile.Email == "" {
		return nil
	}
	return p.registry.Enqueue(ctx, p.letters.ResetWaiting(outbox.RecipientOf(account, profile)))
}

// A resetDraft holds the token of the link, so that no URL does.
type resetDraft struct{ Token string }

// showReset moves the token of the link into the visitor's session at once; it is used up
// only when the new password is set, so that a program that follows links spoils nothing.
func (p *Portal) showReset(w http.ResponseWriter, r *http.Request) error {
	if token := r.URL.Query().Get(tokenQuery); token != "" {
		return p.keepResetToken(w, r, limit(token, maxResetToken))
	}
	_, _, err := p.reset(r)
	if errors.Is(err, registry.ErrNoReset) {
		return p.render(w, r, http.StatusGone, "reset-over", nil)
	}
	if err != nil {
		return err
	}
	return p.render(w, r, p.form(r).Status(), "reset", nil)
}

func (p *Portal) keepResetToken(w http.ResponseWriter, r *http.Request, token string) error {
	v := visitOf(r)
	if v.session.Strength == registry.Anonymous {
		v.token, v.session = "", registry.Session{} // whoever knows this session's cookie gets no token with it
	}
	session, err := p.session(w, r)
	if err != nil {
		return err
	}
	if err := p.registry.SaveDraft(r.Context(), session.ID, resetFlow, resetDraft{token}); err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return redirect(w, r, resetPath)
}

// reset returns the token that the session holds and whose password it sets;
// [registry.ErrNoReset] if there is none, or it isn't good any more.
func (p *Portal) reset(r *http.Request) (token string, party verifier.PartyID, err error) {
	var draft resetDraft
	err = p.registry.Draft(r.Context(), visitOf(r).session.ID, resetFlow, &draft)
	if errors.Is(err, registry.ErrNoDraft) {
		return "", "", registry.ErrNoReset
	}
	if err == nil {
		party, err = p.registry.ResetOf(r.Context(), draft.Token)
	}
	return draft.Token, party, err
}

func (p *Portal) postReset(w http.ResponseWriter, r *http.Request) error {
	ctx, session := r.Context(), visitOf(r).session
	if p.form(r).Get("go") == "cancel" {
		if err := p.registry.DropDraft(ctx, session.ID, resetFlow); err != nil {
			return err
		}
		return redirect(w, r, homePath)
	}
	if err := p.throttle(ctx, resetsByClient, client(r)); err != nil {
		return err
	}
	token, party, err := p.reset(r)
	if errors.Is(err, registry.ErrNoReset) {
		return redirect(w, r, resetPath) // which says so
	}
	if err != nil {
		return err
	}
	account, profile, err := p.registry.Account(ctx, party)
	if err != nil {
		return err
	}
	hash, err := p.takeNewPassword(r, account.Name, profile.Email)
	if err != nil {
		return err
	}
	if hash == "" {
		return p.render(w, r, p.form(r).Status(), "reset", nil)
	}
	// Used up first: of two who come with it at once, one sets a password.
	if _, err := p.registry.TakeReset(ctx, token); err != nil {
		if errors.Is(err, registry.ErrNoReset) {
			return redirect(w, r, resetPath)
		}
		return err
	}
	if err := p.registry.SetPassword(ctx, registry.VisitorActor(session.ID), party, hash); err != nil {
		return err
	}
	p.tellPasswordSet(r, account, profile)
	p.rememberDevice(w, r, account.Name, hash)
	if err := p.logOut(w, r); err != nil {
		return err
	}
	return redirect(w, r, resetDonePath)
}

// tellPasswordSet leaves a mail to the account's owner.
func (p *Portal) tellPasswordSet(r *http.Request, account registry.Account, profile registry.Profile) {
	if profile.Email != "" {
		p.leaveNotice(r, p.letters.PasswordSet(outbox.RecipientOf(account, profile), p.cfg.Now()), "password_set")
	}
}

// leaveNotice leaves a mail about what was done, which stands whether that works or not.
func (p *Portal) leaveNotice(r *http.Request, m registry.Mail, letter string) {
	if err := p.registry.Enqueue(r.Context(), m); err != nil {
		p.cfg.Log.Error("a mail to an account could not be left", "letter", letter, "error", err)
	}
}
