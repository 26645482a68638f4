-- Account returns the account of party $1 or, where $1 is null, the one that has the hash
-- $2 as its name or another of its identifiers.
SELECT account.party, coalesce(named.shown, ''), category, attribute, language, profile, password IS NOT NULL, legacy, account.created_at
FROM accounts AS account
LEFT JOIN LATERAL (
       SELECT shown FROM identifiers WHERE party = account.party AND kind = 'account'
       ORDER BY created_at, lookup LIMIT 1) AS named ON true
WHERE account.party = coalesce($1, (SELECT party FROM identifiers WHERE lookup = $2));
