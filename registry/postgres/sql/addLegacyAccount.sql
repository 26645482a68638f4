INSERT INTO accounts (party, category, attribute, language, legacy) VALUES ($1, $2, $3, $4, true);
