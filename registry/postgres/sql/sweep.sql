-- sweep removes what has expired; challenges and drafts go with their sessions.
WITH s AS (DELETE FROM sessions WHERE expires_at <= clock_timestamp()),
     c AS (DELETE FROM challenges WHERE expires_at <= clock_timestamp()),
     r AS (DELETE FROM password_resets WHERE expires_at <= clock_timestamp())
DELETE FROM throttles WHERE empty_at <= clock_timestamp();
