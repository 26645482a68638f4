package portal

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// Pages of operators, below [staffPath]. To everybody else they don't exist.
const (
	staffSearchPath      = staffPath + "/search"
	staffPartyPath       = staffPath + "/parties"      // with the party below
	staffCertificatePath = staffPath + "/certificates" // with party, fingerprint, usage and action below
	staffClaimPath       = staffPath + "/claims"       // with party, hash and action below
	staffResetPath       = staffPath + "/resets"       // with the number below
	staffAuditPath       = staffPath + "/audit"
)

// staffRoutes are those of the operators' pages.
func (p *Portal) staffRoutes(mux *http.ServeMux) {
	for pattern, h := range map[string]handler{
		"GET " + staffPath:                     p.showStaff,
		"GET " + staffSearchPath:               p.showStaffSearch,
		"POST " + staffSearchPath:              p.postStaffSearch,
		"GET " + staffPartyPath + "/{party}":   p.showStaffParty,
		"GET " + staffAuditPath:                p.showStaffAudit,
		"GET " + staffResetPath + "/{number}":  p.showStaffReset,
		"POST " + staffResetPath + "/{number}": p.postStaffReset,

		"GET " + staffClaimPath + "/{party}/{lookup}/{action}":                     p.showStaffClaim,
		"POST " + staffClaimPath + "/{party}/{lookup}/{action}":                    p.postStaffClaim,
		"GET " + staffCertificatePath + "/{party}/{certificate}/{usage}/{action}":  p.showStaffChange,
		"POST " + staffCertificatePath + "/{party}/{certificate}/{usage}/{action}": p.postStaffChange,
	} {
		p.handle(mux, pattern, p.operated(h))
	}
}

// A staffPage is what waits for operators.
type staffPage struct {
	Pending []staffPending
	Claims  []staffClaim
	Resets  []registry.StaffReset
}

type staffPending struct {
	Party verifier.PartyID
	Row   certificateRow
	Ready bool // an operator may approve it
}

func (p *Portal) showStaff(w http.ResponseWriter, r *http.Request) error {
	ctx, lang := r.Context(), visitOf(r).lang
	pending, err := p.registry.Pending(ctx)
	if err != nil {
		return err
	}
	claims, err := p.registry.Claims(ctx, "")
	if err != nil {
		return err
	}
	var page staffPage
	if page.Resets, err = p.registry.ResetsForStaff(ctx); err != nil {
		return err
	}
	page.Claims = p.staffClaims(lang, claims)
	for _, l := range pending {
		row := p.staffRow(lang, l)
		page.Pending = append(page.Pending, staffPending{l.Party, row, len(row.Lacking) == 0 && stateOf(l.Registration, p.cfg.Now()) == statePending})
	}
	return p.render(w, r, http.StatusOK, "staff", page)
}

// staffRow shows a registration to operators: all of it, and what it lacks for them.
func (p *Portal) staffRow(l tongue, listed registry.Listed) certificateRow {
	row := p.row(display{lang: l, now: p.cfg.Now(), owner: listed.Party}, listed)
	row.Lacking, row.Links = nil, nil
	if listed.State == verifier.Pending {
		for _, m := range listed.Lacks(true) {
			row.Lacking = append(row.Lacking, l.choose(m))
		}
	}
	for _, action := range p.staffActions(listed) {
		word := "staff.do." + string(action)
		if action == withdrawAction && listed.State == verifier.Pending {
			word = "staff.do.refuse"
		}
		row.Links = append(row.Links, rowLink{
			Path: staffCertificatePath + "/" + string(listed.Party) + "/" + listed.Certificate.Fingerprint().String() + "/" + string(listed.Usage) + "/" + string(action),
			Word: word, Danger: action != approveAction,
		})
	}
	return row
}

// A staffAction is what an operator may do to a registration.
type staffAction string

const (
	approveAction  staffAction = "approve"
	withdrawAction staffAction = "withdraw"
	revokeAction   staffAction = "revoke"
)

// staffActions are those that a registration allows now.
func (p *Portal) staffActions(l registry.Listed) (actions []staffAction) {
	if stateOf(l.Registration, p.cfg.Now()) == statePending && len(l.Lacks(true)) == 0 {
		actions = append(actions, approveAction)
	}
	if live(l.State) {
		actions = append(actions, withdrawAction)
	}
	if l.State != verifier.Revoked {
		actions = append(actions, revokeAction)
	}
	return actions
}

// A staffClaim is an identifier that somebody stated.
type staffClaim struct {
	Party             verifier.PartyID
	Kind, Shown, Path string
	By                registry.Actor
	Claimed           time.Time
}

func (p *Portal) staffClaims(l tongue, claims []registry.Claim) (all []staffClaim) {
	for _, c := range claims {
		all = append(all, staffClaim{
			Party: c.Party, Kind: p.words.text(l, "staff.kind."+string(c.Kind)), Shown: c.Shown, By: c.By, Claimed: c.Claimed,
			Path: staffClaimPath + "/" + string(c.Party) + "/" + c.Lookup.String(),
		})
	}
	return all
}

var staffSearchBucket = registry.Bucket{Name: "staff-search", Burst: 60, Every: 5 * time.Second}

// A staffSearchPage shows whom a search found.
type staffSearchPage struct {
	Asked   bool
	Parties []staffParty
}

type staffParty struct {
	ID          verifier.PartyID
	Identifiers []fact
	CreatedAt   time.Time
}

func (p *Portal) showStaffSearch(w http.ResponseWriter, r *http.Request) error {
	return p.render(w, r, p.form(r).Status(), "staff_search", staffSearchPage{})
}

// postStaffSearch finds parties by what they go by, or claim to. What was asked for stands
// in no URL, and not in the audit log; that somebody searched, and what was found, does.
func (p *Portal) postStaffSearch(w http.ResponseWriter, r *http.Request) error {
	ctx, f, session := r.Context(), p.form(r), visitOf(r).session
	who := limit(strings.ToValidUTF8(f.Require("who", "staff.who"), ""), 200)
	if !f.OK() {
		return p.showStaffSearch(w, r)
	}
	if err := p.throttle(ctx, staffSearchBucket, session.Operator); err != nil {
		return err
	}
	found, err := p.registry.FindParties(ctx, who)
	if err != nil {
		return err
	}
	listed, err := p.registry.Listed(ctx, who, verifier.Account, verifier.BusinessID, verifier.NationalID, verifier.BrokerBox, verifier.Specialist)
	if err != nil {
		return err
	}
	for _, l := range listed { // who only claims to be it, too
		if !slices.Contains(found, l.Party) {
			found = append(found, l.Party)
		}
	}
	page := staffSearchPage{Asked: true}
	if len(found) == 0 {
		err = p.registry.Note(ctx, actorOf(r), registry.PartySearched, "", nil, "found=0")
	}
	for _, id := range found {
		if err == nil {
			err = p.registry.Note(ctx, actorOf(r), registry.PartySearched, id, nil, "")
		}
		if err != nil {
			return err
		}
		party, err := p.registry.Party(ctx, id)
		if err != nil {
			return err
		}
		page.Parties = append(page.Parties, staffParty{party.ID, p.identifiers(visitOf(r).lang, party), party.CreatedAt})
	}
	if err != nil {
		return err
	}
	return p.render(w, r, http.StatusOK, "staff_search", page)
}

func (p *Portal) identifiers(l tongue, party registry.Party) (all []fact) {
	for _, i := range party.Identifiers {
		all = append(all, fact{Label: p.words.text(l, "staff.kind."+string(i.Kind)), Value: i.Shown})
	}
	return all
}
