-- pend notes why registration $1 is pending.
INSERT INTO pending_bindings (registration, missing, proved_at)
VALUES ($1, $2, CASE WHEN $3 THEN clock_timestamp() END);
