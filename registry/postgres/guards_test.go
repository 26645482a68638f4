package postgres_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"turnkey-gateway/registry"
	"turnkey-gateway/registry/registrytest"
	"turnkey-gateway/verifier"
)

// register is what a registration needs in SQL; rows of the table below spoil one part.
const insertRegistration = `INSERT INTO registrations (party, fingerprint, usage, kind, medium, usage_type, state, in_force, ended_at, is_main) `

const (
	insertAccount = `INSERT INTO accounts (party, category, attribute, language, password) `
	insertSession = `INSERT INTO sessions (id, party, operator, strength, fingerprint, expires_at) `
	insertReset   = `INSERT INTO password_resets (id, token, party, for_staff, expires_at) `
	insertClaim   = `INSERT INTO identifier_claims (party, lookup, kind, shown, sealed, claimed_by) `
)

// TestGuards breaks each rule of the schema by SQL, past the store, and wants the
// constraint of that name to refuse it. A constraint that no row breaks fails the test.
func TestGuards(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	args := w.sample()
	rows := []struct{ constraint, statement string }{
		{"registry_clock_one_row", `UPDATE registry_clock SET only_row = false, version = version + 1`},
		{"registry_clock_version_legal", `SET LOCAL session_replication_role = replica; UPDATE registry_clock SET version = -1`},
		{"registry_clock_steps_by_one", `UPDATE registry_clock SET version = version + 2`},
		{"registry_clock_steps_by_one", `UPDATE registry_clock SET version = version - 1`},
		{"registry_clock_steps_by_one", `UPDATE registry_clock SET epoch = gen_random_uuid()`},
		{"registry_clock_recorded", `UPDATE registry_clock SET version = version + 1`},
		{"registry_clock_kept", `DELETE FROM registry_clock`},
		{"registry_clock_kept", `INSERT INTO registry_clock (version, epoch) VALUES (0, gen_random_uuid())`},
		{"registry_clock_pkey", `SET LOCAL session_replication_role = replica; INSERT INTO registry_clock (version, epoch) VALUES (0, gen_random_uuid())`},

		{"parties_id", `INSERT INTO parties (id) VALUES (@party)`},
		{"parties_id_opaque", `INSERT INTO parties (id) VALUES ('97162640')`},

		{"identifiers_one_party", `INSERT INTO identifiers (lookup, party, kind, shown) VALUES (@account, @other, 'account', 'x')`},
		{"identifiers_party", `INSERT INTO identifiers (lookup, party, kind, shown) VALUES (@free, 'P-AAAAAAAAAAAAAAAA', 'account', 'x')`},
		{"identifiers_lookup_size", `INSERT INTO identifiers (lookup, party, kind, shown) VALUES ('\x00', @party, 'account', 'x')`},
		{"identifiers_kind_legal", `INSERT INTO identifiers (lookup, party, kind, shown) VALUES (@free, @party, 'nickname', 'x')`},
		{"identifiers_national_sealed", `INSERT INTO identifiers (lookup, party, kind, shown) VALUES (@free, @party, 'national', 'A123456789')`},
		{"identifiers_national_sealed", `INSERT INTO identifiers (lookup, party, kind, shown, sealed) VALUES (@free, @party, 'national', 'A123456789', '\x01')`},
		{"identifiers_national_sealed", `INSERT INTO identifiers (lookup, party, kind, sealed) VALUES (@free, @party, 'account', '\x01')`},

		{"certificates_fingerprint", `INSERT INTO certificates SELECT * FROM certificates WHERE fingerprint = @held`},
		{"certificates_fingerprint_of_der", `INSERT INTO certificates (fingerprint, der, not_before, not_after) VALUES (@free, '\x00', now(), now())`},
		{"certificates_period_valid", `INSERT INTO certificates (fingerprint, der, not_before, not_after) VALUES (sha256('\x00'), '\x00', now(), now() - interval '1 s')`},
		{"certificates_immutable", `UPDATE certificates SET not_after = now()`},
		{"certificates_immutable", `DELETE FROM certificates`},

		{"revocations_fingerprint", `INSERT INTO revocations (fingerprint) VALUES (@revoked)`},
		{"revocations_fingerprint_size", `INSERT INTO revocations (fingerprint) VALUES ('\x00')`},
		{"revocations_for_ever", `DELETE FROM revocations`},
		{"revocations_for_ever", `UPDATE revocations SET fingerprint = @free`},
		{"revocations_for_ever", `TRUNCATE revocations`},

		{"registrations_id", `INSERT INTO registrations OVERRIDING SYSTEM VALUE SELECT * FROM registrations WHERE fingerprint = @ended`},
		{"registrations_party", insertRegistration + `VALUES ('P-AAAAAAAAAAAAAAAA', @spare, 'signing', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), null), null, false)`},
		{"registrations_certificate", insertRegistration + `VALUES (@party, @free, 'signing', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), null), null, false)`},
		{"registrations_usage_legal", insertRegistration + `VALUES (@party, @spare, 'both', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), null), null, false)`},
		{"registrations_kind_legal", insertRegistration + `VALUES (@party, @spare, 'signing', 'gca', 'file', 'trader', 'in_force', tstzrange(now(), null), null, false)`},
		{"registrations_medium_legal", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'disk', 'trader', 'in_force', tstzrange(now(), null), null, false)`},
		{"registrations_usage_type_legal", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'pilot', 'in_force', tstzrange(now(), null), null, false)`},
		{"registrations_usage_type_legal", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', null, 'in_force', tstzrange(now(), null), null, false)`},
		{"registrations_usage_type_legal", insertRegistration + `VALUES (@party, @spare, 'login', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), null), null, false)`},
		{"registrations_state_legal", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'expired', tstzrange(now(), null), null, false)`},
		{"registrations_ended_when_over", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'withdrawn', tstzrange(now(), null), null, false)`},
		{"registrations_ended_when_over", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), null), now(), false)`},
		{"registrations_period_valid", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'in_force', 'empty', null, false)`},
		{"registrations_period_valid", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'in_force', tstzrange(null, now()), null, false)`},
		{"registrations_period_valid", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'in_force', tstzrange('-infinity', now()), null, false)`},
		{"registrations_period_valid", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), 'infinity'), null, false)`},
		{"registrations_period_valid", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), now() + interval '1 s', '[]'), null, false)`},
		{"registrations_main_in_force", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'pending', tstzrange(now(), null), null, true)`},
		{"registrations_one_live", insertRegistration + `VALUES (@party, @held, 'signing', 'customs', 'file', 'trader', 'pending', tstzrange(now(), null), null, false)`},
		{"registrations_one_main", insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), null), null, true)`},
		{"registrations_one_holder", insertRegistration + `VALUES (@other, @held, 'signing', 'customs', 'file', 'trader', 'in_force', tstzrange(now(), null), null, false)`},
		{"registrations_one_holder", insertRegistration + `VALUES (@other, @held, 'login', 'customs', 'file', null, 'superseded', tstzrange(now(), null), null, false)`},
		{"registrations_kept", `DELETE FROM registrations`},
		{"registrations_kept", `TRUNCATE registrations CASCADE`},
		{"registrations_identity_fixed", `UPDATE registrations SET party = @other WHERE fingerprint = @ended`},
		{"registrations_identity_fixed", `UPDATE registrations SET fingerprint = @spare WHERE fingerprint = @ended`},
		{"registrations_identity_fixed", `UPDATE registrations SET usage = 'login', usage_type = null WHERE fingerprint = @held`},
		{"registrations_states_move_on", `UPDATE registrations SET state = 'in_force', ended_at = null WHERE fingerprint = @ended`},
		{"registrations_states_move_on", `UPDATE registrations SET state = 'pending', is_main = false WHERE fingerprint = @held`},
		{"registrations_states_move_on", `UPDATE registrations SET state = 'superseded' WHERE fingerprint = @waiting`},
		{"registrations_revoked_by_record", `UPDATE registrations SET state = 'revoked', is_main = false, ended_at = now() WHERE fingerprint = @held`},
		{"registrations_never_unrevoked", `UPDATE registrations SET state = 'in_force', ended_at = null WHERE fingerprint = @revoked`},
		{"registrations_never_unrevoked", `UPDATE registrations SET state = 'withdrawn' WHERE fingerprint = @revoked`},
		{"registrations_never_unrevoked", insertRegistration + `VALUES (@party, @revoked, 'signing', 'customs', 'file', 'trader', 'pending', tstzrange(now(), null), null, false)`},

		{"registry_changes_version", `INSERT INTO registry_changes (version, epoch, kind) SELECT version, epoch, 'registered' FROM registry_clock`},
		{"registry_changes_dense", `INSERT INTO registry_changes (version, epoch, kind) SELECT version + 1, epoch, 'registered' FROM registry_clock`},
		{"registry_changes_dense", `UPDATE registry_clock SET version = version + 1; INSERT INTO registry_changes (version, epoch, kind) SELECT version, gen_random_uuid(), 'registered' FROM registry_clock`},
		{"registry_changes_kind_legal", `UPDATE registry_clock SET version = version + 1; INSERT INTO registry_changes (version, epoch, kind) SELECT version, epoch, 'tampered' FROM registry_clock`},
		{"registry_changes_party", `UPDATE registry_clock SET version = version + 1; INSERT INTO registry_changes (version, epoch, kind, party) SELECT version, epoch, 'registered', 'P-AAAAAAAAAAAAAAAA' FROM registry_clock`},
		{"registry_changes_append_only", `UPDATE registry_changes SET party = null`},
		{"registry_changes_append_only", `DELETE FROM registry_changes`},
		{"registry_changes_append_only", `TRUNCATE registry_changes CASCADE`},

		{"audit_log_id", `SET LOCAL session_replication_role = replica; INSERT INTO audit_log SELECT * FROM audit_log LIMIT 1`},
		{"audit_log_version", `INSERT INTO audit_log (actor, action, version) VALUES ('operator:test', 'registered', 1000000)`},
		{"audit_log_actor_impersonal", `INSERT INTO audit_log (actor, action, version) SELECT 'a@example.test', 'registered', version FROM registry_clock`},
		{"audit_log_append_only", `UPDATE audit_log SET actor = 'operator:other'`},
		{"audit_log_append_only", `DELETE FROM audit_log`},
		{"audit_log_append_only", `TRUNCATE audit_log`},
		{"audit_log_action_legal", `INSERT INTO audit_log (actor, action) VALUES ('operator:test', 'Any thing')`},
		{"audit_log_party_opaque", `INSERT INTO audit_log (actor, action, party) VALUES ('operator:test', 'queried', '97162640')`},
		{"audit_log_detail_impersonal", `INSERT INTO audit_log (actor, action, detail) VALUES ('operator:test', 'queried', 'a@example.test')`},
		{"audit_log_detail_impersonal", `INSERT INTO audit_log (actor, action, detail) VALUES ('operator:test', 'queried', E'a\nb')`},
		{"audit_head_pkey", `INSERT INTO audit_head (id, hash) SELECT id, hash FROM audit_head`},
		{"audit_head_one_row", `INSERT INTO audit_head (only_row, id, hash) SELECT false, id, hash FROM audit_head`},
		{"audit_head_hash_size", `UPDATE audit_head SET hash = '\x00'`},
		{"revocations_reason_legal", `UPDATE registry_clock SET version = version + 1; INSERT INTO revocations (fingerprint, reason) VALUES (@free, 'whim')`},

		{"accounts_one_per_party", `INSERT INTO accounts (party, category, attribute, language) SELECT party, category, attribute, language FROM accounts`},
		{"accounts_party", insertAccount + `VALUES ('P-AAAAAAAAAAAAAAAA', 'company', 'broker', 'zh', null)`},
		{"accounts_category_legal", insertAccount + `VALUES (@other, 'ship', 'broker', 'zh', null)`},
		{"accounts_attribute_legal", insertAccount + `VALUES (@other, 'company', 'Broker!', 'zh', null)`},
		{"accounts_language_legal", insertAccount + `VALUES (@other, 'company', 'broker', 'fr', null)`},
		{"accounts_password_hashed", insertAccount + `VALUES (@other, 'company', 'broker', 'zh', 'Passw0rd')`},

		{"operators_name", `INSERT INTO operators (name, fingerprint) VALUES ('chen', @held)`},
		{"operators_name_legal", `INSERT INTO operators (name, fingerprint) VALUES ('a@example.test', @held)`},
		{"operators_one_per_certificate", `INSERT INTO operators (name, fingerprint) VALUES ('lin', @spare)`},
		{"operators_certificate", `INSERT INTO operators (name, fingerprint) VALUES ('lin', @free)`},

		{"sessions_id", insertSession + `SELECT id, null, null, '', null, now() FROM sessions`},
		{"sessions_id_size", insertSession + `VALUES ('\x00', null, null, '', null, now())`},
		{"sessions_party", insertSession + `VALUES (@free, 'P-AAAAAAAAAAAAAAAA', null, 'password', null, now())`},
		{"sessions_operator", insertSession + `VALUES (@free, null, 'nobody', 'certificate', @spare, now())`},
		{"sessions_certificate", insertSession + `VALUES (@free, @party, null, 'certificate', @free, now())`},
		{"sessions_strength_legal", insertSession + `VALUES (@free, @party, null, 'word', null, now())`},
		{"sessions_of_one", insertSession + `VALUES (@free, @party, null, '', null, now())`},
		{"sessions_of_one", insertSession + `VALUES (@free, null, null, 'password', null, now())`},
		{"sessions_of_one", insertSession + `VALUES (@free, @party, 'chen', 'certificate', @spare, now())`},
		{"sessions_by_certificate", insertSession + `VALUES (@free, @party, null, 'password', @held, now())`},
		{"sessions_by_certificate", insertSession + `VALUES (@free, @party, null, 'certificate', null, now())`},
		{"sessions_operators_by_card", insertSession + `VALUES (@free, null, 'chen', 'password', null, now())`},
		{"drafts_session", `INSERT INTO drafts (session, flow, sealed) VALUES (@free, 'register', '\x00')`},
		{"drafts_one_per_flow", `INSERT INTO drafts (session, flow, sealed) SELECT id, 'register', '\x00' FROM sessions, generate_series(1, 2)`},
		{"challenges_nonce", `INSERT INTO challenges (nonce, session, purpose, expires_at) SELECT @free, id, 'login', now() FROM sessions, generate_series(1, 2)`},
		{"challenges_session", `INSERT INTO challenges (nonce, session, purpose, expires_at) VALUES (@free, @free, 'login', now())`},
		{"throttles_key", `INSERT INTO throttles (key, empty_at) VALUES ('\x00', now()), ('\x00', now())`},
		{"password_resets_id", insertReset + `OVERRIDING SYSTEM VALUE SELECT 1, '\x00', @party, false, now() FROM generate_series(1, 2)`},
		{"password_resets_token", insertReset + `OVERRIDING SYSTEM VALUE SELECT i, '\x00', @party, false, now() FROM generate_series(100, 101) AS i`},
		{"password_resets_account", insertReset + `OVERRIDING SYSTEM VALUE VALUES (100, '\x00', @other, false, now())`},
		{"password_resets_token_or_staff", insertReset + `OVERRIDING SYSTEM VALUE VALUES (100, null, @party, false, now())`},
		{"outbox_id", `INSERT INTO outbox (id, sealed) OVERRIDING SYSTEM VALUE VALUES (100, '\x00'), (100, '\x00')`},
		{"notices_registration", `INSERT INTO notices (registration, days) VALUES (0, 7)`},
		{"notices_once", `INSERT INTO notices (registration, days) SELECT min(id), 7 FROM registrations, generate_series(1, 2) AS i GROUP BY i`},
		{"pending_bindings_registration", `INSERT INTO pending_bindings (registration, missing) VALUES (0, '{}')`},
		{"pending_bindings_once", `INSERT INTO pending_bindings (registration, missing) SELECT min(id), '{}' FROM registrations, generate_series(1, 2) AS i GROUP BY i`},
		{"import_details_registration", `INSERT INTO import_details (registration, sealed) VALUES (0, '\x00')`},
		{"import_details_once", `INSERT INTO import_details (registration, sealed) SELECT min(id), '\x00' FROM registrations, generate_series(1, 2) AS i GROUP BY i`},
		{"identifier_claims_party", insertClaim + `VALUES ('P-AAAAAAAAAAAAAAAA', @free, 'box', '0C1', null, 'operator:test')`},
		{"identifier_claims_once", insertClaim + `VALUES (@party, @free, 'box', '0C1', null, 'operator:test'), (@party, @free, 'box', '0C1', null, 'operator:test')`},
		{"identifier_claims_lookup_size", insertClaim + `VALUES (@party, '\x00', 'box', '0C1', null, 'operator:test')`},
		{"identifier_claims_kind_legal", insertClaim + `VALUES (@party, @free, 'nickname', 'x', null, 'operator:test')`},
		{"identifier_claims_national_sealed", insertClaim + `VALUES (@party, @free, 'national', 'A123456789', null, 'operator:test')`},
	}
	broken := make(map[string]bool)
	for _, row := range rows {
		broken[row.constraint] = true
		err := w.execAll(row.statement, args)
		if got := constraintOf(err); got != row.constraint {
			t.Errorf("%s\n got %q (%v)\nwant %q", row.statement, got, err, row.constraint)
		}
	}
	for _, name := range w.constraints() {
		if !broken[name] {
			t.Errorf("no row breaks the constraint %s", name)
		}
	}
}

// TestNoChangeWithoutVersion changes each versioned table in a transaction that has
// not ticked the clock: caches would never learn of it.
func TestNoChangeWithoutVersion(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	args := w.sample()
	for _, statement := range []string{
		`INSERT INTO identifiers (lookup, party, kind, shown) VALUES (@free, @party, 'account', 'x')`,
		`DELETE FROM identifiers`,
		`TRUNCATE identifiers`,
		`UPDATE registrations SET is_main = false`,
		insertRegistration + `VALUES (@party, @spare, 'signing', 'customs', 'file', 'trader', 'pending', tstzrange(now(), null), null, false)`,
		`INSERT INTO revocations (fingerprint) VALUES (@free)`,
	} {
		if _, err := w.pool.Exec(t.Context(), statement, args); constraintOf(err) != "no_change_without_version" {
			t.Errorf("%s: got %v", statement, err)
		}
	}
}

// TestRevocationBySQLEndsRegistrations inserts a revocation past the store, as a replay
// after a restore may.
func TestRevocationBySQLEndsRegistrations(t *testing.T) {
	w := newWorld(t, registrytest.Database(t))
	args := w.sample()
	w.must(w.execAll(`INSERT INTO revocations (fingerprint) VALUES (@held)`, args))
	var state verifier.RegistrationState
	w.must(w.pool.QueryRow(t.Context(), `SELECT state FROM registrations WHERE fingerprint = @held`, args).Scan(&state))
	if state != verifier.Revoked {
		t.Errorf("state %s, want revoked", state)
	}
}

// sample fills the registry with what the guards' rows refer to.
func (w *world) sample() pgx.NamedArgs {
	w.Helper()
	party, name := w.party()
	other, _ := w.party()
	held, ended, waiting, revoked, spare := w.certificate(), w.certificate(), w.certificate(), w.certificate(), w.certificate()
	for _, cert := range []*verifier.Certificate{held, ended, revoked} {
		w.register(signing(party, cert))
	}
	pending := signing(party, waiting)
	pending.Pending = true
	w.register(pending)
	_, err := w.store.Withdraw(w.Context(), registrytest.Operator, named(party, ended))
	w.must(err)
	_, _, err = w.store.Revoke(w.Context(), registrytest.Operator, revoked.Fingerprint(), registry.Unspecified)
	w.must(err)
	args := pgx.NamedArgs{"party": party, "other": other, "der": spare.DER()}
	for key, cert := range map[string]*verifier.Certificate{"held": held, "ended": ended, "waiting": waiting, "revoked": revoked, "spare": spare} {
		fingerprint := cert.Fingerprint()
		args[key] = fingerprint[:]
	}
	_, err = w.pool.Exec(w.Context(), insertAccount+`VALUES (@party, 'company', 'broker', 'zh', null)`, args)
	w.must(err)
	_, _, err = w.store.BeginSession(w.Context(), time.Hour)
	w.must(err)
	account, free := registrytest.LookupKey().Account(name), sha256.Sum256([]byte(registry.NewPartyID()))
	args["account"], args["free"] = account[:], free[:]
	_, err = w.pool.Exec(w.Context(), `INSERT INTO certificates (fingerprint, der, not_before, not_after) VALUES (@spare, @der, now(), now())`, args)
	w.must(err)
	_, err = w.pool.Exec(w.Context(), `INSERT INTO operators (name, fingerprint) VALUES ('chen', @spare)`, args)
	w.must(err)
	return args
}

// constraints returns the names of all constraints, unique indexes and guards.
func (w *world) constraints() []string {
	w.Helper()
	rows, err := w.pool.Query(w.Context(), `
		SELECT conname FROM pg_constraint
		WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u', 'x', 't')
		  AND conrelid <> 'registry_schema'::regclass
		UNION
		SELECT indexrelid::regclass::text FROM pg_index
		WHERE indisunique AND indrelid::regclass::text ~ '^registrations$'
		UNION
		SELECT (regexp_matches(prosrc, 'CONSTRAINT = ''(\w+)''', 'g'))[1] FROM pg_proc
		WHERE pronamespace = 'public'::regnamespace AND prosrc !~ 'no_change_without_version'
		UNION
		SELECT tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE proname = 'refuse_change'`)
	w.must(err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	if !slices.Contains(names, "registrations_one_holder") || !slices.Contains(names, "audit_log_append_only") {
		w.Fatalf("the schema's constraints were not found: %v", names)
	}
	return names
}

func constraintOf(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.ConstraintName
	}
	return ""
}
