INSERT INTO import_details (registration, sealed) VALUES ($1, $2);
