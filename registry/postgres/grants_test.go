package postgres_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/postgres"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// granted is a registry with a store under a role that has a service's rights; w.pool
// stays the owner's.
func granted(t *testing.T, service postgres.Service) (w *world, owner *postgres.Store, pool *pgxpool.Pool) {
	role := registrytest.NewRole(t)
	url := registrytest.Database(t)
	w = newWorld(t, url)
	w.must(postgres.Grant(t.Context(), w.pool, service, role.Name))
	pool = registrytest.Pool(t, role.On(t, url))
	owner, w.store = w.store, registrytest.StoreOn(t, pool)
	return w, owner, pool
}

// denied reports whether PostgreSQL refused something for want of a right.
func denied(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "42501"
}

// TestPortalRoleDoesWhatThePortalDoes runs a broad sample of the store under it.
func TestPortalRoleDoesWhatThePortalDoes(t *testing.T) {
	w, owner, pool := granted(t, postgres.PortalService)
	ctx := t.Context()
	w.must(postgres.CheckSchema(ctx, pool))
	contract(w, "a new epoch is a change")

	// An account, from its session on.
	token, session, err := w.store.BeginSession(ctx, hour)
	w.must(err)
	w.must(w.store.SaveDraft(ctx, session.ID, "register", "x"))
	w.must(w.store.SaveDraft(ctx, session.ID, "register", "y"))
	var draft string
	w.must(w.store.Draft(ctx, session.ID, "register", &draft))
	w.must(w.store.DropDraft(ctx, session.ID, "register"))
	nonce, err := w.store.NewChallenge(ctx, session.ID, "register")
	w.must(err)
	w.must(w.store.TakeChallenge(ctx, session.ID, "register", nonce))
	for range 3 {
		_, err = w.store.Take(ctx, registry.Bucket{Name: "login", Burst: 1, Every: time.Minute}, "a")
		w.must(err)
	}
	a := w.newAccount("97162640")
	party, _, err := w.store.OpenAccount(ctx, "visitor:1", a)
	w.must(err)
	login := a.Login.Certificate.Fingerprint()
	holder, err := w.store.LoginOf(ctx, login)
	w.must(err)
	token, _, err = w.store.LogIn(ctx, token, registry.Opening{LoginHolder: holder, Strength: registry.ByCertificate, Certificate: login}, hour)
	w.must(err)
	_, err = w.store.Session(ctx, token)
	w.must(err)
	w.must(w.store.SetProfile(ctx, "party:1", party, a.Profile, "en"))
	w.must(w.store.SetPassword(ctx, "party:1", party, a.PasswordHash))
	_, _, err = w.store.PasswordOf(ctx, "97162640")
	w.must(err)
	_, _, err = w.store.AccountNamed(ctx, "97162640")
	w.must(err)
	_, err = w.store.Exists(ctx, verifier.BusinessID, "97162640")
	w.must(err)
	reset, err := w.store.NewReset(ctx, "visitor:1", party, false)
	w.must(err)
	_, err = w.store.ResetValid(ctx, reset)
	w.must(err)
	_, err = w.store.TakeReset(ctx, reset)
	w.must(err)
	_, err = w.store.NewReset(ctx, "visitor:1", party, true)
	w.must(err)
	resets, err := w.store.ResetsForStaff(ctx)
	w.must(err)
	_, _, err = w.store.ApproveReset(ctx, "operator:chen", resets[0].ID)
	w.must(err)

	// Imports, claims, what is pending.
	pending := w.anImport("97162640", false)
	_, err = w.store.Import(ctx, "visitor:1", pending)
	w.must(err)
	r := postgres.Registered{Party: party, Certificate: pending.Registration.Certificate.Fingerprint(), Usage: registry.Signing}
	w.must(w.store.ProvePossession(ctx, "visitor:1", r))
	w.must(w.store.ProvePossession(ctx, "visitor:1", r))
	_, err = w.store.Listed(ctx, "0C1", verifier.BrokerBox)
	w.must(err)
	_, err = w.store.Pending(ctx)
	w.must(err)
	_, _, err = w.store.Confirm(ctx, "operator:chen", r)
	w.must(err)
	claims, err := w.store.Claims(ctx, party)
	w.must(err)
	_, err = w.store.ApproveClaim(ctx, "operator:chen", party, claims[0].Lookup)
	w.must(err)
	imported, err := w.store.Import(ctx, "visitor:1", w.anImport("04595252", true))
	w.must(err)
	claims, err = w.store.Claims(ctx, imported.Party)
	w.must(err)
	w.must(w.store.RefuseClaim(ctx, "operator:chen", imported.Party, claims[0].Lookup))
	w.must(w.store.AddLegacyAccount(ctx, "operator:chen", imported.Party, registry.Company, "trader"))

	// Mail, notices, the audit log, what has expired.
	w.must(w.store.Enqueue(ctx, registry.Mail{To: "a@example.test"}))
	down := errors.New("down")
	_, err = w.store.SendNext(ctx, func(context.Context, registry.Mail) error { return down })
	w.wants(err, down)
	_, err = w.pool.Exec(ctx, `UPDATE outbox SET due_at = now()`)
	w.must(err)
	_, err = w.store.SendNext(ctx, func(context.Context, registry.Mail) error { return nil })
	w.must(err)
	_, err = w.store.Notify(ctx, "system:notices", 400, func(registry.Registration, string, registry.Profile) (registry.Mail, bool) {
		return registry.Mail{To: "a@example.test"}, true
	})
	w.must(err)
	w.must(w.store.Note(ctx, "visitor:1", registry.Queried, party, nil, "by=ubn"))
	_, err = w.store.AuditEntries(ctx, registry.AuditQuery{Party: party, Limit: 10})
	w.must(err)
	_, err = w.store.Operators(ctx)
	w.must(err)
	w.must(w.store.EndSession(ctx, token))
	w.must(w.store.EndSessions(ctx, party))
	w.must(w.store.Sweep(ctx))

	// An operator is made by nobody but the owner, and then lets in.
	card := w.certificate()
	if err := w.store.AddOperator(ctx, registrytest.Operator, "chen", card); !denied(err) {
		t.Errorf("the portal made an operator: %v", err)
	}
	w.must(owner.AddOperator(ctx, registrytest.Operator, "chen", card))
	holder, err = w.store.LoginOf(ctx, card.Fingerprint())
	w.must(err)
	_, _, err = w.store.LogIn(ctx, "", registry.Opening{LoginHolder: holder, Strength: registry.ByCertificate, Certificate: card.Fingerprint()}, hour)
	w.must(err)
	report, err := owner.VerifyAudit(ctx, nil)
	w.must(err)
	if report.Broken != 0 || report.Entries < 20 {
		t.Errorf("%+v", report)
	}
}

func TestGatewayRoleReadsWhatJudgingNeeds(t *testing.T) {
	w, owner, pool := granted(t, postgres.GatewayService)
	w.must(postgres.CheckSchema(t.Context(), pool))
	party, _, err := owner.OpenAccount(t.Context(), "visitor:1", w.newAccount("97162640"))
	w.must(err)
	cert := w.certificate()
	_, _, err = owner.Register(t.Context(), registrytest.Operator, signing(party, cert))
	w.must(err)
	if got := w.state("97162640", cert); got != verifier.InForce {
		t.Errorf("it sees %q", got)
	}
	reader := postgres.NewReader(pool)
	holders, err := reader.Elsewhere(t.Context(), []verifier.Fingerprint{cert.Fingerprint()})
	w.must(err)
	if holders[cert.Fingerprint()] != party {
		t.Errorf("holders %v", holders)
	}
	_, _, _, err = reader.Changes(t.Context(), 0, 10)
	w.must(err)
	for _, statement := range []string{
		`SELECT sealed FROM identifiers`, `SELECT shown FROM identifiers`, `SELECT * FROM accounts`, `SELECT * FROM sessions`,
		`SELECT * FROM audit_log`, `SELECT * FROM outbox`, `SELECT * FROM operators`, `SELECT * FROM identifier_claims`,
		`UPDATE registry_clock SET version = version + 1`, `INSERT INTO revocations (fingerprint) VALUES ('x')`,
	} {
		if _, err := pool.Exec(t.Context(), statement); !denied(err) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// TestServicesCannotRewriteHistory tries, under each role, what only an owner may.
func TestServicesCannotRewriteHistory(t *testing.T) {
	for _, service := range []postgres.Service{postgres.GatewayService, postgres.PortalService} {
		t.Run(string(service), func(t *testing.T) {
			w, owner, pool := granted(t, service)
			w.must(owner.Note(t.Context(), registrytest.Operator, registry.Queried, "", nil, ""))
			for _, statement := range []string{
				`UPDATE audit_log SET actor = 'operator:other'`,
				`UPDATE audit_log SET detail = ''`,
				`DELETE FROM audit_log`,
				`TRUNCATE audit_log`,
				`INSERT INTO audit_log (id, actor, action) VALUES (7, 'operator:other', 'queried')`,
				`INSERT INTO audit_log (at, actor, action) VALUES (now(), 'operator:other', 'queried')`,
				`INSERT INTO audit_log (hash, actor, action) VALUES ('x', 'operator:other', 'queried')`,
				`ALTER TABLE audit_log DISABLE TRIGGER USER`,
				`ALTER TABLE audit_log DISABLE TRIGGER audit_chained`,
				`DROP TRIGGER audit_chained ON audit_log`,
				`CREATE TRIGGER mine BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
				`CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$`,
				`ALTER FUNCTION audit_chain() SECURITY INVOKER`,
				`SET session_replication_role = replica`,
				`DROP TABLE audit_log`,
				`SELECT * FROM audit_head`,
				`UPDATE audit_head SET id = 0`,
				`INSERT INTO audit_head (id, hash) VALUES (0, 'x')`,
				`DELETE FROM audit_head`,
				`DROP TABLE audit_head`,
				`DROP TABLE accounts`,
				`CREATE TABLE mine (i int)`,
				`CREATE SCHEMA mine`,
				`UPDATE registry_changes SET kind = 'revoked'`,
				`DELETE FROM registry_changes`,
				`DELETE FROM revocations`,
				`UPDATE certificates SET not_after = 'infinity'`,
				`UPDATE registrations SET party = party`,
				`DELETE FROM registrations`,
				`UPDATE identifiers SET party = party`,
				`DELETE FROM identifiers`,
				`UPDATE registry_clock SET epoch = gen_random_uuid()`,
				`UPDATE operators SET name = 'mallory'`,
				`INSERT INTO operators (name, fingerprint) VALUES ('mallory', 'x')`,
				`DELETE FROM registry_schema`,
				`TRUNCATE sessions CASCADE`,
			} {
				if _, err := pool.Exec(t.Context(), statement); !denied(err) {
					t.Errorf("%s: %v", statement, err)
				}
			}
			report, err := owner.VerifyAudit(t.Context(), nil)
			w.must(err)
			if report.Broken != 0 || report.Entries != 1 {
				t.Errorf("%+v", report)
			}
		})
	}
}

// TestTemporaryTablesDeceiveNoGuard puts tables of the guards' names before theirs.
func TestTemporaryTablesDeceiveNoGuard(t *testing.T) {
	w, owner, pool := granted(t, postgres.PortalService)
	w.must(owner.Note(t.Context(), registrytest.Operator, registry.Queried, "", nil, ""))
	conn, err := pool.Acquire(t.Context())
	w.must(err)
	defer conn.Release()
	exec := func(statement string) error {
		_, err := conn.Exec(t.Context(), statement)
		return err
	}
	w.must(exec(`
		CREATE TEMPORARY TABLE audit_head (id bigint, hash bytea);
		INSERT INTO audit_head VALUES (41, decode(repeat('07', 32), 'hex'));
		GRANT ALL ON audit_head TO public;
		CREATE TEMPORARY TABLE registry_clock (ticked_in xid8 DEFAULT pg_current_xact_id())`))
	w.must(exec(`INSERT INTO audit_log (actor, action) VALUES ('visitor:1', 'queried')`))
	err = exec(`BEGIN; INSERT INTO pg_temp.registry_clock DEFAULT VALUES;
		INSERT INTO identifiers (lookup, party, kind, shown) SELECT sha256('x'), 'P-AAAAAAAAAAAAAAAA', 'box', 'X'; COMMIT`)
	if constraintOf(err) != "no_change_without_version" {
		t.Errorf("an identifier without a version: %v", err)
	}
	w.must(exec(`ROLLBACK; DISCARD TEMP`))
	report, err := owner.VerifyAudit(t.Context(), nil)
	w.must(err)
	if report.Broken != 0 || report.Entries != 2 {
		t.Errorf("%+v", report)
	}
}

// ownersStatements are those of the tool, which works under the owner's role.
var ownersStatements = []string{
	"addOperator", "auditHead", "grantGateway", "grantPortal", "removeOperator", "revokeAll", "tickEpoch",
	"resealIdentifiers", "resealClaims", "resealDetails", "resealMail",
}

// TestPortalRoleMayRunEveryStatement asks PostgreSQL to plan each of them, and so to check
// the rights that it takes.
func TestPortalRoleMayRunEveryStatement(t *testing.T) {
	w, _, pool := granted(t, postgres.PortalService)
	files, err := filepath.Glob("sql/*.sql")
	w.must(err)
	if len(files) < 60 {
		t.Fatalf("%d statements", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		w.must(err)
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		err = explains(t.Context(), pool, string(text))
		switch isOwners := slices.Contains(ownersStatements, name); {
		case strings.HasPrefix(name, "grant"), strings.HasPrefix(name, "revokeAll"): // can't be planned
		case isOwners && !denied(err):
			t.Errorf("%s is the owner's, and the portal may run it: %v", name, err)
		case !isOwners && err != nil:
			t.Errorf("%s: %v", name, err)
		}
	}
}

// explains has a statement planned for parameters not yet known.
func explains(ctx context.Context, pool *pgxpool.Pool, statement string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL plan_cache_mode = force_generic_plan; DEALLOCATE ALL; PREPARE planned AS "+statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
		var parameters int
		err := tx.QueryRow(ctx, "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'planned'", pgx.QueryExecModeSimpleProtocol).Scan(&parameters)
		if err != nil {
			return err
		}
		nulls := ""
		if parameters > 0 {
			nulls = "(" + strings.TrimSuffix(strings.Repeat("NULL,", parameters), ",") + ")"
		}
		_, err = tx.Exec(ctx, "EXPLAIN EXECUTE planned"+nulls, pgx.QueryExecModeSimpleProtocol)
		return err
	})
}

func TestGrantTakesBackWhatWasGrantedBefore(t *testing.T) {
	role := registrytest.NewRole(t)
	url := registrytest.Database(t)
	w := newWorld(t, url)
	pool := registrytest.Pool(t, role.On(t, url))
	_, err := w.pool.Exec(t.Context(), `GRANT ALL ON ALL TABLES IN SCHEMA public TO `+role.Name)
	w.must(err)
	w.must(postgres.Grant(t.Context(), w.pool, postgres.PortalService, role.Name))
	w.must(postgres.Grant(t.Context(), w.pool, postgres.GatewayService, role.Name))
	rows, err := w.pool.Query(t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
	w.must(err)
	for rows.Next() {
		var table string
		w.must(rows.Scan(&table))
		for _, statement := range []string{"DELETE FROM ", "TRUNCATE "} {
			if _, err := pool.Exec(t.Context(), statement+table); !denied(err) {
				t.Errorf("%s%s: %v", statement, table, err)
			}
		}
	}
	w.must(rows.Err())
}

func TestGrantRefusesRoles(t *testing.T) {
	owned, inherits := registrytest.NewRole(t), registrytest.NewRole(t)
	w := newWorld(t, registrytest.Database(t))
	w.wants(postgres.Grant(t.Context(), w.pool, postgres.PortalService, `no"body; DROP TABLE audit_log`), postgres.ErrNoRole)
	var me string
	w.must(w.pool.QueryRow(t.Context(), `SELECT current_user`).Scan(&me))
	w.wants(postgres.Grant(t.Context(), w.pool, postgres.PortalService, me), postgres.ErrRoleExcess)
	w.must(postgres.Grant(t.Context(), w.pool, postgres.PortalService, owned.Name))
	for name, setup := range map[string]string{
		"owns a table":          `ALTER TABLE outbox OWNER TO ` + owned.Name,
		"may write everything":  `GRANT pg_write_all_data TO ` + owned.Name,
		"by way of another":     `GRANT UPDATE ON audit_log TO ` + inherits.Name + `; GRANT ` + inherits.Name + ` TO ` + owned.Name,
		"by way of everybody":   `GRANT UPDATE ON audit_head TO public`,
		"a column of the log":   `GRANT UPDATE (detail) ON audit_log TO public`,
		"makes roles":           `ALTER ROLE ` + owned.Name + ` CREATEROLE`,
		"creates in the schema": `GRANT CREATE ON SCHEMA public TO ` + owned.Name,
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			_, err := w.pool.Exec(t.Context(), setup)
			w.must(err)
			err = postgres.Grant(t.Context(), w.pool, postgres.PortalService, owned.Name)
			w.wants(err, postgres.ErrRoleExcess)
			_, err = w.pool.Exec(t.Context(), `ALTER TABLE outbox OWNER TO CURRENT_USER; REVOKE pg_write_all_data, `+inherits.Name+` FROM `+owned.Name+`;
				REVOKE ALL ON audit_head, audit_log FROM public; REVOKE UPDATE (detail) ON audit_log FROM public;
				ALTER ROLE `+owned.Name+` NOCREATEROLE; REVOKE CREATE ON SCHEMA public FROM `+owned.Name)
			w.must(err)
			w.must(postgres.Grant(t.Context(), w.pool, postgres.PortalService, owned.Name))
		})
	}
}
