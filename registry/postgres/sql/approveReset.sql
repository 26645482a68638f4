-- approveReset lets token $2 set a new password for $3 microseconds, as asked for in $1.
UPDATE password_resets
SET token = $2, expires_at = clock_timestamp() + $3 * interval '1 microsecond'
WHERE id = $1 AND for_staff AND token IS NULL AND expires_at > clock_timestamp()
RETURNING party;
