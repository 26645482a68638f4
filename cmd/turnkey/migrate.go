package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"turnkey-gateway/registry/postgres"
)

func (t *tool) migrateCommand() *cobra.Command {
	var status bool
	var roles grants
	cmd := &cobra.Command{
		Use:     "migrate [--status] [--grant-portal ROLE] [--grant-gateway ROLE]",
		GroupID: groupOperations,
		Short:   "Bring the database's schema up to date",
		Long: `Applies the steps that the database's schema lacks. Programs of the release before run on
through each step, so it can be done while the gateway works. Several at once take turns.
更新資料庫結構；更新期間服務不中斷。

With --status it only says where the schema stands: exit code 0 if this program can work
with it, 1 if it must be migrated first.

The database's owner migrates; services should work under roles of their own, made before by
CREATE ROLE name LOGIN. --grant-portal and --grant-gateway give them exactly what they need, and
take from them what they were granted on these tables before. Under such a role nobody can alter
the audit log, switch off a trigger, or make an operator. A role that may do more, by way of
another role or of everybody, is refused, and the exit code is 1. Give the flags each time: a
step that makes a table grants nothing on it.
--grant-portal 與 --grant-gateway 將資料庫角色的權限設為服務所需的最小範圍；以該角色無法竄改稽核紀錄。`,
		Example: `  turnkey migrate --status
  turnkey migrate
  turnkey migrate --grant-portal turnkey_portal --grant-gateway turnkey_gateway`,
		Args: wantArgs(0, 0, "no argument"),
	}
	s := newSettings()
	s.flag(cmd.Flags(), "DATABASE_FILE", "`FILE` that holds the Postgres URL")
	cmd.Flags().BoolVar(&status, "status", false, "say where the schema stands and change nothing")
	roles.declare(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := roles.check(cmd, status); err != nil {
			return err
		}
		settings := s.reader(t.getenv)
		database := settings.File("DATABASE_FILE", "it holds the Postgres URL")
		if err := settings.Err(); err != nil {
			return advise(err, adviceSettings)
		}
		pool, err := openPool(cmd.Context(), database)
		if err != nil {
			return err
		}
		defer pool.Close()
		before, err := postgres.SchemaVersion(cmd.Context(), pool)
		if err != nil {
			return err
		}
		if status {
			fmt.Fprintf(t.stdout, "schema step %d\n", before)
			err := postgres.CheckSchema(cmd.Context(), pool)
			if errors.Is(err, postgres.ErrSchema) {
				return &refusal{err}
			}
			return err
		}
		if err := postgres.Migrate(cmd.Context(), pool); err != nil {
			return err
		}
		after, err := postgres.SchemaVersion(cmd.Context(), pool)
		if err != nil {
			return err
		}
		if before == after {
			fmt.Fprintf(t.stdout, "schema step %d: up to date already\n", after)
		} else {
			fmt.Fprintf(t.stdout, "schema step %d, was %d\n", after, before)
		}
		return t.grant(cmd.Context(), pool, roles)
	}
	return cmd
}

// grants are the roles of services, empty where none is to be granted anything.
type grants struct{ portal, gateway string }

func (g *grants) declare(cmd *cobra.Command) {
	cmd.Flags().StringVar(&g.portal, "grant-portal", "", "the portal works under that `ROLE`: give it what it needs, and no more")
	cmd.Flags().StringVar(&g.gateway, "grant-gateway", "", "the gateway works under that `ROLE`: give it what it needs, and no more")
}

func (g *grants) check(cmd *cobra.Command, status bool) error {
	switch {
	case *g == grants{}:
		return nil
	case status:
		return misuse(cmd, "--status changes nothing: leave out --grant-portal and --grant-gateway")
	case g.portal == g.gateway:
		return misuse(cmd, "portal and gateway need a role each: %q is given for both", g.portal)
	}
	return nil
}

func (t *tool) grant(ctx context.Context, pool *pgxpool.Pool, roles grants) error {
	for _, g := range []struct {
		service postgres.Service
		role    string
	}{{postgres.PortalService, roles.portal}, {postgres.GatewayService, roles.gateway}} {
		if g.role == "" {
			continue
		}
		err := postgres.Grant(ctx, pool, g.service, g.role)
		switch {
		case errors.Is(err, postgres.ErrNoRole), errors.Is(err, postgres.ErrRoleExcess):
			return &refusal{err}
		case err != nil:
			return advise(err, "the role that the Postgres URL names must own the registry's tables")
		}
		fmt.Fprintf(t.stdout, "granted: role %s may do what the %s needs, and no more\n", g.role, g.service)
	}
	return nil
}
