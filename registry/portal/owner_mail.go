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

// A bindingLetter is one of [outbox.Letters] about a change of a party's certificates.
type bindingLetter func(*outbox.Letters, outbox.Recipient, outbox.Certificate, time.Time) registry.Mail

// tellOwner leaves a mail to a party's account about a change that was made: whoever
// didn't make it learns of it. The change stands whether that works or not.
func (p *Portal) tellOwner(r *http.Request, changed postgres.Registered, cert *verifier.Certificate, letter bindingLetter) {
	if err := p.leaveMail(r, changed, cert, letter); err != nil {
		p.cfg.Log.Error("a mail to an account could not be left", "error", err)
	}
}

func (p *Portal) leaveMail(r *http.Request, changed postgres.Registered, cert *verifier.Certificate, letter bindingLetter) error {
	account, profile, err := p.registry.Account(r.Context(), changed.Party)
	if errors.Is(err, registry.ErrNoAccount) || err == nil && profile.Email == "" {
		return nil
	}
	if err != nil {
		return err
	}
	about := outbox.CertificateOf(cert, changed.Usage)
	return p.registry.Enqueue(r.Context(), letter(p.letters, outbox.RecipientOf(account, profile), about, p.cfg.Now()))
}
