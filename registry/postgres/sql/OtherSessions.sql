SELECT count(*) FROM sessions WHERE party = $1 AND id <> $2 AND expires_at > clock_timestamp();
