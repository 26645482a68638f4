package portal

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
	_ "time/tzdata" // Asia/Taipei wherever we run
)

//go:embed pages/*.html
var pageFiles embed.FS

// shared are the templates that every page has; all other files are pages.
var shared = []string{"pages/layout.html", "pages/fields.html", "pages/parts.html", "pages/card.html", "pages/certificate.html", "pages/staff_shared.html"}

// pages are parsed once per language.
type pages struct {
	byName map[tongue]map[string]*template.Template
}

func (p *Portal) parsePages(files fs.FS) (*pages, error) {
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, err
	}
	all := &pages{make(map[tongue]map[string]*template.Template)}
	for _, lang := range tongues {
		base, err := template.New("base").Funcs(p.funcs(lang)).Option("missingkey=error").ParseFS(files, shared...)
		if err != nil {
			return nil, err
		}
		all.byName[lang] = make(map[string]*template.Template)
		for _, name := range names {
			page, err := base.Clone()
			if err != nil {
				return nil, err
			}
			if page, err = page.ParseFS(files, name); err != nil {
				return nil, err
			}
			all.byName[lang][strings.TrimSuffix(path.Base(name), ".html")] = page
		}
	}
	return all, nil
}

// funcs are what templates call.
func (p *Portal) funcs(lang tongue) template.FuncMap {
	funcs := template.FuncMap{
		"t":        func(key string, args ...any) string { return p.words.text(lang, key, args...) },
		"asset":    p.assetURL,
		"icon":     icon,
		"date":     Date,
		"datetime": DateTime,
		"steps":    func(current int, keys ...string) []step { return steps(current, keys) },
		"add":      func(a, b int) int { return a + b },
	}
	for name, f := range fieldFuncs {
		funcs[name] = f
	}
	return funcs
}

func (p *Portal) assetURL(name string) (string, error) {
	url, ok := p.assets.urls[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return url, nil
}

// A view is the dot of every page.
type view struct {
	Lang tongue
	Path string
	Data any   // the page's own
	Form *Form // never nil

	Alerts   []alert
	Menu     []menuEntry
	Centre   ServiceCentre
	LoggedIn bool
	Operator bool
	Party    bool // logged in as a party
	Password bool // 帳號登入 is offered

	p *Portal
	w http.ResponseWriter
	r *http.Request
}

// CSRF is the hidden input that every form with method=post begins with. It opens a
// session if there is none.
func (v *view) CSRF() (template.HTML, error) {
	if _, err := v.p.session(v.w, v.r); err != nil {
		return "", err
	}
	return template.HTML(`<input type="hidden" name="` + csrfField + `" value="` + csrfToken(visitOf(v.r).token) + `">`), nil
}

// Switch is where this page is in the other language. Of the request's other parameters
// it keeps where a login goes on to, if that is one of [destinations].
func (v *view) Switch() string {
	// Two slashes at its beginning would make a host of what follows.
	to := "/" + strings.TrimLeft(v.Path, "/") + "?" + languageQuery + "=" + string(v.Lang.Other())
	next := v.Form.Get(nextField) // of a login that was refused
	if v.r.URL.RawQuery != "" && next == "" {
		next = v.r.URL.Query().Get(nextField)
	}
	if next = destination(next, ""); next != "" {
		to += "&" + nextField + "=" + next
	}
	return to
}

// render answers with a page: pages/<name>.html in the visitor's language. Nothing is
// written if it fails.
func (p *Portal) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	text, err := p.draw(w, r, name, "layout", data)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // a visitor who has gone
	}
	return nil
}

// draw executes one template of a page.
func (p *Portal) draw(w http.ResponseWriter, r *http.Request, name, templateName string, data any) ([]byte, error) {
	visit := visitOf(r)
	p.takeFlash(w, r, visit)
	page, ok := p.pages.byName[visit.lang][name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	v := &view{
		Lang: visit.lang, Path: r.URL.EscapedPath(), Data: data, Form: p.form(r), Alerts: visit.alerts,
		Menu: p.menu(r.URL.Path), Centre: p.cfg.ServiceCentre, Password: p.cfg.PasswordLogin,
		LoggedIn: visit.session.Party != "" || visit.session.Operator != "", Operator: visit.session.Operator != "", Party: visit.session.Party != "",
		p: p, w: w, r: r,
	}
	var text bytes.Buffer
	if err := page.ExecuteTemplate(&text, templateName, v); err != nil {
		return nil, fmt.Errorf("render page %s: %w", name, err)
	}
	return text.Bytes(), nil
}

// takeFlash shows what [Portal.flash] left. Whatever isn't ours is dropped.
func (p *Portal) takeFlash(w http.ResponseWriter, r *http.Request, v *visit) {
	cookie, err := r.Cookie(p.cookieName(flashCookie))
	if err != nil {
		return
	}
	p.expire(w, flashCookie)
	mood, key, _ := strings.Cut(cookie.Value, ":")
	switch Mood(mood) {
	case Success, Info, Warning, Problem:
		if p.words.has(key) {
			v.alerts = append(v.alerts, alert{Mood(mood), p.words.text(v.lang, key)})
		}
	}
}

// taipei is the zone that all times are shown in.
var taipei = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Taipei")
	if err != nil {
		panic(err) // it is built in
	}
	return zone
}()

// Date is a day as the manual shows it: 2016/05/30, in Taipei.
func Date(t time.Time) string { return t.In(taipei).Format("2006/01/02") }

// DateTime is a moment with its zone named: 2016/05/30 09:00 (UTC+8).
func DateTime(t time.Time) string { return t.In(taipei).Format("2006/01/02 15:04") + " (UTC+8)" }

// A step is one of a progress bar.
type step struct {
	Number        int
	Word          string
	Done, Current bool
}

func steps(current int, keys []string) []step {
	all := make([]step, len(keys))
	for i, key := range keys {
		all[i] = step{Number: i + 1, Word: key, Done: i+1 < current, Current: i+1 == current}
	}
	return all
}
