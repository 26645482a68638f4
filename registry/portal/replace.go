package portal

import (
	"errors"
	"net/http"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// Steps of 憑證更換作業. The second has the fingerprint and the usage of what is replaced
// below [replacePath].
const (
	replacePreviewPath = replacePath + "/preview"
	replaceDonePath    = replacePath + "/done"
)

// replaceRoutes are those of 憑證更換作業. Only the party itself replaces, in a session that
// its login certificate opened.
func (p *Portal) replaceRoutes(mux *http.ServeMux) {
	const chosen = replacePath + "/{certificate}/{usage}"
	p.handle(mux, "GET "+replacePath, p.showReplace)
	p.handle(mux, "GET "+chosen, p.certified(p.showReplaceNew))
	p.handle(mux, "POST "+chosen, p.certified(p.postReplaceNew))
	p.handle(mux, "GET "+replacePreviewPath, p.certified(p.showReplacePreview))
	p.handle(mux, "POST "+replacePreviewPath, p.certified(p.postReplacePreview))
	p.handle(mux, "GET "+replaceDonePath, p.certified(p.showReplaceDone))
}

// replaceBucket bounds what a party may have examined.
var replaceBucket = registry.Bucket{Name: "replace", Burst: 30, Every: 20 * time.Second}

// replaceFlow names the draft of what was chosen, and replacedFlow what became of it.
const (
	replaceFlow  = "replace"
	replacedFlow = "replaced"
)

// A replacePage lists what may be replaced.
type replacePage struct {
	MayChange bool
	ByPass    bool // a session by password: may look only
	Rows      []replaceRow
}

type replaceRow struct {
	certificateRow
	Days    int
	Soon    bool
	Own     bool // the session was opened by it
	Replace string
}

func (p *Portal) showReplace(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	page := replacePage{MayChange: v.session.MayChange(), ByPass: v.session.Strength == registry.ByPassword}
	if !page.MayChange {
		return p.render(w, r, http.StatusOK, "replace", page)
	}
	listed, err := p.registry.ListedOf(r.Context(), v.session.Party)
	if err != nil {
		return err
	}
	d := display{lang: v.lang, now: p.cfg.Now(), owner: v.session.Party}
	for _, l := range listed {
		if !replaceable(l, d.now) {
			continue
		}
		left := l.Certificate.NotAfter().Sub(d.now)
		page.Rows = append(page.Rows, replaceRow{
			certificateRow: p.row(d, l), Days: int(left / (24 * time.Hour)), Soon: left < expiryNotice,
			Own:     l.Usage == registry.Login && l.Certificate.Fingerprint() == v.session.Certificate,
			Replace: replacePath + "/" + l.Certificate.Fingerprint().String() + "/" + string(l.Usage),
		})
	}
	return p.render(w, r, http.StatusOK, "replace", page)
}

// replaceable reports whether a registration counts, and may be replaced.
func replaceable(l registry.Listed, now time.Time) bool {
	state := stateOf(l.Registration, now)
	return l.State == verifier.InForce && (state == stateInForce || state == stateExpiring || state == stateEarly)
}

// A replaceDraft is what was chosen so far.
type replaceDraft struct {
	Old         string // fingerprint
	Usage       registry.Usage
	Certificate []byte // DER of the new one
	Medium      registry.Medium
	File        string // its name on the visitor's machine
	Possession  bool   // a card signed this session's challenge
	Overlap     string // see overlaps
	Date        string // 2006-01-02, of overlap "date"
}

// replaced returns what a draft is to replace; it must be the party's own, and in force.
// Else it fails as a page that doesn't exist.
func (p *Portal) replaced(r *http.Request, certificate string, usage registry.Usage) (registry.Listed, error) {
	l, found, err := p.registered(r, visitOf(r).session.Party, certificate, usage)
	if err != nil {
		return l, err
	}
	if !found || !replaceable(l, p.cfg.Now()) {
		return l, refuse(http.StatusNotFound, "replace.none")
	}
	return l, nil
}

// replaceDraft returns the draft of the session, false if there is none.
func (p *Portal) replaceDraft(r *http.Request) (draft replaceDraft, found bool, err error) {
	err = p.registry.Draft(r.Context(), visitOf(r).session.ID, replaceFlow, &draft)
	if errors.Is(err, registry.ErrNoDraft) {
		return replaceDraft{}, false, nil
	}
	return draft, err == nil, err
}

// overlaps are how long the old certificate may go on counting beside the new one.
var overlaps = []string{"none", "7", "30", "60", "expiry", "date"}

// until returns when the old certificate stops counting; zero means now.
func (d replaceDraft) until(old registry.Listed, now time.Time) (time.Time, bool) {
	last := old.Certificate.NotAfter()
	if !old.Until.IsZero() && old.Until.Before(last) {
		last = old.Until
	}
	var until time.Time
	switch d.Overlap {
	case "none":
		return time.Time{}, true
	case "7":
		until = now.AddDate(0, 0, 7)
	case "30":
		until = now.AddDate(0, 0, 30)
	case "60":
		until = now.AddDate(0, 0, 60)
	case "expiry":
		until = last
	case "date":
		day, err := time.ParseInLocation("2006-01-02", d.Date, taipei)
		if err != nil {
			return time.Time{}, false
		}
		until = day.AddDate(0, 0, 1) // to the end of that day
		if !until.After(now) || day.After(last) {
			return time.Time{}, false
		}
	default:
		return time.Time{}, false
	}
	if until.After(last) {
		until = last
	}
	return until, true
}
