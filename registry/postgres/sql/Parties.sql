-- Parties returns the first $2 parties after $1 with their identifiers.
SELECT party.id, party.created_at, named.kind, named.lookup, named.shown, named.sealed
FROM (SELECT id, created_at FROM parties WHERE id > $1 ORDER BY id LIMIT $2) AS party
LEFT JOIN identifiers AS named ON named.party = party.id
ORDER BY party.id, named.kind, named.created_at, named.lookup;
