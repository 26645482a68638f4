-- Elsewhere returns who holds each of the certificates $1 for signing; the constraint
-- registrations_one_holder makes that at most one party.
SELECT fingerprint, party
FROM registrations
WHERE fingerprint = ANY ($1::bytea[])
  AND usage = 'signing'
  AND state IN ('in_force', 'superseded');
