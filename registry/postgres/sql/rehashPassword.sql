UPDATE accounts SET password = $3 WHERE party = $1 AND password = $2;
