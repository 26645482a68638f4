package portal

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"turnkey-gateway/registry"
)

const (
	sessionCookie = "session"
	flashCookie   = "notice"

	// csrfField is the form field, csrfHeader the header of scripts, that carries the
	// session's token.
	csrfField  = "csrf"
	csrfHeader = "X-Csrf-Token"

	// nextField says where a login goes on to: one of [destinations].
	nextField = "next"
)

// newSessions bounds how many sessions a network begins: each is a row that lasts for hours,
// and whoever keeps no cookies begins one with every page.
var newSessions = registry.Bucket{Name: "session", Burst: 600, Every: 200 * time.Millisecond}

// cookieName is bound to our host where the browser can see to that: no neighbouring
// site can set it then.
func (p *Portal) cookieName(name string) string {
	if p.secure {
		return "__Host-" + name
	}
	return name
}

// cookie returns a cookie that lasts so long; 0 means until the browser is closed.
func (p *Portal) cookie(name, value string, lasts time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: p.cookieName(name), Value: value, Path: "/", MaxAge: int(lasts / time.Second),
		HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	}
}

func (p *Portal) expire(w http.ResponseWriter, name string) {
	cookie := p.cookie(name, "", 0)
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
}

// openSession finds the session of the request's cookie, if there is one.
func (p *Portal) openSession(r *http.Request, v *visit) error {
	cookie, err := r.Cookie(p.cookieName(sessionCookie))
	if err != nil || cookie.Value == "" || len(cookie.Value) > 256 {
		return nil
	}
	session, err := p.registry.Session(r.Context(), cookie.Value)
	if errors.Is(err, registry.ErrNoSession) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the session: %w", err)
	}
	if session.Strength == registry.ByPassword && !p.cfg.PasswordLogin {
		return nil // opened before 帳號登入 was switched off
	}
	v.token, v.session = cookie.Value, session
	return nil
}

// session returns the visitor's session, and opens an anonymous one if there is none.
// It sets a cookie, so nothing of the answer may have been written.
func (p *Portal) session(w http.ResponseWriter, r *http.Request) (registry.Session, error) {
	v := visitOf(r)
	if v.token == "" {
		if err := p.throttle(r.Context(), newSessions, client(r)); err != nil {
			return registry.Session{}, err
		}
		token, session, err := p.registry.BeginSession(r.Context(), p.cfg.SessionLifetime)
		if err != nil {
			return registry.Session{}, fmt.Errorf("begin a session: %w", err)
		}
		p.adopt(w, v, token, session)
	}
	return v.session, nil
}

// logIn ends the visitor's session and begins one of who's: the cookie changes, so that
// nobody who knew the old one gets in with it.
func (p *Portal) logIn(w http.ResponseWriter, r *http.Request, who registry.Opening) error {
	v := visitOf(r)
	token, session, err := p.registry.LogIn(r.Context(), v.token, who, p.cfg.SessionLifetime)
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	p.adopt(w, v, token, session)
	return nil
}

// logOut ends the visitor's session.
func (p *Portal) logOut(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if v.token != "" {
		if err := p.registry.EndSession(r.Context(), v.token); err != nil {
			return fmt.Errorf("log out: %w", err)
		}
	}
	v.token, v.session = "", registry.Session{}
	p.expire(w, sessionCookie)
	return nil
}

func (p *Portal) adopt(w http.ResponseWriter, v *visit, token string, session registry.Session) {
	v.token, v.session = token, session
	http.SetCookie(w, p.cookie(sessionCookie, token, 0))
}

// csrfToken is derived from the session's token, which pages and scripts never see.
func csrfToken(token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("turnkey-portal-csrf-v1"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// checkForm reads the form of a POST and refuses one without the session's token.
func (p *Portal) checkForm(r *http.Request, v *visit) error {
	err := r.ParseForm() // first: ParseMultipartForm forgets its error
	if err == nil {
		// No part goes to disk, for the body is no larger.
		if err = r.ParseMultipartForm(max(p.cfg.MaxBody, p.cfg.MaxMessage)); errors.Is(err, http.ErrNotMultipart) {
			err = nil
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge) && r.URL.Path == whyPath:
		return refuse(http.StatusRequestEntityTooLarge, "why.too_large")
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge)
	case err != nil:
		return refuse(http.StatusBadRequest)
	}
	given := r.PostForm.Get(csrfField)
	if header := r.Header.Get(csrfHeader); header != "" {
		given = header
	}
	if v.token == "" || !hmac.Equal([]byte(given), []byte(csrfToken(v.token))) {
		return refuse(http.StatusForbidden, "error.form_expired")
	}
	return nil
}

// certified has only sessions that a party opened with its login certificate come to h.
// Others are shown to the login.
func (p *Portal) certified(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		switch session := visitOf(r).session; {
		case session.Party != "" && session.Strength == registry.ByCertificate:
			return h(w, r)
		case session.Strength == registry.ByPassword:
			return refuse(http.StatusForbidden, certificateNeeded)
		}
		return redirect(w, r, loginPath+"?"+nextField+"="+destination(r.URL.Path, centrePath))
	}
}

// entered has only sessions of parties come to h, however they were opened. Others are
// shown to the login.
func (p *Portal) entered(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if visitOf(r).session.Party == "" {
			return redirect(w, r, loginPath+"?"+nextField+"="+destination(r.URL.Path, centrePath))
		}
		return h(w, r)
	}
}

// operated has only operators' sessions come to h. To all others the page doesn't exist.
func (p *Portal) operated(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if session := visitOf(r).session; session.Operator == "" || session.Strength != registry.ByCertificate {
			return refuse(http.StatusNotFound)
		}
		return h(w, r)
	}
}

// throttle takes a token from who's bucket, or refuses with the time to wait.
func (p *Portal) throttle(ctx context.Context, bucket registry.Bucket, who string) error {
	wait, err := p.registry.Take(ctx, bucket, who)
	if err != nil {
		return fmt.Errorf("take from bucket %s: %w", bucket.Name, err)
	}
	if wait > 0 {
		return &failure{status: http.StatusTooManyRequests, word: "error.429.text", retry: wait}
	}
	return nil
}

// flash shows a message on the next page. Only its key travels, in a cookie.
func (p *Portal) flash(w http.ResponseWriter, mood Mood, key string) {
	http.SetCookie(w, p.cookie(flashCookie, string(mood)+":"+key, 0))
}
