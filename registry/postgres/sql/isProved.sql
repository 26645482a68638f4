-- isProved reports whether somebody proved to hold the key of party $1's pending
-- registration of certificate $2 for usage $3. No row: there is none pending.
SELECT proved_at IS NOT NULL
FROM registrations
LEFT JOIN pending_bindings ON pending_bindings.registration = registrations.id
WHERE party = $1 AND fingerprint = $2 AND usage = $3 AND state = 'pending'
FOR UPDATE OF registrations;
