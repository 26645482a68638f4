-- sealedDrafts returns the first $4 drafts after flow $2 and session $3 that don't name key
-- $1.
SELECT flow, session, sealed
FROM drafts
WHERE substring(sealed FROM 1 FOR 5) <> $1 AND (flow, session) > ($2, $3)
ORDER BY flow, session
LIMIT $4;
