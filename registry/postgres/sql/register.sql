-- register adds a registration; one that is in force becomes the main one if the party
-- has none for that usage. It returns its number and whether it did. By default it counts from the
-- millisecond that has begun: the records' timestamps, by which periods are judged, have
-- no finer unit, and what is sent next must not seem to come before.
INSERT INTO registrations (party, fingerprint, usage, kind, medium, usage_type, state, in_force, is_main)
VALUES ($1, $2, $3, $4, $5, $6, $7,
        tstzrange(coalesce($8, date_trunc('milliseconds', clock_timestamp())), $9),
        $7 = 'in_force'
        AND NOT EXISTS (SELECT FROM registrations WHERE party = $1 AND usage = $3 AND is_main))
RETURNING id, is_main;
