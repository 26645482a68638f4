-- grantGateway gives a role what judging reads: no personal data, and nothing to change.
GRANT CONNECT ON DATABASE :database TO :role;
GRANT USAGE ON SCHEMA :schema TO :role;
GRANT SELECT ON registry_schema, registry_clock, registry_changes, certificates, registrations TO :role;
GRANT SELECT (lookup, party, kind) ON identifiers TO :role;
