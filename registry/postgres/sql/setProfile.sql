UPDATE accounts SET profile = $2, language = $3 WHERE party = $1;
