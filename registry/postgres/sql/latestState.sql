-- latestState returns the state of party $1's latest registration of certificate $2 for
-- usage $3.
SELECT state FROM registrations
WHERE party = $1 AND fingerprint = $2 AND usage = $3
ORDER BY id DESC
LIMIT 1;
