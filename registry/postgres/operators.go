package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"turnkey-gateway/registry"
	"turnkey-gateway/verifier"
)

var (
	//go:embed sql/addOperator.sql
	addOperatorSQL string
	//go:embed sql/operatorObstacles.sql
	operatorObstaclesSQL string
	//go:embed sql/removeOperator.sql
	removeOperatorSQL string
	//go:embed sql/isOperator.sql
	isOperatorSQL string
	//go:embed sql/Operators.sql
	operatorsSQL string
)

// An Operator is somebody who works for the portal's operator.
type Operator struct {
	Name        string
	Certificate *verifier.Certificate
	CreatedAt   time.Time
}

// AddOperator lets the holder of a certificate log in as an operator. The error wraps
// [registry.ErrOperatorExists], [registry.ErrOperatorIsParty] or [registry.ErrRevoked].
func (s *Store) AddOperator(ctx context.Context, actor registry.Actor, name string, certificate *verifier.Certificate) error {
	return s.change(ctx, actor, "add an operator", func(c change) error {
		fingerprint := certificate.Fingerprint()
		if err := c.mayOperate(ctx, fingerprint); err != nil {
			return err
		}
		_, err := c.Exec(ctx, keepCertificateSQL, fingerprint[:], certificate.DER(), certificate.NotBefore(), certificate.NotAfter())
		if err != nil {
			return err
		}
		if _, err := c.Exec(ctx, addOperatorSQL, name, fingerprint[:]); err != nil {
			return err
		}
		return c.note(ctx, registry.OperatorAdded, "", &fingerprint, name)
	})
}

// mayOperate refuses certificates that would let nobody in.
func (c change) mayOperate(ctx context.Context, fingerprint verifier.Fingerprint) error {
	var revoked, isParty bool
	err := c.QueryRow(ctx, operatorObstaclesSQL, fingerprint[:]).Scan(&revoked, &isParty)
	switch {
	case err != nil:
		return err
	case revoked:
		return registry.ErrRevoked
	case isParty:
		return registry.ErrOperatorIsParty
	}
	return nil
}

// RemoveOperator ends an operator's right to log in, and its sessions.
func (s *Store) RemoveOperator(ctx context.Context, actor registry.Actor, name string) error {
	return s.change(ctx, actor, "remove an operator", func(c change) error {
		done, err := c.Exec(ctx, removeOperatorSQL, name)
		if err == nil && done.RowsAffected() == 0 {
			err = registry.ErrNoOperator
		}
		if err != nil {
			return err
		}
		return c.note(ctx, registry.OperatorRemoved, "", nil, name)
	})
}

// Operators returns all operators, by name.
func (s *Store) Operators(ctx context.Context) ([]Operator, error) {
	rows, err := s.pool.Query(ctx, operatorsSQL)
	if err != nil {
		return nil, fmt.Errorf("list operators: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Operator, err error) {
		var der []byte
		if err = row.Scan(&o.Name, &der, &o.CreatedAt); err != nil {
			return o, err
		}
		o.Certificate, err = verifier.ParseCertificate(der)
		return o, err
	})
}
