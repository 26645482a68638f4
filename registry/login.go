package registry

import (
	"time"

	"turnkey-gateway/verifier"
)

// A LoginObstacle is why a certificate lets nobody in at present.
type LoginObstacle string

const (
	NotRegistered  LoginObstacle = "not_registered" // as a login certificate; as a signing one it may be
	LoginExpired   LoginObstacle = "expired"
	LoginNotYet    LoginObstacle = "not_yet_valid"
	LoginRevoked   LoginObstacle = "revoked"
	LoginWithdrawn LoginObstacle = "withdrawn"
	LoginReplaced  LoginObstacle = "replaced" // another certificate took its place
)

// LoginObstacles are all of them.
var LoginObstacles = []LoginObstacle{NotRegistered, LoginExpired, LoginNotYet, LoginRevoked, LoginWithdrawn, LoginReplaced}

// CheckRevoked returns a [Refusal] if the issuer's own list names the certificate. Where
// an issuer's lists are out of date, what they don't name is not known to be revoked.
func (r *Rules) CheckRevoked(certificate *verifier.Certificate, at time.Time) error {
	if r == nil {
		return nil
	}
	_, err := r.Issuers.checkRevoked(certificate.X509(), at)
	return err
}

// DeviceLifetime is how long a browser is known from which somebody logged in to an
// account by its password.
const DeviceLifetime = 180 * 24 * time.Hour
