-- newReset lets token $1 (null until staff approved) set a new password for party $2 for
-- $4 microseconds; a reset before it is void.
WITH void AS (DELETE FROM password_resets WHERE party = $2)
INSERT INTO password_resets (token, party, for_staff, expires_at)
VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 microsecond');
