-- sealedClaims returns the first $4 claimed national ids after ($2, $3) that don't name key $1.
SELECT party, lookup, sealed
FROM identifier_claims
WHERE substring(sealed FROM 1 FOR 5) <> $1 AND (party, lookup) > ($2, $3)
ORDER BY party, lookup
LIMIT $4;
