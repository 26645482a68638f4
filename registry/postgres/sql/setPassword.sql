UPDATE accounts SET password = $2, password_at = clock_timestamp() WHERE party = $1;
