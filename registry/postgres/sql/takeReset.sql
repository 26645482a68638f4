DELETE FROM password_resets WHERE token = $1
RETURNING party, expires_at > clock_timestamp();
