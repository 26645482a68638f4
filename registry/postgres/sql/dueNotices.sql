-- dueNotices returns the registrations in force of parties with an account whose
-- certificate expires within $1 days and whose party had no notice for that many days or fewer.
SELECT registration.id, party, der, usage, registration.kind, medium, usage_type, is_main, state,
       lower(in_force), upper(in_force), registered_at, ended_at, language, profile
FROM registrations AS registration
JOIN certificates USING (fingerprint)
JOIN accounts USING (party)
WHERE state = 'in_force'
  AND not_after > clock_timestamp() AND not_after <= clock_timestamp() + $1 * interval '1 day'
  AND NOT EXISTS (SELECT FROM notices WHERE registration = registration.id AND days <= $1)
ORDER BY not_after, registration.id;
