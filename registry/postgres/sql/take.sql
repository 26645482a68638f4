-- take puts a drop into bucket $1, which drains one every $2 microseconds and holds $3 of
-- them. It returns no row if the drop has no room.
INSERT INTO throttles AS bucket (key, empty_at)
VALUES ($1, clock_timestamp() + $2 * interval '1 microsecond')
ON CONFLICT (key) DO UPDATE
SET empty_at = greatest(bucket.empty_at, clock_timestamp()) + $2 * interval '1 microsecond'
WHERE greatest(bucket.empty_at, clock_timestamp()) <= clock_timestamp() + ($3 - 1) * $2 * interval '1 microsecond'
RETURNING true;
