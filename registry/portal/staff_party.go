package portal

import (
	"errors"
	"net/http"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// A staffPartyPage is all that operators see of a party: its account's contact data is its
// own.
type staffPartyPage struct {
	Party   staffParty
	Account []fact
	Table   certificateTable
	Claims  []staffClaim
	Resets  []registry.StaffReset
	Audit   []staffEntry
}

// staffAuditShown is how many entries a party's page shows.
const staffAuditShown = 10

func (p *Portal) showStaffParty(w http.ResponseWriter, r *http.Request) error {
	ctx, lang := r.Context(), visitOf(r).lang
	party, err := p.registry.Party(ctx, verifier.PartyID(limit(r.PathValue("party"), 64)))
	if errors.Is(err, registry.ErrNoParty) {
		return refuse(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	page := staffPartyPage{
		Party: staffParty{party.ID, p.identifiers(lang, party), party.CreatedAt},
		Table: certificateTable{Links: "mine.actions"},
	}
	if page.Account, err = p.staffAccount(r, party.ID); err != nil {
		return err
	}
	listed, err := p.registry.ListedOf(ctx, party.ID)
	if err != nil {
		return err
	}
	for _, l := range listed {
		page.Table.Rows = append(page.Table.Rows, p.staffRow(lang, l))
	}
	claims, err := p.registry.Claims(ctx, party.ID)
	if err != nil {
		return err
	}
	page.Claims = p.staffClaims(lang, claims)
	resets, err := p.registry.ResetsForStaff(ctx)
	if err != nil {
		return err
	}
	for _, reset := range resets {
		if reset.Party == party.ID {
			page.Resets = append(page.Resets, reset)
		}
	}
	entries, err := p.registry.AuditEntries(ctx, registry.AuditQuery{Party: party.ID, Limit: staffAuditShown})
	if err != nil {
		return err
	}
	page.Audit = p.staffEntries(lang, entries)
	return p.render(w, r, http.StatusOK, "staff_party", page)
}

// staffAccount says what kind of account a party has; nothing if it has none.
func (p *Portal) staffAccount(r *http.Request, party verifier.PartyID) ([]fact, error) {
	account, _, err := p.registry.Account(r.Context(), party)
	if errors.Is(err, registry.ErrNoAccount) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	attribute := string(account.Attribute)
	all, err := registry.Attributes()
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if a.Code == account.Attribute {
			attribute = visitOf(r).lang.choose(registry.Message{English: a.English, Chinese: a.Chinese})
		}
	}
	facts := []fact{
		{Label: p.say(r, "staff.account"), Value: account.Name},
		{Label: p.say(r, "staff.attribute"), Value: attribute},
		{Label: p.say(r, "staff.opened"), Value: DateTime(account.CreatedAt)},
	}
	password := "staff.password.no"
	if account.HasPassword {
		password = "staff.password.yes"
	}
	facts = append(facts, fact{Label: p.say(r, "staff.password"), Value: p.say(r, password)})
	if account.Legacy {
		facts = append(facts, fact{Label: p.say(r, "staff.origin"), Value: p.say(r, "staff.legacy")})
	}
	return facts, nil
}
