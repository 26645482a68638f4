INSERT INTO operators (name, fingerprint) VALUES ($1, $2);
