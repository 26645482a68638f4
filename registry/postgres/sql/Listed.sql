-- Listed returns the registrations of party $1 or, where that is null, of the parties
-- that go by one of the hashes $2 or claim to, or, where both are null, of all; only
-- pending ones if $3. The login comes first, then in order of registration.
SELECT registration.party, der, usage, registration.kind, medium, usage_type, is_main, state,
       lower(in_force), upper(in_force), registered_at, ended_at,
       coalesce(named.shown, ''), coalesce(missing, '{}'), proved_at, registration.id, details.sealed
FROM registrations AS registration
JOIN certificates USING (fingerprint)
LEFT JOIN import_details AS details ON details.registration = registration.id
LEFT JOIN pending_bindings ON pending_bindings.registration = registration.id
LEFT JOIN LATERAL (
       SELECT shown FROM identifiers WHERE party = registration.party AND kind = 'account'
       ORDER BY created_at, lookup LIMIT 1) AS named ON true
WHERE (registration.party = $1
       OR $1 IS NULL AND $2::bytea[] IS NULL
       OR $1 IS NULL AND registration.party IN (
          SELECT party FROM identifiers WHERE lookup = ANY ($2)
          UNION ALL SELECT party FROM identifier_claims WHERE lookup = ANY ($2)))
  AND (NOT $3 OR state = 'pending')
ORDER BY registration.party, usage, registration.id;
