-- record appends a change of kind $1 to party $2 (none if null) at the clock's version,
-- with the hashes of all accounts that the party has now.
INSERT INTO registry_changes (version, epoch, kind, party, senders)
SELECT version, epoch, $1, $2::text,
       ARRAY(SELECT lookup FROM identifiers WHERE party = $2 AND kind = 'account' ORDER BY lookup)
FROM registry_clock;
