-- sealedElsewhere returns, by table, how many values don't name key $1 (the first byte of
-- their format, and the key's id).
SELECT 'identifiers', count(*) FROM identifiers WHERE substring(sealed FROM 1 FOR 5) <> $1
UNION ALL
SELECT 'identifier_claims', count(*) FROM identifier_claims WHERE substring(sealed FROM 1 FOR 5) <> $1
UNION ALL
SELECT 'accounts', count(*) FROM accounts WHERE substring(profile FROM 1 FOR 5) <> $1
UNION ALL
SELECT 'import_details', count(*) FROM import_details WHERE substring(sealed FROM 1 FOR 5) <> $1
UNION ALL
SELECT 'outbox', count(*) FROM outbox WHERE substring(sealed FROM 1 FOR 5) <> $1
UNION ALL
SELECT 'drafts', count(*) FROM drafts WHERE substring(sealed FROM 1 FOR 5) <> $1;
