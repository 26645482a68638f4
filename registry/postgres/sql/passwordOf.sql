-- passwordOf returns the party that goes by account $1, and its password's hash.
SELECT party, coalesce(password, '')
FROM accounts JOIN identifiers USING (party)
WHERE lookup = $1 AND kind = 'account';
