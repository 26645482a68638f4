package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"turnkey-gateway/registry/postgres"
)

func (t *tool) migrateCommand() *cobra.Command {
	var status bool
	cmd := &cobra.Command{
		Use:     "migrate [--status]",
		GroupID: groupOperations,
		Short:   "Bring the database's schema up to date",
		Long: `Applies the steps that the database's schema lacks. Programs of the release before run on
through each step, so it can be done while the gateway works. Several at once take turns.
更新資料庫結構；更新期間服務不中斷。

With --status it only says where the schema stands: exit code 0 if this program can work
with it, 1 if it must be migrated first.`,
		Example: `  turnkey migrate --status
  turnkey migrate`,
		Args: wantArgs(0, 0, "no argument"),
	}
	s := newSettings()
	s.flag(cmd.Flags(), "DATABASE_FILE", "`FILE` that holds the Postgres URL")
	cmd.Flags().BoolVar(&status, "status", false, "say where the schema stands and change nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
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
			return nil
		}
		fmt.Fprintf(t.stdout, "schema step %d, was %d\n", after, before)
		return nil
	}
	return cmd
}
