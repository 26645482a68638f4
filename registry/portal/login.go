package portal

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
	"turnkey-gateway/verifier"
)

// loginRoutes are those of 憑證登入, 帳號登入 and 登出.
func (p *Portal) loginRoutes(mux *http.ServeMux) {
	p.handle(mux, "GET "+loginPath, p.showLogin)
	p.handle(mux, "POST "+loginPath, p.postLogin)
	p.handle(mux, "POST "+logoutPath, p.postLogout)
	if p.cfg.PasswordLogin {
		p.handle(mux, "GET "+passwordLoginPath, p.showPasswordLogin)
		p.handle(mux, "POST "+passwordLoginPath, p.postPasswordLogin)
	}
}

// Ways to log in, and what becomes of an attempt, as metrics have them.
const (
	certificateWay = "certificate"
	passwordWay    = "password"

	loginDone      = "in"
	loginRefused   = "refused"
	loginThrottled = "throttled"
)

// certificateLogins bounds a network's attempts at 憑證登入. No password has a part in it:
// guessing at one keeps nobody's card out.
var certificateLogins = registry.Bucket{Name: "login-certificate", Burst: 30, Every: 10 * time.Second}

type loginPage struct {
	Card CardPanel
	Next string // one of [destinations], or empty

	// Refused is why the certificate lets nobody in; empty where nothing was tried.
	Refused registry.LoginObstacle
}

func (p *Portal) showLogin(w http.ResponseWriter, r *http.Request) error {
	if session := visitOf(r).session; session.Operator != "" || session.MayChange() {
		return redirect(w, r, landing(session.Operator, r.URL.Query().Get(nextField)))
	}
	return p.renderLogin(w, r, r.URL.Query().Get(nextField), "")
}

func (p *Portal) renderLogin(w http.ResponseWriter, r *http.Request, next string, refused registry.LoginObstacle) error {
	card, err := p.cardPanel(w, r, "", challenge.Login)
	if err != nil {
		return err
	}
	return p.render(w, r, p.form(r).Status(), "login", loginPage{card, destination(next, ""), refused})
}

// landing is where a login leads to.
func landing(operator, next string) string {
	if operator != "" {
		return staffPath
	}
	switch to := destination(next, accountPath); to {
	case homePath, centrePath, loginPath, registerPath, staffPath:
		return accountPath
	default:
		return to
	}
}

func (p *Portal) postLogin(w http.ResponseWriter, r *http.Request) error {
	ctx, next := r.Context(), p.form(r).Get(nextField)
	if err := p.throttle(ctx, certificateLogins, client(r)); err != nil {
		p.metrics.logins.WithLabelValues(certificateWay, loginThrottled).Inc()
		return err
	}
	who, certificate, refused, err := p.admitCard(r)
	if err != nil {
		return err
	}
	if !p.form(r).OK() {
		p.metrics.logins.WithLabelValues(certificateWay, loginRefused).Inc()
		return p.renderLogin(w, r, next, refused)
	}
	if err := p.logIn(w, r, registry.Opening{LoginHolder: who, Strength: registry.ByCertificate, Certificate: certificate}); err != nil {
		return err
	}
	p.metrics.logins.WithLabelValues(certificateWay, loginDone).Inc()
	incomplete, err := p.incomplete(ctx, who.Party)
	switch {
	case err != nil:
		return err
	case incomplete:
		p.flash(w, Warning, "login.complete_contact")
	default:
		p.flash(w, Success, "login.done")
	}
	return redirect(w, r, landing(who.Operator, next))
}

// admitCard returns whom the card of the form lets in. Where that is nobody, the form says
// why, and so does the audit log.
func (p *Portal) admitCard(r *http.Request) (who registry.LoginHolder, certificate verifier.Fingerprint, _ registry.LoginObstacle, err error) {
	ctx, f := r.Context(), p.form(r)
	reading, err := p.readCard(r, challenge.Login)
	var refused *registry.Refusal
	if errors.As(err, &refused) {
		f.FailMessage("", refused.Message)
		switch refused.Code {
		case "CHALLENGE_OVER", "CARD_SIGNATURE":
			// Nobody showed that the card is theirs: it isn't noted whose it is.
			return who, certificate, "", p.refusedLogin(r, "", nil, certificateWay+" "+refused.Code)
		}
		return who, certificate, "", nil // nothing was tried
	}
	if err != nil {
		return who, certificate, "", err
	}
	certificate = reading.Certificate.Fingerprint()
	who, err = p.registry.LoginOf(ctx, certificate)
	if errors.Is(err, registry.ErrNoRegistration) {
		party, why, err := p.registry.LoginObstacle(ctx, certificate)
		if err != nil {
			return who, certificate, "", err
		}
		f.Fail("", "login.refused."+string(why))
		return who, certificate, why, p.refusedLogin(r, party, &certificate, certificateWay+" "+string(why))
	}
	if err != nil {
		return who, certificate, "", err
	}
	if err := p.cfg.Rules.CheckRevoked(reading.Certificate, p.cfg.Now()); err != nil {
		if !f.FailRefusal("", err) {
			return who, certificate, "", err
		}
		return who, certificate, registry.LoginRevoked, p.refusedLogin(r, who.Party, &certificate, certificateWay+" revoked by issuer")
	}
	return who, certificate, "", nil
}

// refusedLogin notes that somebody wasn't let in.
func (p *Portal) refusedLogin(r *http.Request, party verifier.PartyID, certificate *verifier.Fingerprint, detail string) error {
	return p.registry.Note(r.Context(), registry.VisitorActor(visitOf(r).session.ID), registry.LoginRefused, party, certificate, detail)
}

// incomplete reports whether a party's account was moved here from the old customs system
// and has no contact data yet.
func (p *Portal) incomplete(ctx context.Context, party verifier.PartyID) (bool, error) {
	if party == "" {
		return false, nil
	}
	account, profile, err := p.registry.Account(ctx, party)
	if errors.Is(err, registry.ErrNoAccount) {
		return false, nil
	}
	return account.Legacy && profile.Email == "", err
}

func (p *Portal) postLogout(w http.ResponseWriter, r *http.Request) error {
	if session := visitOf(r).session; session.Party != "" || session.Operator != "" {
		if err := p.registry.Note(r.Context(), actorOf(r), registry.LoggedOut, session.Party, nil, ""); err != nil {
			return err
		}
	}
	if err := p.logOut(w, r); err != nil {
		return err
	}
	p.flash(w, Success, "site.logged_out")
	return redirect(w, r, homePath)
}
