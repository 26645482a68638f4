INSERT INTO accounts (party, category, attribute, language, profile, password, password_at)
VALUES ($1, $2, $3, $4, $5, nullif($6, ''), CASE WHEN $6 <> '' THEN clock_timestamp() END);
