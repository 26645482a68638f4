-- grantPortal gives a role what the portal does. It can't make operators, nor begin an
-- epoch, nor touch what was noted in the audit log: `turnkey` does the first two under the
-- owner's role, and nobody the last.
GRANT CONNECT ON DATABASE :database TO :role;
GRANT USAGE ON SCHEMA :schema TO :role;
GRANT SELECT ON registry_schema, operators TO :role;

GRANT SELECT, UPDATE (version) ON registry_clock TO :role;
GRANT SELECT, INSERT ON registry_changes, parties, identifiers, certificates, revocations, notices, import_details TO :role;
GRANT SELECT, INSERT, UPDATE (state, in_force, is_main, ended_at) ON registrations TO :role;
GRANT SELECT, INSERT, UPDATE (proved_at) ON pending_bindings TO :role;
GRANT SELECT, INSERT, DELETE ON identifier_claims TO :role;

GRANT SELECT, INSERT, UPDATE (profile, language, password, password_at) ON accounts TO :role;
GRANT SELECT, INSERT, DELETE ON sessions, challenges TO :role;
GRANT SELECT, INSERT, DELETE, UPDATE (sealed) ON drafts TO :role;
GRANT SELECT, INSERT, DELETE, UPDATE (empty_at) ON throttles TO :role;
GRANT SELECT, INSERT, DELETE, UPDATE (token, expires_at) ON password_resets TO :role;
GRANT SELECT, INSERT, DELETE, UPDATE (attempts, due_at) ON outbox TO :role;

-- The trigger numbers and links entries, under its owner's rights.
GRANT SELECT, INSERT (actor, action, party, fingerprint, detail, version) ON audit_log TO :role;
