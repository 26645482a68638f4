package registry

import (
	"fmt"
	"regexp"

	"turnkey-gateway/verifier"
)

// An Actor is who changes the registry, for the audit log: a role and a name without
// personal data, e.g. operator:root, party:P-..., system:relay.
type Actor string

var actorPattern = regexp.MustCompile(`^[a-z]+:[A-Za-z0-9._-]{1,64}$`)

// Check refuses what the audit log would: above all e-mail addresses.
func (a Actor) Check() error {
	if !actorPattern.MatchString(string(a)) {
		return fmt.Errorf("actor %q is not role:name with letters, digits, dot, dash and underscore", string(a))
	}
	return nil
}

// PartyActor is a party that acts for itself, in a session that it opened.
func PartyActor(party verifier.PartyID) Actor { return Actor("party:" + string(party)) }

// OperatorActor is somebody who works for the portal's operator.
func OperatorActor(name string) Actor { return Actor("operator:" + name) }

// VisitorActor is whoever sits at a browser without having logged in: named by the
// first bytes of its session's id, so that what one session did can be seen.
func VisitorActor(id SessionID) Actor { return Actor(fmt.Sprintf("visitor:%x", id[:6])) }
