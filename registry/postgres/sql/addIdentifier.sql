INSERT INTO identifiers (lookup, party, kind, shown, sealed) VALUES ($1, $2, $3, $4, $5);
