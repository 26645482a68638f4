package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"turnkey-gateway/registry"
)

// SQLSTATEs, from PostgreSQL's Appendix A.
const (
	undefinedTable = "42P01"
	dataException  = "22000" // here: a range whose end is before its beginning
)

// refusals says what it means that a constraint, or a trigger that raises under a
// constraint's name, stood against a change. Those not here are held by code before.
var refusals = map[string]error{
	"registrations_party":           registry.ErrNoParty,
	"identifiers_party":             registry.ErrNoParty,
	"identifiers_one_party":         registry.ErrIdentifierTaken,
	"registrations_one_live":        registry.ErrAlreadyRegistered,
	"registrations_one_holder":      registry.ErrElsewhere,
	"registrations_never_unrevoked": registry.ErrRevoked,
	"revocations_fingerprint":       registry.ErrRevoked,
	"registrations_period_valid":    registry.ErrPeriod,
	"accounts_one_per_party":        registry.ErrAccountExists,
	"accounts_party":                registry.ErrNoParty,
	"password_resets_account":       registry.ErrNoAccount,
	"drafts_session":                registry.ErrNoSession,
	"challenges_session":            registry.ErrNoSession,
	"operators_name":                registry.ErrOperatorExists,
	"operators_one_per_certificate": registry.ErrOperatorExists,
}

// explain wraps a database error with what was attempted, and with the error of
// package registry that it means, if any.
func explain(attempt string, err error) error {
	if err == nil {
		return nil
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		if meaning, ok := refusals[refused.ConstraintName]; ok {
			return fmt.Errorf("%s: %w", attempt, meaning)
		}
		if refused.Code == dataException {
			return fmt.Errorf("%s: %w", attempt, registry.ErrPeriod)
		}
	}
	return fmt.Errorf("%s: %w", attempt, err)
}
