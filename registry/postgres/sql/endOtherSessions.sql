DELETE FROM sessions WHERE party = $1 AND id <> $2;
