package registry

import "errors"

// What a change can be refused for. Each says what to do about it.
var (
	ErrNoParty           = errors.New("no such party")
	ErrNoRegistration    = errors.New("the party has no live registration of that certificate for that usage")
	ErrIdentifierTaken   = errors.New("another party, or this one already, goes by that identifier")
	ErrAlreadyRegistered = errors.New("the party has already registered this certificate for that usage: withdraw that registration first")
	ErrElsewhere         = errors.New("the certificate is in force for another party: that party or an operator must withdraw it first")
	ErrRevoked           = errors.New("the certificate was revoked, and nothing brings it back: use a new one")
	ErrState             = errors.New("the registration's state does not allow that: `turnkey certs` shows where it stands")
	ErrTooManyPending    = errors.New("too many certificates wait for the party's confirmation: confirm or delete some first")
	ErrNotProved         = errors.New("nobody proved to hold the certificate's key: that comes before an operator's approval")
	ErrNoClaim           = errors.New("no such claim, or it was decided already")
	ErrNoOperator        = errors.New("no such operator: `turnkey operator list` shows them")
	ErrOperatorExists    = errors.New("there is an operator of that name, or with that certificate: `turnkey operator list` shows them")
	ErrOperatorIsParty   = errors.New("a party logs in with that certificate: an operator needs a card of their own")
	ErrPartyIsOperator   = errors.New("somebody of the staff logs in with that certificate: a party needs a card of its own")
	ErrPeriod            = errors.New("the period in force is empty: it must begin before it ends")
)
