-- keepCertificate stores a certificate unless it is there.
INSERT INTO certificates (fingerprint, der, not_before, not_after)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING;
