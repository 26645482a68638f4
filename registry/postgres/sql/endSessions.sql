DELETE FROM sessions WHERE party = $1;
