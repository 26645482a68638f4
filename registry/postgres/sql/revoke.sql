-- revoke ends every registration of certificate $1 for ever, by a trigger.
INSERT INTO revocations (fingerprint) VALUES ($1);
