-- revokeAll takes from a role what earlier grants gave it, by this release or one before.
REVOKE ALL ON registry_schema, registry_clock, registry_changes, parties, identifiers, identifier_claims,
    certificates, registrations, revocations, pending_bindings, import_details, notices, accounts, operators, sessions, drafts,
    challenges, throttles, password_resets, outbox, audit_log, audit_head FROM :role;
