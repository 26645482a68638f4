-- withdraw ends party $1's live registration of certificate $2 for usage $3.
UPDATE registrations
SET state = 'withdrawn', is_main = false, ended_at = clock_timestamp()
WHERE party = $1 AND fingerprint = $2 AND usage = $3
  AND state IN ('pending', 'in_force', 'superseded');
