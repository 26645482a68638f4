-- TakeLock takes the relay's lock $1 for as long as the session lasts, and returns
-- whether it got it.
SELECT pg_try_advisory_lock($1);
