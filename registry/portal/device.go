package portal

import (
	"net/http"
	"strings"

	"turnkey-gateway/registry"
)

// deviceCookie holds what shows that somebody logged in from this browser before: one
// token per account, the latest first.
const (
	deviceCookie    = "device"
	deviceSeparator = "~"
	maxDeviceTokens = 5
	maxDeviceCookie = 1024
)

// deviceTokens are those that the browser has.
func (p *Portal) deviceTokens(r *http.Request) []string {
	cookie, err := r.Cookie(p.cookieName(deviceCookie))
	if err != nil || cookie.Value == "" || len(cookie.Value) > maxDeviceCookie {
		return nil
	}
	tokens := strings.Split(cookie.Value, deviceSeparator)
	return tokens[:min(len(tokens), maxDeviceTokens)]
}

// knownDevice returns the token that shows that somebody logged in to an account from
// this browser since its password was set; empty if nobody did.
func (p *Portal) knownDevice(r *http.Request, name, hash string) (known string) {
	for _, token := range p.deviceTokens(r) {
		if p.registry.KnownDevice(name, hash, token, p.cfg.Now()) {
			known = token
		}
	}
	return known
}

// rememberDevice has this browser known as one that was let into an account. A token that
// it has stays its own, so that logging in again brings no new guesses.
func (p *Portal) rememberDevice(w http.ResponseWriter, r *http.Request, name, hash string) {
	tokens, latest := p.deviceTokens(r), p.knownDevice(r, name, hash)
	if latest == "" {
		latest = p.registry.DeviceToken(name, hash, p.cfg.Now())
	}
	kept := []string{latest}
	for _, token := range tokens {
		if token != latest && len(kept) < maxDeviceTokens {
			kept = append(kept, token)
		}
	}
	http.SetCookie(w, p.cookie(deviceCookie, strings.Join(kept, deviceSeparator), registry.DeviceLifetime))
}
