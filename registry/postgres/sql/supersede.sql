-- supersede lets party $1's registration of certificate $2 for usage $3 count until $4,
-- or now if that is later or null, and never longer than it did.
UPDATE registrations
SET state = 'superseded',
    is_main = false,
    in_force = tstzrange(lower(in_force), least(upper(in_force), greatest($4, clock_timestamp())))
WHERE party = $1 AND fingerprint = $2 AND usage = $3 AND state = 'in_force';
