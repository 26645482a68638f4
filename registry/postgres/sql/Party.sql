-- Party returns party $1 with its identifiers.
SELECT party.id, party.created_at, named.kind, named.lookup, named.shown, named.sealed
FROM parties AS party
LEFT JOIN identifiers AS named ON named.party = party.id
WHERE party.id = $1
ORDER BY named.kind, named.created_at, named.lookup;
