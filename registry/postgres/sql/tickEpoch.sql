-- tickEpoch steps the registry clock into a new epoch and locks it.
UPDATE registry_clock SET version = version + 1, epoch = gen_random_uuid() RETURNING version, epoch::text;
