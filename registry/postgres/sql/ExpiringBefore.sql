-- ExpiringBefore returns the registrations in force whose certificate expires
-- between now and $1, the soonest first.
SELECT party, der, usage, kind, medium, usage_type, is_main, state,
       lower(in_force), upper(in_force), registered_at, ended_at
FROM registrations
JOIN certificates USING (fingerprint)
WHERE state = 'in_force'
  AND not_after > now() AND not_after < $1
ORDER BY not_after, id;
