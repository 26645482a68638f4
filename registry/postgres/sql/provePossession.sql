-- provePossession notes that somebody showed to hold the key of party $1's pending
-- registration of certificate $2 for usage $3.
INSERT INTO pending_bindings (registration, missing, proved_at)
SELECT id, '{}', clock_timestamp() FROM registrations
WHERE party = $1 AND fingerprint = $2 AND usage = $3 AND state = 'pending'
ON CONFLICT (registration) DO UPDATE SET proved_at = excluded.proved_at;
