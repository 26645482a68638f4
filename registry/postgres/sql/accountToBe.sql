-- accountToBe returns what party $1's account is to be called if it has none and signs:
-- its 統一編號, else its 報關專責人員代碼.
SELECT shown FROM identifiers
WHERE party = $1 AND kind IN ('ubn', 'specialist')
  AND NOT EXISTS (SELECT FROM identifiers WHERE party = $1 AND kind = 'account')
  AND EXISTS (SELECT FROM registrations WHERE party = $1 AND usage = 'signing' AND state IN ('in_force', 'superseded'))
ORDER BY kind DESC, created_at, lookup
LIMIT 1;
