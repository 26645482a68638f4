-- Claims returns the claims of party $1, or of all where that is null, the oldest first.
SELECT party, lookup, kind, shown, sealed, claimed_by, claimed_at
FROM identifier_claims
WHERE $1::text IS NULL OR party = $1
ORDER BY claimed_at, lookup;
