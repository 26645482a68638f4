-- holders returns the parties that registered certificate $1, in whatever state.
SELECT DISTINCT party FROM registrations WHERE fingerprint = $1 ORDER BY party;
