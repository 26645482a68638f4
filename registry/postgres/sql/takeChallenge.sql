-- takeChallenge uses up challenge $1, whoever shows it, and tells whether session $2 may
-- use it for purpose $3.
DELETE FROM challenges WHERE nonce = $1
RETURNING session = $2 AND purpose = $3 AND expires_at > clock_timestamp();
