package portal

import (
	"errors"
	"net/http"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

// An ownerEvent is a change that a party's account is told of by mail.
type ownerEvent string

const (
	ownerImported  ownerEvent = "imported"  // a certificate counts from now on
	ownerPending   ownerEvent = "pending"   // somebody brought one that waits for the party
	ownerConfirmed ownerEvent = "confirmed" // the party confirmed it
	ownerRefused   ownerEvent = "refused"
	ownerMain      ownerEvent = "main"
	ownerDeleted   ownerEvent = "deleted"
)

// tellOwner leaves a mail to a party's account about a change that was made: whoever
// didn't make it learns of it. The change stands whether that works or not.
func (p *Portal) tellOwner(r *http.Request, party verifier.PartyID, event ownerEvent, cert *verifier.Certificate) {
	ctx := r.Context()
	account, profile, err := p.registry.Account(ctx, party)
	if errors.Is(err, registry.ErrNoAccount) || err == nil && profile.Email == "" {
		return
	}
	if err == nil {
		lang, _ := parseTongue(account.Language)
		err = p.registry.Enqueue(ctx, registry.Mail{
			To:      profile.Email,
			Subject: p.words.text(lang, "ownermail.subject."+string(event)),
			Text:    p.words.text(lang, "ownermail.text", p.words.text(lang, "ownermail.subject."+string(event)), cert.Serial(), period(cert), p.cfg.Origin+minePath),
		})
	}
	if err != nil {
		p.cfg.Log.Error("a mail to an account could not be left", "event", string(event), "error", err)
	}
}
