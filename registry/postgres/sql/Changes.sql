-- Changes returns the clock and the first $2 changes after version $1, or the clock
-- alone if there are none. Being one statement, it sees one moment.
SELECT clock.epoch::text, clock.version, change.version, change.kind, change.party, change.senders, change.at
FROM registry_clock AS clock
LEFT JOIN LATERAL (
       SELECT version, kind, party, senders, at
       FROM registry_changes
       WHERE version > $1
       ORDER BY version
       LIMIT $2) AS change ON true
ORDER BY change.version;
