-- sealedProfiles returns the first $4 profiles after party $2 that don't name key $1. ($3
-- has no meaning here.)
SELECT party, ''::bytea, profile
FROM accounts
WHERE substring(profile FROM 1 FOR 5) <> $1 AND (party, ''::bytea) > ($2, $3)
ORDER BY party
LIMIT $4;
