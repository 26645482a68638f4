-- Keeps snapshots that a gateway read from Postgres, unless the relay has applied a
-- later version meanwhile. Nothing depends on its being right: whoever reads a
-- snapshot judges it by its own version.
-- KEYS: applied, then senders. ARGV: epoch, version, seconds to live, then values.
local applied = redis.call('GET', KEYS[1])
if applied then
  local epoch, version = string.match(applied, '^(%S+) (%d+)$')
  if epoch and (epoch ~= ARGV[1] or tonumber(version) > tonumber(ARGV[2])) then
    return 0
  end
end
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], ARGV[i + 2], 'EX', ARGV[3])
end
return #KEYS - 1
