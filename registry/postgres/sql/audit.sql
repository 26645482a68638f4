-- audit notes that actor $1 did $2 to party $3's registration of certificate $4 (either
-- may be null), with detail $5, in the version that the clock shows if $6.
INSERT INTO audit_log (actor, action, party, fingerprint, detail, version)
SELECT $1, $2, $3, $4, $5, CASE WHEN $6 THEN version END FROM registry_clock;
