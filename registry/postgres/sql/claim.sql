-- claim notes that actor $6 states that party $1 goes by the identifier, unless that was
-- stated before, or is so.
INSERT INTO identifier_claims (party, lookup, kind, shown, sealed, claimed_by)
SELECT $1, $2, $3, $4, $5, $6
WHERE NOT EXISTS (SELECT FROM identifiers WHERE lookup = $2 AND party = $1)
ON CONFLICT DO NOTHING;
