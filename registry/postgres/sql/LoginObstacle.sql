-- LoginObstacle returns whose login certificate $1 was last, and why it no longer lets them
-- in; no party where it was an operator's. It returns no row if it was nobody's.
SELECT party,
       CASE WHEN state = 'revoked' OR EXISTS (SELECT FROM revocations WHERE revocations.fingerprint = $1) THEN 'revoked'
            WHEN clock_timestamp() > not_after THEN 'expired'
            WHEN state = 'withdrawn' THEN 'withdrawn'
            WHEN state = 'superseded' THEN 'replaced'
            WHEN clock_timestamp() < not_before OR clock_timestamp() < lower(in_force) THEN 'not_yet_valid'
            WHEN state = 'in_force' THEN 'expired' -- its period in force has ended
            ELSE 'not_registered' END
FROM (SELECT party, state, in_force, registered_at AS since FROM registrations WHERE fingerprint = $1 AND usage = 'login'
      UNION ALL
      SELECT NULL, 'in_force', tstzrange(created_at, NULL), created_at FROM operators WHERE fingerprint = $1) AS login
CROSS JOIN (SELECT not_before, not_after FROM certificates WHERE fingerprint = $1) AS certificate
ORDER BY since DESC
LIMIT 1;
