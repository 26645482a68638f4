-- isRespelt reports whether a certificate other than $1 is known that expires at $2 and of
-- which all that its issuer signed is $3: the same one, then, under another signature, as
-- whoever has one by ECDSA can make.
SELECT EXISTS (SELECT FROM certificates WHERE not_after = $2 AND fingerprint <> $1 AND position($3::bytea IN der) > 0);
