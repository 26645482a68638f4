-- resealMail gives the mails of numbers $1[i] the form $4[i] where they still have the form
-- $3[i].
UPDATE outbox AS row SET sealed = new.new
FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[]) AS new (id, unused, old, new)
WHERE row.id = new.id::bigint AND row.sealed = new.old;
