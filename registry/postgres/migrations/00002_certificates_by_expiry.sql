-- +goose NO TRANSACTION

-- The first expand step: an index for the question "what expires soon", built while
-- the registry is in use. Code works without it, only slower; an attempt that was cut
-- short leaves an invalid index, which is dropped first.

-- +goose Up
DROP INDEX IF EXISTS certificates_by_expiry;
CREATE INDEX CONCURRENTLY certificates_by_expiry ON certificates (not_after);
