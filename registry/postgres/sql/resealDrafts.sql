-- resealDrafts gives the drafts of flows $1[i] and sessions $2[i] the form $4[i] where they
-- still have the form $3[i].
UPDATE drafts AS row SET sealed = new.new
FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[]) AS new (flow, session, old, new)
WHERE row.flow = new.flow AND row.session = new.session AND row.sealed = new.old;
