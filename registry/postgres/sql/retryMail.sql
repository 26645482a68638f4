-- retryMail puts mail $1 off for $2 microseconds.
UPDATE outbox SET attempts = attempts + 1, due_at = clock_timestamp() + $2 * interval '1 microsecond' WHERE id = $1;
