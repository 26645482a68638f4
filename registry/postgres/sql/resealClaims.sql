-- resealClaims gives the claimed national ids of ($1[i], $2[i]) the form $4[i] where they
-- still have the form $3[i].
UPDATE identifier_claims AS row SET sealed = new.new
FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[]) AS new (party, lookup, old, new)
WHERE row.party = new.party AND row.lookup = new.lookup AND row.sealed = new.old;
