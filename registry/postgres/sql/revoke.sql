-- revoke ends every registration of certificate $1 for ever, for reason $2, by a trigger.
INSERT INTO revocations (fingerprint, reason) VALUES ($1, $2);
