package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"turnkey-gateway/cmd/internal/config"
	"turnkey-gateway/registry"
	"turnkey-gateway/registry/keyfile"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/verifier"
)

// connectTimeout bounds one attempt to reach Postgres, where its URL says nothing else.
const connectTimeout = 5 * time.Second

// refusals of the registry, each a "no" and not a failure.
var refusals = []error{
	registry.ErrNoParty, registry.ErrNoRegistration, registry.ErrIdentifierTaken, registry.ErrAlreadyRegistered,
	registry.ErrElsewhere, registry.ErrRevoked, registry.ErrState, registry.ErrPeriod,
	registry.ErrNoOperator, registry.ErrOperatorExists, registry.ErrOperatorIsParty,
}

// answered marks what the registry refused as a "no".
func answered(err error) error {
	for _, r := range refusals {
		if errors.Is(err, r) {
			return &refusal{err}
		}
	}
	return err
}

// databaseFlag declares the setting of commands that need the database and no key.
func databaseFlag(cmd *cobra.Command) *settings {
	s := newSettings()
	s.flag(cmd.Flags(), "DATABASE_FILE", "`FILE` that holds the Postgres URL")
	return s
}

// registryFlags declares the settings that commands on the registry share.
func registryFlags(cmd *cobra.Command) *settings {
	s := databaseFlag(cmd)
	s.flag(cmd.Flags(), "LOOKUP_KEY_FILE", "`FILE` with lookup.key, by which identifiers are found")
	s.flag(cmd.Flags(), "IDENTITY_KEY_FILE", "`FILE` with identity.key, to store and show national ids")
	s.flag(cmd.Flags(), "IDENTITY_OLD_KEY_FILES", "`FILES` with the identity.keys before that one, comma-separated")
	return s
}

// A registryRoom is an open registry.
type registryRoom struct {
	*postgres.Store
	pool *pgxpool.Pool
}

func (r *registryRoom) close() { r.pool.Close() }

const adviceSettings = `these settings name files, so that no secret stands in a command or a process listing:
  echo "postgres://turnkey@db.example.org/registry" > /etc/turnkey/database; chmod 600 /etc/turnkey/database
  export TURNKEY_DATABASE_FILE=/etc/turnkey/database TURNKEY_LOOKUP_KEY_FILE=/etc/turnkey/lookup.key
the keys are made by: turnkey keys init DIR`

// openRegistry opens the registry that the settings name, and checks that its schema
// is one that this program knows.
func (t *tool) openRegistry(ctx context.Context, s *settings) (*registryRoom, error) {
	r := s.reader(t.getenv)
	database := r.File("DATABASE_FILE", "it holds the Postgres URL")
	lookupFile := r.File("LOOKUP_KEY_FILE", "the key by which identifiers are found")
	identityFile := r.OptionalFile("IDENTITY_KEY_FILE", "the key that national ids are stored under")
	olderFiles := r.OptionalFiles("IDENTITY_OLD_KEY_FILES", "the keys before that one")
	if identityFile == "" && olderFiles != nil {
		r.Refuse("IDENTITY_OLD_KEY_FILES", "is of no use without %sIDENTITY_KEY_FILE: set that to the current key's file", settingsPrefix)
	}
	if err := r.Err(); err != nil {
		return nil, advise(err, adviceSettings)
	}
	lookup, err := keyfile.Load(lookupFile)
	if err != nil {
		return nil, err
	}
	var identity *registry.IdentityKey
	if identityFile != "" {
		if identity, err = registry.LoadIdentityKey(identityFile, olderFiles...); err != nil {
			return nil, err
		}
	}
	return openStore(ctx, database, registry.NewLookupKey(lookup), identity)
}

func openStore(ctx context.Context, database string, lookup registry.LookupKey, identity *registry.IdentityKey) (*registryRoom, error) {
	pool, err := openPool(ctx, database)
	if err != nil {
		return nil, err
	}
	if err := postgres.CheckSchema(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return &registryRoom{postgres.NewStore(pool, lookup, identity), pool}, nil
}

// openDatabase opens a registry for what needs no key.
func (t *tool) openDatabase(ctx context.Context, s *settings) (*registryRoom, error) {
	r := s.reader(t.getenv)
	database := r.File("DATABASE_FILE", "it holds the Postgres URL")
	if err := r.Err(); err != nil {
		return nil, advise(err, adviceSettings)
	}
	return openStore(ctx, database, registry.LookupKey{}, nil)
}

// openPool connects to the Postgres whose URL stands in a file, and waits for its
// first answer.
func openPool(ctx context.Context, urlFile string) (*pgxpool.Pool, error) {
	url, err := config.Secret(urlFile)
	if err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil { // the error may quote the URL, password and all
		return nil, fmt.Errorf("read %s: it holds no Postgres URL such as postgres://user@host:5432/database", urlFile)
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, advise(fmt.Errorf("reach the database: %w", err), "check that Postgres runs and that the URL in %s is right", urlFile)
	}
	return pool, nil
}

// party returns the one party that goes by an identifier, or by its registry name.
func (r *registryRoom) party(ctx context.Context, who string) (verifier.PartyID, error) {
	found, err := r.FindParties(ctx, who)
	if err != nil {
		return "", err
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", advise(refuse("no party goes by %q", who), "list them: turnkey parties\nmake one: turnkey party create %s ...", who)
	default:
		return "", advise(refuse("%d parties go by %q: %v", len(found), who, found), "give the one meant by its registry name, such as %s", found[0])
	}
}

// checkNoNationalID refuses a national id as an argument: others see those.
func checkNoNationalID(values ...string) error {
	for _, v := range values {
		if registry.CheckIdentifier(verifier.NationalID, v) == nil {
			return advise(errors.New("a national id was given as an argument, where process listings and the shell's history show it"),
				"give the account or 統一編號 instead, or the national id in a file (--national-id-file FILE, - for standard input)")
		}
	}
	return nil
}

var notInActor = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// actor is who the audit log names: --actor, else the operating system's user.
func actor(flag string) (registry.Actor, error) {
	if flag != "" {
		a := registry.Actor(flag)
		return a, advise(a.Check(), "for example: --actor operator:chen.mei")
	}
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = notInActor.ReplaceAllString(u.Username, "-")
	}
	a := registry.Actor("operator:" + name)
	return a, advise(a.Check(), "give a name: --actor operator:chen.mei")
}

func actorFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("actor", "", "who does this, for the audit log: `ROLE:NAME` (default operator:<your OS user>)")
}
