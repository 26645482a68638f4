-- untilRoom returns in how many microseconds bucket $1 has room for a drop again.
SELECT (1e6 * extract(epoch FROM empty_at - clock_timestamp()))::bigint - ($3::bigint - 1) * $2::bigint
FROM throttles WHERE key = $1;
