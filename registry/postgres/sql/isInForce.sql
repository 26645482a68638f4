-- isInForce reports whether party $1's registration of certificate $2 for usage $3 is in
-- force.
SELECT EXISTS (SELECT FROM registrations
               WHERE party = $1 AND fingerprint = $2 AND usage = $3 AND state = 'in_force');
