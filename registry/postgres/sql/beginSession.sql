-- beginSession opens session $1 for $6 microseconds: of party $2 or operator $3, if any,
-- by strength $4 and login certificate $5.
INSERT INTO sessions (id, party, operator, strength, fingerprint, expires_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 microsecond')
RETURNING created_at, expires_at;
