package portal

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// A failure is how a request is refused: a page with the status and words on what to do.
type failure struct {
	status int
	word   string        // key of the text; empty means the status's own
	retry  time.Duration // when to come back; 0 means not told
}

func (f *failure) Error() string { return http.StatusText(f.status) }

// certificateNeeded says that a login by password isn't enough.
const certificateNeeded = "error.certificate_needed"

// refuse returns a failure with the status, and the key of words to say instead of the
// usual ones.
func refuse(status int, word ...string) error {
	f := &failure{status: status}
	if len(word) > 0 {
		f.word = word[0]
	}
	return f
}

// failures are the statuses that there are pages for, with their words.
var failures = map[int]struct{ title, text string }{
	http.StatusBadRequest:            {"error.400.title", "error.400.text"},
	http.StatusForbidden:             {"error.403.title", "error.403.text"},
	http.StatusNotFound:              {"error.404.title", "error.404.text"},
	http.StatusMethodNotAllowed:      {"error.405.title", "error.405.text"},
	http.StatusRequestEntityTooLarge: {"error.413.title", "error.413.text"},
	http.StatusTooManyRequests:       {"error.429.title", "error.429.text"},
	http.StatusInternalServerError:   {"error.500.title", "error.500.text"},
	http.StatusServiceUnavailable:    {"error.503.title", "error.503.text"},
}

// fail answers with an error: this is where it stops travelling.
func (p *Portal) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *failure
	if !errors.As(err, &refused) {
		if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
			return // the visitor has gone
		}
		p.cfg.Log.Error("a request failed", "route", r.Pattern, "error", err)
		refused = &failure{status: http.StatusServiceUnavailable}
	}
	p.showFailure(w, r, refused)
}

// showFailure shows the page of a failure, bilingual where we can't know the language.
// It asks nobody, so that it works when nothing else does.
func (p *Portal) showFailure(w http.ResponseWriter, r *http.Request, f *failure) {
	v := visitOf(r)
	if v.lang == "" {
		v.lang = chinese
	}
	words, known := failures[f.status]
	if !known {
		words = failures[http.StatusInternalServerError]
	}
	word := f.word
	if word == "" {
		word = words.text
	}
	var minutes int
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((f.retry+time.Second-1)/time.Second)))
		minutes = int((f.retry + time.Minute - 1) / time.Minute)
	}
	var login string
	if f.word == certificateNeeded {
		login = loginPath + "?" + nextField + "=" + destination(r.URL.Path, centrePath)
	}
	v.form, v.alerts = nil, nil
	other := v.lang.Other()
	err := p.render(w, r, f.status, "error", errorPage{
		Status: f.status, Title: p.words.text(v.lang, words.title), Text: p.words.text(v.lang, word), Minutes: minutes, Login: login,
		Other: other.Tag(), OtherTitle: p.words.text(other, words.title), OtherText: p.words.text(other, word),
	})
	if err != nil {
		p.cfg.Log.Error("the error page failed", "error", err)
		http.Error(w, http.StatusText(f.status), f.status)
	}
}

// An errorPage says what went wrong in both languages, the visitor's first.
type errorPage struct {
	Status                       int
	Title, Text                  string
	Minutes                      int
	Login                        string // where to log in by certificate, where that would help
	Other, OtherTitle, OtherText string
}
