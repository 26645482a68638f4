-- dueMail returns a mail that is due and locks it until the transaction ends.
SELECT id, sealed, attempts FROM outbox
WHERE due_at <= clock_timestamp()
ORDER BY due_at
LIMIT 1
FOR UPDATE SKIP LOCKED;
