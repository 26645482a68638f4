-- tick steps the registry clock and locks it until the transaction ends.
UPDATE registry_clock SET version = version + 1 RETURNING version;
