-- confirm puts party $1's pending registration of certificate $2 for usage $3 in force,
-- not for what was received before that millisecond, and makes it the main one if there is none.
UPDATE registrations
SET state = 'in_force',
    in_force = tstzrange(greatest(lower(in_force), date_trunc('milliseconds', clock_timestamp())), upper(in_force)),
    is_main = NOT EXISTS (SELECT FROM registrations WHERE party = $1 AND usage = $3 AND is_main)
WHERE party = $1 AND fingerprint = $2 AND usage = $3 AND state = 'pending'
RETURNING is_main;
