-- setMainIfNone makes certificate $2 party $1's main one for usage $3 if it has none.
UPDATE registrations SET is_main = true
WHERE party = $1 AND fingerprint = $2 AND usage = $3 AND state = 'in_force'
  AND NOT EXISTS (SELECT FROM registrations WHERE party = $1 AND usage = $3 AND is_main);
