-- noteNotice notes that registration $1 was sent the notice of $2 days. It changes no row
-- if another process did so meanwhile, for which it waits.
INSERT INTO notices (registration, days) VALUES ($1, $2)
ON CONFLICT ON CONSTRAINT notices_once DO NOTHING;
