-- resealProfiles gives the profiles of parties $1[i] the form $4[i] where they still have
-- the form $3[i].
UPDATE accounts AS row SET profile = new.new
FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[]) AS new (party, unused, old, new)
WHERE row.party = new.party AND row.profile = new.old;
