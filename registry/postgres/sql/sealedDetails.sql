-- sealedDetails returns the first $4 details of imports after ($2, $3), in the order of
-- their registrations' numbers as text, that don't name key $1.
SELECT registration::text, ''::bytea, sealed
FROM import_details
WHERE substring(sealed FROM 1 FOR 5) <> $1 AND (registration::text, ''::bytea) > ($2, $3)
ORDER BY registration::text
LIMIT $4;
