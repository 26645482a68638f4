-- audit notes that actor $1 did $2 to party $3's registration of certificate $4 (either
-- may be null) in the version that the clock shows.
INSERT INTO audit_log (actor, action, party, fingerprint, version)
SELECT $1, $2, $3, $4, version FROM registry_clock;
