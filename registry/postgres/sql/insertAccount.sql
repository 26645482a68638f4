INSERT INTO accounts (party, category, attribute, language, profile, password, password_at)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp());
