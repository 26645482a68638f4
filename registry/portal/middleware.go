package portal

import (
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

// securityHeaders are on every answer.
func securityHeaders(agentPort int, secure bool) http.Header {
	h := http.Header{}
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'",
		fmt.Sprintf("connect-src 'self' ws://127.0.0.1:%[1]d ws://localhost:%[1]d", agentPort),
		"form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
	}, "; "))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Not no-referrer: browsers then send "Origin: null" with our own forms.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // assets say otherwise
	if secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	return h
}

// middleware answers a request with what mux has for it, after all checks that don't
// depend on the route. Whatever happens is counted and logged by route.
func (p *Portal) middleware(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := p.cfg.Now()
		for name, values := range p.headers {
			w.Header()[name] = values
		}
		v := &visit{address: clientAddress(r, p.cfg.TrustedProxies)}
		r = withVisit(r, v)
		answer := &answer{ResponseWriter: w}
		matched, route := mux.Handler(r)
		defer func() {
			if trouble := recover(); trouble != nil {
				if trouble == http.ErrAbortHandler {
					panic(trouble)
				}
				// The value may hold what a visitor entered; the stack tells enough.
				p.cfg.Log.Error("the portal panicked", "route", route, "kind", fmt.Sprintf("%T", trouble), "stack", string(debug.Stack()))
				if answer.status != 0 {
					p.count(r, route, answer.status, began)
					panic(http.ErrAbortHandler) // half a page mustn't look like a whole one
				}
				p.showFailure(answer, r, &failure{status: http.StatusInternalServerError})
			}
			p.count(r, route, answer.status, began)
		}()
		defer func() {
			if v.leave != nil {
				v.leave()
			}
		}()
		if strings.HasPrefix(r.URL.Path, assetsPath) && route != "" {
			mux.ServeHTTP(answer, r)
			return
		}
		v.lang = p.tongueOf(answer, r)
		if err := p.admit(answer, r, v); err != nil {
			p.fail(answer, r, err)
			return
		}
		if route == "" {
			p.fail(answer, r, unmatched(answer, r, matched))
			return
		}
		mux.ServeHTTP(answer, r)
	})
}

// admit refuses what no route is to see.
func (p *Portal) admit(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := p.cross.Check(r); err != nil {
		return refuse(http.StatusForbidden, "error.cross_origin")
	}
	if err := p.openSession(r, v); err != nil {
		return err
	}
	if r.Method == http.MethodPost && r.URL.Path == whyPath {
		if err := p.admitMessage(w, r, v); err != nil {
			return err
		}
	} else {
		r.Body = http.MaxBytesReader(w, r.Body, p.cfg.MaxBody)
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	case http.MethodPost:
		return p.checkForm(r, v)
	}
	return nil // no route has another method: the mux refuses it
}

// unmatched asks the mux's own answer why it has no route: 404, or 405 with Allow.
func unmatched(w http.ResponseWriter, r *http.Request, h http.Handler) error {
	silent := &unsent{header: http.Header{}}
	h.ServeHTTP(silent, r)
	if allow := silent.header.Get("Allow"); silent.status == http.StatusMethodNotAllowed && allow != "" {
		w.Header().Set("Allow", allow)
		return refuse(http.StatusMethodNotAllowed)
	}
	return refuse(http.StatusNotFound)
}

// An unsent answer is only looked at.
type unsent struct {
	header http.Header
	status int
}

func (u *unsent) Header() http.Header            { return u.header }
func (u *unsent) Write(text []byte) (int, error) { return len(text), nil }
func (u *unsent) WriteHeader(status int)         { u.status = status }

// An answer remembers its status; 0 until something was written.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(text []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(text)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// count counts and logs a request. The route is its pattern: paths and queries may hold
// what a visitor entered.
func (p *Portal) count(r *http.Request, route string, status int, began time.Time) {
	if status == 0 {
		status = http.StatusOK
	}
	if route == "" {
		route = "none"
	}
	took := p.cfg.Now().Sub(began)
	p.metrics.observe(route, r.Method, status, took)
	p.cfg.Log.Info("request", "route", route, "method", methodLabel(r.Method), "status", status, "ms", took.Milliseconds())
}

// clientAddress is the peer's, or what trusted proxies say it is: the last address in
// X-Forwarded-For that isn't itself a trusted proxy's. What lies before it, anybody
// may have written.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && trusts(trusted, address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	return address
}

func trusts(trusted []netip.Prefix, address netip.Addr) bool {
	for _, prefix := range trusted {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// client names the visitor's network for a throttle: an IPv4 address, or the /64 that
// one subscriber has.
func client(r *http.Request) string {
	address := visitOf(r).address
	if address.Is6() {
		if prefix, err := address.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}
