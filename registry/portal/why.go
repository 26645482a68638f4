package portal

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/lookup"
	"turnkey-gateway/verifier"
	"turnkey-gateway/verifier/explain"
)

// senders is what is asked of the account that sends a message.
type senders interface {
	lookup.Database

	// LookupHash is under which an identifier is found.
	LookupHash(kind verifier.IdentifierKind, value string) registry.LookupHash
}

// whyRoutes are those of 為什麼驗章失敗？. Nothing of a message is stored or logged.
func (p *Portal) whyRoutes(mux *http.ServeMux) {
	p.handle(mux, "GET "+whyPath, p.showWhy)
	p.handle(mux, "POST "+whyPath, p.postWhy)
}

var whyBucket = registry.Bucket{Name: "why", Burst: 20, Every: 15 * time.Second}

// Messages are large and costly, so few are held at once, and fewer judged.
const (
	whyHeld    = 8
	whyPause   = 10 * time.Second // longest wait for a place
	whyReading = 45 * time.Second // longest reading of a body
)

// whyPlaces bound the work of explaining messages.
type whyPlaces struct{ held, judged chan struct{} }

func newWhyPlaces() whyPlaces {
	return whyPlaces{make(chan struct{}, whyHeld), make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// take waits for a place, and returns how to leave it.
func take(ctx context.Context, places chan struct{}) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, whyPause)
	defer cancel()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, refuse(http.StatusServiceUnavailable, "why.busy")
	}
}

// admitMessage decides whether the large body of a message is read at all.
func (p *Portal) admitMessage(w http.ResponseWriter, r *http.Request, v *visit) error {
	if v.token == "" {
		return refuse(http.StatusForbidden, "error.form_expired")
	}
	if err := p.throttle(r.Context(), whyBucket, client(r)); err != nil {
		return err
	}
	var err error
	if v.leave, err = take(r.Context(), p.why.held); err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(whyReading)) // a server without deadlines has its own
	r.Body = http.MaxBytesReader(w, r.Body, p.cfg.MaxMessage)
	return nil
}

// whyEcho is how long a message may be to be shown again in its field.
const whyEcho = 64 << 10

// A whyPage asks for a message, and says why it was refused.
type whyPage struct {
	Most     int // MiB
	Asked    bool
	Verified bool
	Alone    bool // no account was given: registration was not checked
	Unknown  bool // no party has the account
	Reason   string
	Title    string
	Meaning  string
	At       time.Time
	ToDo     []string
	Details  []whyLine
	Steps    []whyStep
	Copy     string // the verdict as JSON, for support
}

type whyStep struct {
	Title string
	Look  string
	Lines []whyLine
}

type whyLine struct {
	Label, Value, Look string
	Head, Tail         string // an excerpt of the bytes, where there is one
}

func (p *Portal) showWhy(w http.ResponseWriter, r *http.Request) error {
	if session := visitOf(r).session; session.Party != "" {
		account, _, err := p.registry.Account(r.Context(), session.Party)
		if err != nil && !errors.Is(err, registry.ErrNoAccount) {
			return err
		}
		p.form(r).Set("account", account.Name)
	}
	return p.renderWhy(w, r, whyPage{})
}

func (p *Portal) renderWhy(w http.ResponseWriter, r *http.Request, page whyPage) error {
	if f := p.form(r); len(f.Raw("message")) > whyEcho {
		f.Set("message", "")
	}
	page.Most = int(p.cfg.MaxMessage >> 20)
	return p.render(w, r, p.form(r).Status(), "why", page)
}

func (p *Portal) postWhy(w http.ResponseWriter, r *http.Request) error {
	f := p.form(r)
	doc, _, chosen := f.File("file")
	if !chosen {
		// A browser sends the line ends of a text area as CR LF, whatever they were.
		doc = []byte(strings.TrimSpace(strings.ReplaceAll(f.Raw("message"), "\r\n", "\n")))
	}
	account := f.Get("account")
	if len(doc) == 0 {
		f.Fail("message", "why.nothing")
	}
	if account != "" && registry.CheckIdentifier(verifier.Account, account) != nil {
		f.Fail("account", "why.no_account_name")
	}
	if !f.OK() {
		return p.renderWhy(w, r, whyPage{})
	}
	leave, err := take(r.Context(), p.why.judged)
	if err != nil {
		return err
	}
	defer leave()
	page, err := p.explained(r, doc, account)
	if err != nil {
		return err
	}
	return p.renderWhy(w, r, page)
}

// explained judges a message as the gateway would now, and says why.
func (p *Portal) explained(r *http.Request, doc []byte, account string) (whyPage, error) {
	now := p.cfg.Now()
	message := p.cfg.Engine.Read(doc)
	sender := verifier.Sender{AsOf: now}
	alone := account == ""
	if alone {
		for _, c := range message.Certificates() {
			sender.Registrations = append(sender.Registrations, verifier.Registration{Certificate: c, State: verifier.InForce})
		}
	} else {
		var err error
		if sender, err = lookup.One(r.Context(), p.registry, p.registry.LookupHash, account, message.Hints(), now); err != nil {
			return whyPage{}, err
		}
	}
	verdict := message.Judge(sender, verifier.Moment{Received: now, Decided: now})
	var certs []*verifier.Certificate
	for _, registered := range sender.Registrations {
		certs = append(certs, registered.Certificate)
	}
	how := explain.Explain
	if alone {
		how = explain.Alone
	}
	said := p.teller(r, sender.Party, certs)
	page := whyPage{
		Asked: true, Alone: alone, Unknown: !alone && sender.Party == "", At: now,
		Copy: verdictCopy(verdict, sender, now, alone),
	}
	page.fill(how(doc, verdict, certs), said)
	if alone {
		p.sayAlone(r, &page, verdict.Reason())
	}
	return page, nil
}

// fill puts an explanation in the visitor's language.
func (page *whyPage) fill(e *explain.Explanation, say func(explain.Text) string) {
	page.Verified, page.Reason = e.Verified, e.Reason
	page.Title, page.Meaning = say(e.Words.Title), say(e.Words.Meaning)
	for _, todo := range e.ToDo {
		page.ToDo = append(page.ToDo, say(todo))
	}
	lines := func(from []explain.Line) (to []whyLine) {
		for _, l := range from {
			line := whyLine{Label: say(l.Label), Value: say(l.Value), Look: string(l.Outcome)}
			if l.Excerpt != nil {
				line.Head, line.Tail = l.Excerpt.Head, l.Excerpt.Tail
			}
			to = append(to, line)
		}
		return to
	}
	page.Details = lines(e.Details)
	for _, s := range e.Steps {
		page.Steps = append(page.Steps, whyStep{say(s.Title), string(s.Outcome), lines(s.Lines)})
	}
}

// sayAlone words what only registrations could tell.
func (p *Portal) sayAlone(r *http.Request, page *whyPage, reason verifier.Reason) {
	switch reason {
	case verifier.Verified:
		page.Reason = "" // the platform's word for what was checked in full
		page.Title, page.Meaning = p.say(r, "why.alone_good"), p.say(r, "why.alone_good_text")
	case verifier.UnregisteredCertificate:
		page.Reason, page.ToDo = "", nil
		page.Title, page.Meaning = p.say(r, "why.alone_unknown"), p.say(r, "why.alone_unknown_text")
	}
}

// teller says texts in the visitor's language. Whoever isn't the party itself doesn't
// see which citizens hold its certificates.
func (p *Portal) teller(r *http.Request, party verifier.PartyID, certs []*verifier.Certificate) func(explain.Text) string {
	v := visitOf(r)
	var pairs []string
	if party != "" && party != v.session.Party {
		for _, c := range certs {
			pairs = append(pairs, p.personal(c)...)
		}
	}
	hide := strings.NewReplacer(pairs...)
	return func(t explain.Text) string { return hide.Replace(t.In(explain.Language(v.lang))) }
}

// personal lists what of a citizen's certificate is hidden, each with what is shown.
func (p *Portal) personal(c *verifier.Certificate) (pairs []string) {
	if p.cfg.Rules == nil || !p.cfg.Rules.Policy.Resembles(registry.MOICA, c) {
		return nil
	}
	for _, attribute := range c.X509().Subject.Names {
		if value, ok := attribute.Value.(string); ok && attribute.Type.String() != "2.5.4.6" && len(value) > 0 {
			pairs = append(pairs, value, "○○○")
		}
	}
	return pairs
}
