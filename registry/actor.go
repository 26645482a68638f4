package registry

import (
	"fmt"
	"regexp"
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
