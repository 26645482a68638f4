-- passwordFits returns a row if $2 is the hash of party $1's password, which stays so until
-- the transaction ends.
SELECT true FROM accounts WHERE party = $1 AND password = $2 FOR SHARE;
