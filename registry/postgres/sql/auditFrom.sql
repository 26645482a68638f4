-- auditFrom returns the first $2 entries after number $1, in the order of their chain.
SELECT id, at, actor, action, party, fingerprint, version, detail, previous, hash
FROM audit_log
WHERE id > $1
ORDER BY id
LIMIT $2;
