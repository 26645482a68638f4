-- newChallenge keeps challenge $1 of session $2 for purpose $3 for $4 microseconds.
INSERT INTO challenges (nonce, session, purpose, expires_at)
VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 microsecond');
