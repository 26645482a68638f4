-- FindParties returns the parties that go by one of the hashes $1, or whose name is $2.
SELECT id FROM parties
WHERE id IN (SELECT party FROM identifiers WHERE lookup = ANY ($1::bytea[]) UNION ALL SELECT $2)
ORDER BY id;
