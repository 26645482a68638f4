-- SchemaVersion returns the latest step applied, 0 if none.
SELECT coalesce(max(version_id), 0) FROM registry_schema WHERE is_applied;
