package portal

import (
	"io/fs"
	"net/http"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/challenge"
)

// Files and lists that tests go through.
var (
	WordFiles  fs.FS = wordFiles
	PageFiles  fs.FS = pageFiles
	AssetFiles fs.FS = assetFiles
	Failures         = failures

	GuessesAtAccount = guessesAtAccount
	NewSessions      = newSessions
)

// HasWord reports whether there are words under a key.
func HasWord(key string) bool {
	words, err := readWords(wordFiles)
	return err == nil && words.has(key)
}

// NewSample returns a portal with pages that show every part that flows are made of.
func NewSample(cfg Config, reg Registry, files fs.FS) (http.Handler, error) {
	p, err := New(cfg, reg)
	if err != nil {
		return nil, err
	}
	samples, err := p.parsePages(overlay{files})
	if err != nil {
		return nil, err
	}
	for lang, byName := range samples.byName {
		for name, page := range byName {
			p.pages.byName[lang][name] = page
		}
	}
	mux := p.routes()
	p.sampleRoutes(mux)
	p.handler = p.middleware(mux)
	return p.handler, nil
}

type samplePage struct {
	Options []Option
	Card    CardPanel
	Step    int
}

func (p *Portal) sampleRoutes(mux *http.ServeMux) {
	show := func(w http.ResponseWriter, r *http.Request) error {
		card, err := p.cardPanel(w, r, registry.MOEACA, challenge.Prove)
		if err != nil {
			return err
		}
		card.Check = "/sample/check"
		return p.render(w, r, p.form(r).Status(), "sample", samplePage{
			Options: []Option{{"a", p.say(r, "menu.login"), ""}, {"b", p.say(r, "menu.import"), p.say(r, "home.import_text")}, {"c", p.say(r, "menu.query"), ""}},
			Card:    card, Step: 3,
		})
	}
	p.handle(mux, "GET /sample", show)
	p.handle(mux, "POST /sample", func(w http.ResponseWriter, r *http.Request) error {
		f := p.form(r)
		f.Require("email", "service.mail")
		if f.Require("choice", "menu.title"); !f.OK() {
			p.alert(r, Warning, "home.expiry_text")
			return show(w, r)
		}
		if text, name, ok := f.File("file"); ok {
			w.Header().Set("X-Uploaded", name+"="+string(text))
		}
		p.flash(w, Success, "card.done")
		return redirect(w, r, "/sample")
	})
	p.handle(mux, "POST /sample/login", func(w http.ResponseWriter, r *http.Request) error {
		return p.logIn(w, r, registry.Opening{LoginHolder: registry.LoginHolder{Party: "P-1"}, Strength: registry.Strength(p.form(r).Get("strength"))})
	})
	p.handle(mux, "POST /sample/check", func(w http.ResponseWriter, r *http.Request) error {
		f := p.form(r)
		if err := p.registry.TakeChallenge(r.Context(), visitOf(r).session.ID, string(challenge.Prove), f.Get(cardNonceField)); err != nil {
			return answerCard(w, cardAnswer{Text: p.say(r, "card.error.refused")})
		}
		return answerCard(w, cardAnswer{OK: true, Text: p.say(r, "card.done") + " " + f.Get(cardCertificateField)})
	})
	p.handle(mux, "GET /sample/message", func(w http.ResponseWriter, r *http.Request) error {
		p.alertMessage(r, Info, registry.Message{Code: "SAMPLE", English: "<in English>", Chinese: "<中文>"})
		return show(w, r)
	})
	p.handle(mux, "GET /sample/certified", p.certified(show))
	p.handle(mux, "GET /sample/staff", p.operated(show))
	p.handle(mux, "GET /sample/panic", func(http.ResponseWriter, *http.Request) error { panic("A123456789") })
	p.handle(mux, "GET /sample/throttled", func(w http.ResponseWriter, r *http.Request) error {
		return p.throttle(r.Context(), registry.Bucket{Name: "sample"}, client(r))
	})
	p.handle(mux, "GET /sample/client", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("X-Client", client(r))
		return nil
	})
}

// An overlay has the sample's page beside the shared templates.
type overlay struct{ sample fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	if file, err := o.sample.Open(name); err == nil && name != "pages" {
		return file, nil
	}
	return pageFiles.Open(name)
}

func (o overlay) Glob(pattern string) ([]string, error) {
	if found, err := fs.Glob(o.sample, pattern); len(found) > 0 {
		return found, err
	}
	return fs.Glob(pageFiles, pattern)
}
