-- roleExcess returns what role $1 may do that no service may, whatever gave it that right:
-- a grant to a role that it is a member of, or to everybody. None is well.
WITH ours AS (SELECT oid, relname, relowner FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r')
SELECT 'it is a superuser' FROM pg_roles WHERE rolname = $1 AND rolsuper
UNION ALL
SELECT 'it may make roles' FROM pg_roles WHERE rolname = $1 AND rolcreaterole
UNION ALL
SELECT 'it owns ' || relname || ', or belongs to the role that does' FROM ours WHERE pg_has_role($1, relowner, 'MEMBER')
UNION ALL
SELECT 'it may create in the schema ' || current_schema() WHERE has_schema_privilege($1, current_schema(), 'CREATE')
UNION ALL
SELECT 'it may ' || privilege || ' ' || relname
FROM ours CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS privilege
WHERE (privilege IN ('TRUNCATE', 'TRIGGER') OR relname IN ('audit_log', 'audit_head', 'registry_changes', 'certificates', 'revocations'))
  AND has_table_privilege($1, oid, privilege)
UNION ALL
SELECT 'it may UPDATE columns of ' || relname FROM ours
WHERE relname IN ('audit_log', 'audit_head') AND has_any_column_privilege($1, oid, 'UPDATE')
ORDER BY 1
LIMIT 5;
