-- LoginOf returns whom login certificate $1 lets in at present: a party, or an operator.
SELECT registration.party, NULL
FROM registrations AS registration
JOIN certificates USING (fingerprint)
WHERE fingerprint = $1 AND usage = 'login' AND state IN ('in_force', 'superseded')
  AND in_force @> clock_timestamp() AND clock_timestamp() BETWEEN not_before AND not_after
UNION ALL
SELECT NULL, name
FROM operators
JOIN certificates USING (fingerprint)
WHERE fingerprint = $1 AND clock_timestamp() BETWEEN not_before AND not_after
  AND NOT EXISTS (SELECT FROM revocations WHERE revocations.fingerprint = $1);
