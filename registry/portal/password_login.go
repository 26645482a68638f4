package portal

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// Limits of guesses at passwords. Whoever is refused by one takes nothing from the next:
// a network that guesses fills its own buckets first, and a browser that was let in
// before has one of its own, which no stranger's guesses reach.
var (
	guessesOfClient  = registry.Bucket{Name: "password-client", Burst: 40, Every: 30 * time.Second}
	guessesOfDevice  = registry.Bucket{Name: "password-device", Burst: 10, Every: time.Minute}
	guessesFromThere = registry.Bucket{Name: "password-account-client", Burst: 5, Every: 3 * time.Minute}
	guessesAtAccount = registry.Bucket{Name: "password-account", Burst: 50, Every: time.Minute}
)

// maxAccountName bounds what is taken for an account's name; real ones have up to 128.
const maxAccountName = 200

type passwordLoginPage struct {
	Next   string
	Locked int // minutes until the next guess; 0 means none was refused
}

func (p *Portal) showPasswordLogin(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get(nextField)
	if session := visitOf(r).session; session.Party != "" || session.Operator != "" {
		return redirect(w, r, landing(session.Operator, next))
	}
	return p.render(w, r, http.StatusOK, "password-login", passwordLoginPage{Next: destination(next, "")})
}

// postPasswordLogin does the same for an account that doesn't exist, one that has no
// password, and a wrong password: as many queries, one hash, one entry in the audit log,
// the same answer.
func (p *Portal) postPasswordLogin(w http.ResponseWriter, r *http.Request) error {
	ctx, f := r.Context(), p.form(r)
	page := passwordLoginPage{Next: destination(f.Get(nextField), "")}
	name, secret := f.Require("account", "login.account"), f.Raw("password")
	if secret == "" {
		f.Fail("password", "form.required", p.say(r, "login.password"))
	}
	if !f.OK() {
		return p.render(w, r, f.Status(), "password-login", page)
	}
	name = registry.Normalize(verifier.Account, limit(name, maxAccountName))
	party, hash, err := p.registry.PasswordOf(ctx, name)
	if err != nil && !errors.Is(err, registry.ErrNoAccount) {
		return err
	}
	wait, err := p.guess(r, name, hash)
	if err != nil {
		return err
	}
	if wait > 0 {
		p.metrics.logins.WithLabelValues(passwordWay, loginThrottled).Inc()
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		page.Locked = minutes(wait)
		return p.render(w, r, http.StatusTooManyRequests, "password-login", page)
	}
	ok, outdated, err := p.checkPassword(ctx, secret, hash)
	if err != nil {
		return err
	}
	if !ok {
		p.metrics.logins.WithLabelValues(passwordWay, loginRefused).Inc()
		if err := p.refusedLogin(r, party, nil, passwordWay); err != nil {
			return err
		}
		f.Fail("", "login.wrong")
		return p.render(w, r, f.Status(), "password-login", page)
	}
	if outdated {
		if hash, err = p.rehash(r, party, secret, hash); err != nil {
			return err
		}
	}
	err = p.logIn(w, r, registry.Opening{LoginHolder: registry.LoginHolder{Party: party}, Strength: registry.ByPassword, PasswordHash: hash})
	if errors.Is(err, registry.ErrNoPassword) { // set a moment ago
		f.Fail("", "login.wrong")
		return p.render(w, r, f.Status(), "password-login", page)
	}
	if err != nil {
		return err
	}
	p.rememberDevice(w, r, name, hash)
	p.metrics.logins.WithLabelValues(passwordWay, loginDone).Inc()
	p.flash(w, Success, "login.done_by_password")
	return redirect(w, r, landing("", page.Next))
}

// guess takes one guess at an account's password. A wait above zero means that it may not
// be made. It is the same for accounts that don't exist.
func (p *Portal) guess(r *http.Request, name, hash string) (wait time.Duration, err error) {
	type limited struct {
		bucket registry.Bucket
		who    string
	}
	buckets := []limited{{guessesOfClient, client(r)}}
	if device := p.knownDevice(r, name, hash); device != "" {
		buckets = append(buckets, limited{guessesOfDevice, device})
	} else {
		buckets = append(buckets, limited{guessesFromThere, name + "\x00" + client(r)}, limited{guessesAtAccount, name})
	}
	for _, b := range buckets {
		if wait, err = p.registry.Take(r.Context(), b.bucket, b.who); err != nil || wait > 0 {
			return wait, err
		}
	}
	return 0, nil
}

// rehash makes a password's hash anew at today's cost, and returns it.
func (p *Portal) rehash(r *http.Request, party verifier.PartyID, secret, old string) (string, error) {
	hash, err := p.hashPassword(r.Context(), secret)
	if err != nil {
		return "", err
	}
	return hash, p.registry.RehashPassword(r.Context(), party, old, hash)
}

// minutes rounds a wait up.
func minutes(wait time.Duration) int { return int((wait + time.Minute - 1) / time.Minute) }
