-- wasEnded reports whether a registration of certificate $2 for party $1 was ended, by its
-- party or an operator, whatever it was used for.
SELECT EXISTS (SELECT FROM registrations WHERE party = $1 AND fingerprint = $2 AND state IN ('withdrawn', 'superseded'));
