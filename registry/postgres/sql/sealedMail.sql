-- sealedMail returns the first $4 mails after ($2, $3), in the order of their numbers as
-- text, that don't name key $1.
SELECT id::text, ''::bytea, sealed
FROM outbox
WHERE substring(sealed FROM 1 FOR 5) <> $1 AND (id::text, ''::bytea) > ($2, $3)
ORDER BY id::text
LIMIT $4;
