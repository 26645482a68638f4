-- Session returns session $1, unless it has ended. One that a login certificate opened
-- ends with that certificate's registration, and with its validity.
SELECT party, operator, strength, session.fingerprint, session.created_at, expires_at
FROM sessions AS session
LEFT JOIN certificates USING (fingerprint)
WHERE id = $1
  AND expires_at > clock_timestamp()
  AND (session.fingerprint IS NULL
       OR clock_timestamp() BETWEEN not_before AND not_after
          AND NOT EXISTS (SELECT FROM revocations WHERE fingerprint = session.fingerprint)
          AND (operator IS NOT NULL
               OR EXISTS (SELECT FROM registrations AS login
                          WHERE login.party = session.party AND login.fingerprint = session.fingerprint
                            AND usage = 'login' AND state IN ('in_force', 'superseded')
                            AND in_force @> clock_timestamp())));
