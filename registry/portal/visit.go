package portal

import (
	"context"
	"net/http"
	"net/netip"

	"turnkey-gateway/registry"
)

// A visit is what the portal knows of one request beside the request itself. It belongs
// to the goroutine that answers it.
type visit struct {
	lang    tongue
	address netip.Addr // zero where unknown

	// token is that of session; both are empty until there is one. See [Portal.session].
	token   string
	session registry.Session

	// leave gives up what the request holds; nil if nothing.
	leave func()

	form   *Form
	alerts []alert
}

type visitKey struct{}

// visitOf returns the request's visit; middleware gave it one.
func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

func withVisit(r *http.Request, v *visit) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// A Mood is how a message to the visitor looks, and how screen readers say it.
type Mood string

const (
	Success Mood = "success"
	Info    Mood = "info"
	Warning Mood = "warning"
	Problem Mood = "error"
)

type alert struct {
	Mood Mood
	Text string
}

// Role is alert for what has to be heard at once.
func (a alert) Role() string {
	if a.Mood == Problem || a.Mood == Warning {
		return "alert"
	}
	return "status"
}

// alert shows a message at the top of the page that answers this request.
func (p *Portal) alert(r *http.Request, mood Mood, key string, args ...any) {
	v := visitOf(r)
	v.alerts = append(v.alerts, alert{mood, p.words.text(v.lang, key, args...)})
}

// alertMessage is alert for words that the registry chose.
func (p *Portal) alertMessage(r *http.Request, mood Mood, m registry.Message) {
	v := visitOf(r)
	v.alerts = append(v.alerts, alert{mood, v.lang.choose(m)})
}

// say returns words in the language of the request.
func (p *Portal) say(r *http.Request, key string, args ...any) string {
	return p.words.text(visitOf(r).lang, key, args...)
}
