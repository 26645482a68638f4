package portal

import (
	"errors"
	"net/http"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// A mineAction is what a party may do to a registration of its own.
type mineAction string

const (
	confirmAction mineAction = "confirm" // 確認: the pending certificate is the party's
	refuseAction  mineAction = "refuse"  // it isn't
	mainAction    mineAction = "main"    // 設為主憑證
	deleteAction  mineAction = "delete"  // 刪除
)

// mineRoutes are those of a party's own certificates, which the list of 通關憑證查詢
// leads to.
func (p *Portal) mineRoutes(mux *http.ServeMux) {
	const change = minePath + "/{certificate}/{usage}/{action}"
	p.handle(mux, "GET "+minePath, p.showMine)
	p.handle(mux, "GET "+change, p.certified(p.showMineChange))
	p.handle(mux, "POST "+change, p.certified(p.postMineChange))
}

// A minePage lists a party's certificates.
type minePage struct {
	Table     certificateTable
	MayChange bool
}

func (p *Portal) showMine(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if v.session.Party == "" {
		return redirect(w, r, loginPath+"?"+nextField+"="+minePath)
	}
	listed, err := p.registry.ListedOf(r.Context(), v.session.Party)
	if err != nil {
		return err
	}
	d := display{lang: v.lang, now: p.cfg.Now(), owner: v.session.Party}
	page := minePage{Table: certificateTable{Links: "mine.actions"}, MayChange: v.session.MayChange()}
	for _, l := range listed {
		row := p.row(d, l)
		if page.MayChange {
			row.Links = mineLinks(l, d.now, v.session)
		}
		page.Table.Rows = append(page.Table.Rows, row)
	}
	return p.render(w, r, http.StatusOK, "mine", page)
}

func changePath(l registry.Listed, action mineAction) string {
	return minePath + "/" + l.Certificate.Fingerprint().String() + "/" + string(l.Usage) + "/" + string(action)
}

// deletable reports whether a session may end a registration. The certificate that opened
// the session is replaced, not deleted: its party would be locked out.
func deletable(l registry.Listed, session registry.Session) bool {
	own := l.Usage == registry.Login && l.Certificate.Fingerprint() == session.Certificate
	return live(l.State) && !own
}

// mineLinks are what the owner may do to a registration.
func mineLinks(l registry.Listed, now time.Time, session registry.Session) (links []rowLink) {
	switch state := stateOf(l.Registration, now); {
	case l.State == verifier.Pending:
		if state == statePending && len(l.Lacks(false)) == 0 {
			links = append(links, rowLink{changePath(l, confirmAction), "mine.confirm", false})
		} else if state == statePending {
			links = append(links, rowLink{provePath + "/" + l.Certificate.Fingerprint().String(), "mine.prove", false})
		}
		return append(links, rowLink{changePath(l, refuseAction), "mine.refuse", true})
	case l.State == verifier.InForce && l.Usage == registry.Signing && !l.Main && state != stateExpired:
		links = append(links, rowLink{changePath(l, mainAction), "mine.main", false})
	}
	if deletable(l, session) {
		links = append(links, rowLink{changePath(l, deleteAction), "certificate.delete", true})
	}
	return links
}

// A mineChangePage asks whether a change is meant.
type mineChangePage struct {
	Action mineAction
	Row    certificateRow
	Facts  []fact
	Last   bool // no other signing certificate would be in force
}

// changeable returns the registration that a request is to change. Another party's
// doesn't exist.
func (p *Portal) changeable(r *http.Request) (l registry.Listed, action mineAction, err error) {
	v := visitOf(r)
	action = mineAction(r.PathValue("action"))
	l, found, err := p.registered(r, v.session.Party, r.PathValue("certificate"), registry.Usage(r.PathValue("usage")))
	if err != nil {
		return l, action, err
	}
	if !found {
		return l, action, refuse(http.StatusNotFound, "mine.none")
	}
	allowed := false
	switch action {
	case confirmAction:
		allowed = stateOf(l.Registration, p.cfg.Now()) == statePending && len(l.Lacks(false)) == 0
	case refuseAction:
		allowed = l.State == verifier.Pending
	case mainAction:
		allowed = l.State == verifier.InForce && l.Usage == registry.Signing && !l.Main
	case deleteAction:
		allowed = l.State != verifier.Pending && deletable(l, v.session)
	}
	if !allowed {
		return l, action, refuse(http.StatusNotFound, "mine.none")
	}
	return l, action, nil
}

func (p *Portal) showMineChange(w http.ResponseWriter, r *http.Request) error {
	l, action, err := p.changeable(r)
	if err != nil {
		return err
	}
	return p.renderMineChange(w, r, l, action)
}

func (p *Portal) renderMineChange(w http.ResponseWriter, r *http.Request, l registry.Listed, action mineAction) error {
	v := visitOf(r)
	page := mineChangePage{
		Action: action,
		Row:    p.row(display{lang: v.lang, now: p.cfg.Now(), owner: v.session.Party}, l),
		Facts:  p.facts(v.lang, l.Certificate, l.Kind),
	}
	if action == deleteAction && l.Usage == registry.Signing {
		listed, err := p.registry.ListedOf(r.Context(), v.session.Party)
		if err != nil {
			return err
		}
		page.Last = true
		for _, other := range listed {
			counts := other.State == verifier.InForce && stateOf(other.Registration, p.cfg.Now()) != stateExpired
			if counts && other.Usage == registry.Signing && other.Certificate.Fingerprint() != l.Certificate.Fingerprint() {
				page.Last = false
			}
		}
	}
	return p.render(w, r, p.form(r).Status(), "mine_change", page)
}

func (p *Portal) postMineChange(w http.ResponseWriter, r *http.Request) error {
	l, action, err := p.changeable(r)
	if err != nil {
		return err
	}
	ctx, actor := r.Context(), actorOf(r)
	registered := postgres.Registered{Party: l.Party, Certificate: l.Certificate.Fingerprint(), Usage: l.Usage}
	var letter bindingLetter
	switch action {
	case confirmAction:
		letter = (*outbox.Letters).BindingApproved
		if err = p.cfg.Rules.CheckRevoked(l.Certificate, p.cfg.Now()); err == nil { // since it was imported
			_, _, err = p.registry.Confirm(ctx, actor, registered)
		}
	case mainAction:
		_, err = p.registry.SetMain(ctx, actor, registered)
	case refuseAction:
		letter = (*outbox.Letters).Deleted
		_, err = p.registry.Withdraw(ctx, actor, registered)
	case deleteAction:
		letter = (*outbox.Letters).Deleted
		_, err = p.registry.Withdraw(ctx, actor, registered)
	}
	if errors.Is(err, registry.ErrNoRegistration) || errors.Is(err, registry.ErrState) {
		return refuse(http.StatusNotFound, "mine.none")
	}
	if p.form(r).FailRefusal("", err) {
		return p.renderMineChange(w, r, l, action)
	}
	if word, known := importRefusals.word(err); known {
		p.form(r).Fail("", word)
		return p.renderMineChange(w, r, l, action)
	}
	if err != nil {
		return err
	}
	if letter != nil {
		p.tellOwner(r, registered, l.Certificate, letter)
	}
	p.flash(w, Success, "mine.done."+string(action))
	return redirect(w, r, minePath)
}
