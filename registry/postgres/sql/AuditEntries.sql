-- AuditEntries returns the $3 latest entries before number $2 (from the end if 0) of party $1
-- (of all if null).
SELECT id, at, actor, action, party, fingerprint, version, detail, previous, hash
FROM audit_log
WHERE ($1::text IS NULL OR party = $1) AND ($2 = 0 OR id < $2)
ORDER BY id DESC
LIMIT $3;
