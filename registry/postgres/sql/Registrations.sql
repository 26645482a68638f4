-- Registrations returns every registration of the parties that go by one of the hashes
-- $1, or whose name is $2: the login first, then in order of registration.
SELECT party, der, usage, kind, medium, usage_type, is_main, state,
       lower(in_force), upper(in_force), registered_at, ended_at
FROM registrations
JOIN certificates USING (fingerprint)
WHERE party IN (SELECT party FROM identifiers WHERE lookup = ANY ($1::bytea[]) UNION ALL SELECT $2)
ORDER BY party, usage, id;
