package portal

import (
	"encoding/hex"
	"errors"
	"net/http"
	"slices"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/outbox"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// A staffChangePage asks whether a change of a registration is meant.
type staffChangePage struct {
	Action  staffAction
	Party   staffParty
	Row     certificateRow
	Facts   []fact
	Entered []fact   // what else whoever imported it entered
	Missing []string // what was missing when it was imported
	Proved  string
	Reasons []Option
}

// staffTarget returns the registration that a request is to change; it must allow that.
func (p *Portal) staffTarget(r *http.Request) (l registry.Listed, action staffAction, err error) {
	action = staffAction(r.PathValue("action"))
	l, found, err := p.registered(r, verifier.PartyID(limit(r.PathValue("party"), 64)), r.PathValue("certificate"), registry.Usage(r.PathValue("usage")))
	if err != nil {
		return l, action, err
	}
	if !found || !slices.Contains(p.staffActions(l), action) {
		return l, action, refuse(http.StatusNotFound, "staff.none")
	}
	return l, action, nil
}

func (p *Portal) showStaffChange(w http.ResponseWriter, r *http.Request) error {
	l, action, err := p.staffTarget(r)
	if err != nil {
		return err
	}
	return p.renderStaffChange(w, r, l, action)
}

func (p *Portal) renderStaffChange(w http.ResponseWriter, r *http.Request, l registry.Listed, action staffAction) error {
	lang := visitOf(r).lang
	party, err := p.registry.Party(r.Context(), l.Party)
	if err != nil {
		return err
	}
	page := staffChangePage{
		Action: action, Party: staffParty{party.ID, p.identifiers(lang, party), party.CreatedAt},
		Row: p.staffRow(lang, l), Facts: p.facts(lang, l.Certificate, l.Kind),
	}
	if page.Entered, err = p.enteredFacts(r, l); err != nil {
		return err
	}
	if !l.Proved.IsZero() {
		page.Proved = DateTime(l.Proved)
	}
	for _, code := range l.Missing {
		page.Missing = append(page.Missing, p.say(r, "import.missing."+code))
	}
	for _, reason := range registry.RevocationReasons {
		page.Reasons = append(page.Reasons, Option{Value: string(reason), Label: p.say(r, "staff.reason."+string(reason))})
	}
	return p.render(w, r, p.form(r).Status(), "staff_change", page)
}

// enteredFacts are what was entered at an import, besides identifiers.
func (p *Portal) enteredFacts(r *http.Request, l registry.Listed) (facts []fact, err error) {
	fields, err := p.importFields()
	if err != nil {
		return nil, err
	}
	lang := visitOf(r).lang
	for _, f := range fields {
		value := l.Details[f.name]
		if value == "" {
			continue
		}
		label := p.words.text(lang, f.word)
		if f.word == "" {
			label = lang.choose(f.label)
		}
		for _, o := range f.options {
			if o.Code == value {
				value = lang.choose(registry.Message{English: o.English, Chinese: o.Chinese})
			}
		}
		facts = append(facts, fact{Label: label, Value: value})
	}
	return facts, nil
}

func (p *Portal) postStaffChange(w http.ResponseWriter, r *http.Request) error {
	l, action, err := p.staffTarget(r)
	if err != nil {
		return err
	}
	ctx, actor, f := r.Context(), actorOf(r), p.form(r)
	changed := postgres.Registered{Party: l.Party, Certificate: l.Certificate.Fingerprint(), Usage: l.Usage}
	reason := registry.RevocationReason(f.Get("reason"))
	if action == revokeAction && !slices.Contains(registry.RevocationReasons, reason) {
		f.Fail("reason", "form.required", p.say(r, "staff.reason"))
	}
	if f.Get("confirm") != "yes" {
		f.Fail("confirm", "staff.confirm_first")
	}
	if !f.OK() {
		return p.renderStaffChange(w, r, l, action)
	}
	var letter bindingLetter
	switch action {
	case approveAction:
		letter = (*outbox.Letters).BindingApproved
		if err = p.cfg.Rules.CheckRevoked(l.Certificate, p.cfg.Now()); err == nil { // since it was imported
			_, _, err = p.registry.ApproveBinding(ctx, actor, changed)
		}
	case withdrawAction:
		letter = (*outbox.Letters).Deleted
		_, err = p.registry.Withdraw(ctx, actor, changed)
	case revokeAction:
		_, _, err = p.registry.Revoke(ctx, actor, changed.Certificate, reason)
	}
	if f.FailRefusal("", err) {
		return p.renderStaffChange(w, r, l, action)
	}
	if word, known := staffRefusals.word(err); known {
		f.Fail("", word)
		return p.renderStaffChange(w, r, l, action)
	}
	if err != nil {
		return err
	}
	if letter != nil {
		p.tellOwner(r, changed, l.Certificate, letter)
	}
	p.flash(w, Success, "staff.done."+string(action))
	return redirect(w, r, staffPartyPath+"/"+string(l.Party))
}

var staffRefusals = refusals{
	{registry.ErrNotProved, "staff.not_proved"},
	{registry.ErrElsewhere, "staff.elsewhere"},
	{registry.ErrRevoked, "staff.revoked"},
	{registry.ErrIdentifierTaken, "staff.taken"},
	{registry.ErrState, "staff.none"},
	{registry.ErrNoRegistration, "staff.none"},
	{registry.ErrNoClaim, "staff.no_claim"},
}

// A staffClaimPage asks whether a claim is to be approved or refused.
type staffClaimPage struct {
	Approve bool
	Claim   staffClaim
	Party   staffParty
	Taken   []verifier.PartyID // others that go by it
}

// staffClaimTarget returns the claim that a request is about.
func (p *Portal) staffClaimTarget(r *http.Request) (claim registry.Claim, approve bool, err error) {
	approve = r.PathValue("action") == "approve"
	lookup, err := hex.DecodeString(limit(r.PathValue("lookup"), 64))
	if err != nil || len(lookup) != len(claim.Lookup) || !approve && r.PathValue("action") != "refuse" {
		return claim, approve, refuse(http.StatusNotFound, "staff.no_claim")
	}
	claims, err := p.registry.Claims(r.Context(), verifier.PartyID(limit(r.PathValue("party"), 64)))
	if err != nil {
		return claim, approve, err
	}
	i := slices.IndexFunc(claims, func(c registry.Claim) bool { return c.Lookup == registry.LookupHash(lookup) })
	if i < 0 {
		return claim, approve, refuse(http.StatusNotFound, "staff.no_claim")
	}
	return claims[i], approve, nil
}

func (p *Portal) showStaffClaim(w http.ResponseWriter, r *http.Request) error {
	claim, approve, err := p.staffClaimTarget(r)
	if err != nil {
		return err
	}
	return p.renderStaffClaim(w, r, claim, approve)
}

func (p *Portal) renderStaffClaim(w http.ResponseWriter, r *http.Request, claim registry.Claim, approve bool) error {
	lang := visitOf(r).lang
	party, err := p.registry.Party(r.Context(), claim.Party)
	if err != nil {
		return err
	}
	page := staffClaimPage{
		Approve: approve, Claim: p.staffClaims(lang, []registry.Claim{claim})[0],
		Party: staffParty{party.ID, p.identifiers(lang, party), party.CreatedAt},
	}
	if claim.Kind != verifier.NationalID {
		if page.Taken, err = p.registry.FindParties(r.Context(), claim.Shown); err != nil {
			return err
		}
	}
	return p.render(w, r, p.form(r).Status(), "staff_claim", page)
}

func (p *Portal) postStaffClaim(w http.ResponseWriter, r *http.Request) error {
	claim, approve, err := p.staffClaimTarget(r)
	if err != nil {
		return err
	}
	f, word := p.form(r), "staff.done.claim_refused"
	if f.Get("confirm") != "yes" {
		f.Fail("confirm", "staff.confirm_first")
		return p.renderStaffClaim(w, r, claim, approve)
	}
	if approve {
		word = "staff.done.claim_approved"
		_, err = p.registry.ApproveClaim(r.Context(), actorOf(r), claim.Party, claim.Lookup)
	} else {
		err = p.registry.RefuseClaim(r.Context(), actorOf(r), claim.Party, claim.Lookup)
	}
	if refused, known := staffRefusals.word(err); known {
		f.Fail("", refused)
		return p.renderStaffClaim(w, r, claim, approve)
	}
	if err != nil {
		return err
	}
	p.flash(w, Success, word)
	return redirect(w, r, staffPartyPath+"/"+string(claim.Party))
}

// A staffResetPage asks whether somebody was identified.
type staffResetPage struct {
	Reset   registry.StaffReset
	Party   staffParty
	Account []fact
	Mail    bool // there is an address to send the link to
}

// staffReset returns the reset that a request is about.
func (p *Portal) staffReset(r *http.Request) (reset registry.StaffReset, err error) {
	resets, err := p.registry.ResetsForStaff(r.Context())
	if err != nil {
		return reset, err
	}
	for _, reset := range resets {
		if number(reset.ID) == r.PathValue("number") {
			return reset, nil
		}
	}
	return reset, refuse(http.StatusNotFound, "staff.no_reset")
}

func (p *Portal) showStaffReset(w http.ResponseWriter, r *http.Request) error {
	reset, err := p.staffReset(r)
	if err != nil {
		return err
	}
	party, err := p.registry.Party(r.Context(), reset.Party)
	if err != nil {
		return err
	}
	page := staffResetPage{Reset: reset, Party: staffParty{party.ID, p.identifiers(visitOf(r).lang, party), party.CreatedAt}}
	if page.Account, err = p.staffAccount(r, reset.Party); err != nil {
		return err
	}
	_, profile, err := p.registry.Account(r.Context(), reset.Party)
	if err != nil && !errors.Is(err, registry.ErrNoAccount) {
		return err
	}
	page.Mail = profile.Email != ""
	return p.render(w, r, p.form(r).Status(), "staff_reset", page)
}

// postStaffReset has the link sent to the account's address: operators never see it.
func (p *Portal) postStaffReset(w http.ResponseWriter, r *http.Request) error {
	reset, err := p.staffReset(r)
	if err != nil {
		return err
	}
	f := p.form(r)
	if f.Get("confirm") != "yes" {
		f.Fail("confirm", "staff.confirm_first")
		return p.showStaffReset(w, r)
	}
	account, profile, err := p.registry.Account(r.Context(), reset.Party)
	if err != nil && !errors.Is(err, registry.ErrNoAccount) {
		return err
	}
	if profile.Email == "" {
		f.Fail("", "staff.no_address")
		return p.showStaffReset(w, r)
	}
	letters, err := outbox.NewLetters(p.cfg.Origin, outbox.ServiceCentre(p.cfg.ServiceCentre))
	if err != nil {
		return err
	}
	token, _, err := p.registry.ApproveReset(r.Context(), actorOf(r), reset.ID)
	if errors.Is(err, registry.ErrNoReset) {
		return refuse(http.StatusNotFound, "staff.no_reset")
	}
	if err != nil {
		return err
	}
	link := p.cfg.Origin + resetPath + "?" + tokenQuery + "=" + token
	if err := p.registry.Enqueue(r.Context(), letters.ResetApproved(outbox.RecipientOf(account, profile), link)); err != nil {
		return err
	}
	p.flash(w, Success, "staff.done.reset")
	return redirect(w, r, staffPartyPath+"/"+string(reset.Party))
}
