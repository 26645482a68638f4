-- operatorObstacles returns whether certificate $1 was revoked, and whether a party logs in
-- with it: a card that is two people's lets nobody in.
SELECT EXISTS (SELECT FROM revocations WHERE fingerprint = $1),
       EXISTS (SELECT FROM registrations
               WHERE fingerprint = $1 AND usage = 'login' AND state IN ('pending', 'in_force', 'superseded'));
