package portal

import (
	"errors"
	"net/http"
	"strconv"

	"turnkey-gateway/registry"
)

type passwordPage struct {
	AskOld bool // a session opened by a password shows that it knows it
	IsSet  bool
	Locked int // minutes until the next guess at the old one
}

func (p *Portal) showPassword(w http.ResponseWriter, r *http.Request) error {
	account, _, _, err := p.ownAccount(r)
	if err != nil {
		return err
	}
	return p.renderPassword(w, r, p.form(r).Status(), account, 0)
}

func (p *Portal) renderPassword(w http.ResponseWriter, r *http.Request, status int, account registry.Account, locked int) error {
	return p.render(w, r, status, "account-password", passwordPage{
		AskOld: !visitOf(r).session.MayChange(), IsSet: account.HasPassword, Locked: locked,
	})
}

// postPassword sets a password. That ends every session of the party; this one goes on
// under a new cookie.
func (p *Portal) postPassword(w http.ResponseWriter, r *http.Request) error {
	ctx, f, session := r.Context(), p.form(r), visitOf(r).session
	if f.Get("go") == "cancel" {
		return redirect(w, r, accountPath)
	}
	account, profile, _, err := p.ownAccount(r)
	if err != nil {
		return err
	}
	if err := p.throttle(ctx, resetsByClient, client(r)); err != nil {
		return err
	}
	if !session.MayChange() {
		if done, err := p.askOldPassword(w, r, account); done || err != nil {
			return err
		}
	}
	hash, err := p.takeNewPassword(r, account.Name, profile.Email)
	if err != nil {
		return err
	}
	if hash == "" {
		return p.renderPassword(w, r, f.Status(), account, 0)
	}
	if err := p.registry.SetPassword(ctx, registry.PartyActor(account.Party), account.Party, hash); err != nil {
		return err
	}
	p.tellPasswordSet(r, account, profile)
	p.rememberDevice(w, r, account.Name, hash)
	if err := p.logIn(w, r, registry.Opening{
		LoginHolder: registry.LoginHolder{Party: session.Party}, Strength: session.Strength, Certificate: session.Certificate,
	}); err != nil {
		return err
	}
	p.flash(w, Success, "account.password_changed")
	return redirect(w, r, accountPath)
}

// askOldPassword checks the field old, within the limits of guesses at 帳號登入. Done means
// that the request is answered.
func (p *Portal) askOldPassword(w http.ResponseWriter, r *http.Request, account registry.Account) (done bool, err error) {
	f := p.form(r)
	_, hash, err := p.registry.PasswordOf(r.Context(), account.Name)
	if err != nil && !errors.Is(err, registry.ErrNoAccount) {
		return true, err
	}
	wait, err := p.guess(r, account.Name, hash)
	if err != nil {
		return true, err
	}
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(minutes(wait)*60))
		return true, p.renderPassword(w, r, http.StatusTooManyRequests, account, minutes(wait))
	}
	ok, _, err := p.checkPassword(r.Context(), f.Raw("old"), hash)
	if err != nil {
		return true, err
	}
	if !ok {
		f.Fail("old", "account.wrong_old")
		if err := p.registry.Note(r.Context(), registry.PartyActor(account.Party), registry.LoginRefused, account.Party, nil, passwordWay); err != nil {
			return true, err
		}
		return true, p.renderPassword(w, r, f.Status(), account, 0)
	}
	return false, nil
}
