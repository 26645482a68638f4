package portal

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnkey-gateway/registry/password"
)

// hashPassword returns the hash of a password that the rule accepted.
func (p *Portal) hashPassword(ctx context.Context, secret string) (string, error) {
	p.metrics.hashes.Inc()
	hash, err := p.hasher.Hash(ctx, secret)
	return hash, busy(err)
}

// checkPassword is [password.Hasher.Check]: it costs the same whatever the hash, and
// where there is none.
func (p *Portal) checkPassword(ctx context.Context, secret, hash string) (ok, outdated bool, err error) {
	p.metrics.hashes.Inc()
	ok, outdated, err = p.hasher.Check(ctx, secret, hash)
	return ok, outdated, busy(err)
}

// busy has the visitor come back in a moment where too many passwords are being hashed.
func busy(err error) error {
	if errors.Is(err, password.ErrBusy) {
		return &failure{status: http.StatusServiceUnavailable, word: "login.busy", retry: 10 * time.Second}
	}
	return err
}

// takeNewPassword checks the fields password and confirm against the rule, and returns the
// hash to set; nothing if they are wrong.
func (p *Portal) takeNewPassword(r *http.Request, names ...string) (hash string, err error) {
	f := p.form(r)
	secret := f.Raw("password")
	if secret == "" {
		f.Fail("password", "form.required", p.say(r, "reset.password"))
	} else if err := password.Rule(secret, names...); err != nil {
		if !f.FailRefusal("password", err) {
			return "", err
		}
	} else if f.Raw("confirm") != secret {
		f.Fail("confirm", "reset.differs")
	}
	if !f.OK() {
		return "", nil
	}
	return p.hashPassword(r.Context(), secret)
}
