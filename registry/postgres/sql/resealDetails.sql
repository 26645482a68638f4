-- resealDetails gives the details of registrations $1[i] the form $4[i] where they still
-- have the form $3[i].
UPDATE import_details AS row SET sealed = new.new
FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[]) AS new (registration, unused, old, new)
WHERE row.registration = new.registration::bigint AND row.sealed = new.old;
