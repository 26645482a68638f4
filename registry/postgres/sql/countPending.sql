SELECT count(*) FROM registrations WHERE party = $1 AND state = 'pending';
