-- Names in the guards mean the registry's own tables: else a role that may make temporary
-- ones, as every role may by default, could put its own before them, since the session's
-- temporary schema comes first where the path doesn't say otherwise.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    guard regprocedure;
BEGIN
    FOREACH guard IN ARRAY ARRAY[
        'require_tick()', 'check_tick()', 'check_tick_recorded()', 'check_change()', 'check_registration()',
        'apply_revocation()', 'audit_hash(audit_log)', 'audit_chain()']::regprocedure[]
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', guard, current_schema());
    END LOOP;
END $$;
-- +goose StatementEnd
