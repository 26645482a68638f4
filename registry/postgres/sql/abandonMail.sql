-- abandonMail removes mail that has waited for $1 microseconds and isn't being sent.
DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox
    WHERE created_at <= clock_timestamp() - $1 * interval '1 microsecond' AND attempts > 0
    FOR UPDATE SKIP LOCKED
);
