INSERT INTO outbox (sealed) VALUES ($1);
