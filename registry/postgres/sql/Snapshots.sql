-- Snapshots returns the clock and, for each account hash in $1 that a party has, that
-- party's identifiers and signing registrations, one per certificate: the live one,
-- which registrations_one_live makes at most one, else the one that ended last. It
-- returns the clock alone where no account is known. Being one statement, it sees one
-- moment.
SELECT clock.epoch::text,
       clock.version,
       account.lookup,
       account.party,
       named.lookups,
       registration.fingerprint,
       registration.der,
       registration.state,
       lower(registration.in_force),
       upper(registration.in_force),
       registration.ended_at
FROM registry_clock AS clock
LEFT JOIN identifiers AS account
       ON account.kind = 'account' AND account.lookup = ANY ($1::bytea[])
LEFT JOIN LATERAL (
       SELECT array_agg(lookup ORDER BY lookup) AS lookups
       FROM identifiers
       WHERE party = account.party) AS named ON true
LEFT JOIN LATERAL (
       SELECT DISTINCT ON (fingerprint) fingerprint, der, state, in_force, ended_at
       FROM registrations
       JOIN certificates USING (fingerprint)
       WHERE party = account.party AND usage = 'signing'
       ORDER BY fingerprint, ended_at DESC NULLS FIRST, id DESC) AS registration ON true
ORDER BY account.lookup, registration.fingerprint;
