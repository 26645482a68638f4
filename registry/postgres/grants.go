package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var (
	//go:embed sql/revokeAll.sql
	revokeAllSQL string
	//go:embed sql/grantGateway.sql
	grantGatewaySQL string
	//go:embed sql/grantPortal.sql
	grantPortalSQL string
	//go:embed sql/roleNamed.sql
	roleNamedSQL string
	//go:embed sql/roleExcess.sql
	roleExcessSQL string
)

// A Service is a program that works on the registry under a role of its own.
type Service string

const (
	GatewayService Service = "gateway" // reads what judging needs
	PortalService  Service = "portal"  // does what a [Store] does for people on the web
)

// What a role can't be granted a service's rights for.
var (
	ErrNoRole     = errors.New("there is no such role: CREATE ROLE name LOGIN makes it")
	ErrRoleExcess = errors.New("the role may do more than its service needs")
)

// Grant gives a role exactly the rights that a service needs, and takes from it what it
// was granted on the registry's tables before. The pool's own role must own them. The error
// wraps [ErrNoRole], or [ErrRoleExcess] if the role has other rights from elsewhere with
// which it could undo what the schema guards; then nothing was changed.
//
// A step of the schema that makes tables grants nothing on them: Grant is to follow each
// [Migrate].
func Grant(ctx context.Context, pool *pgxpool.Pool, service Service, role string) error {
	statements := map[Service]string{GatewayService: grantGatewaySQL, PortalService: grantPortalSQL}[service]
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var exists bool
		var database, schema string
		if err := tx.QueryRow(ctx, roleNamedSQL, role).Scan(&exists, &database, &schema); err != nil {
			return err
		}
		if !exists {
			return ErrNoRole
		}
		// Names can't be parameters of GRANT.
		names := strings.NewReplacer(":role", pgx.Identifier{role}.Sanitize(),
			":database", pgx.Identifier{database}.Sanitize(), ":schema", pgx.Identifier{schema}.Sanitize())
		if _, err := tx.Exec(ctx, names.Replace(revokeAllSQL+statements)); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, roleExcessSQL, role)
		if err != nil {
			return err
		}
		excess, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		if len(excess) > 0 {
			return fmt.Errorf("%w: %s", ErrRoleExcess, strings.Join(excess, "; "))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("grant role %q what the %s needs: %w", role, service, err)
	}
	return nil
}
