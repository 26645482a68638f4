INSERT INTO notices (registration, days) VALUES ($1, $2);
