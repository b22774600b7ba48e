-- Keeps the parts of long SMS until all are there; see streams/part_store.py. A hash holds `t` (parts in all), `b` (when
-- it began), `k` (how many are there), by number each part and `c`<number> its check sum, `w` (which record completed
-- it), `l` (leased: scored as it is), `r` (released: its hits are published; the parts themselves are gone).
-- In:  {"keep", due, now, wait, parts {key, number, total, check, place, part}}
--      {"lease", due, now, lease, most}
--      {"release", due, seconds, keys}
-- Out: keep: an outcome and the parts for each; lease: {key, began, parts {number, part}}; release: 1.
local given = cmsgpack.unpack(ARGV[1])
local deed, due = given[1], given[2]
local UNRELEASED_SECONDS = 7 * 86400

local function parts_of(key, total)
  local parts = {}
  for number = 1, total do
    local part = redis.call('HGET', key, number)
    if part then table.insert(parts, {number, part}) end
  end
  return parts
end

local function begin(key, total, now, wait)
  redis.call('HSET', key, 't', total, 'b', now)
  redis.call('ZADD', due, now + wait, key)
end

local function keep(now, wait, part)
  local key, number, total, check, place = part[1], part[2], part[3], part[4], part[5]
  local known = redis.call('HMGET', key, 't', 'w', 'r', 'l', 'c' .. number)
  local same = tonumber(known[1] or -1) == total and tonumber(known[5] or -1) == check
  if known[3] then
    if same then return {'copy', {}} end
    redis.call('DEL', key) -- the reference is used again
    known = {false, false, false, false, false}
    same = false
  elseif known[2] then
    if not same then return {'alone', {}} end
    if known[2] == place then return {'joined', parts_of(key, total)} end
    return {'copy', {}}
  end
  if same then return {'held', {}} end
  if known[4] or known[5] or (known[1] and tonumber(known[1]) ~= total) then return {'alone', {}} end
  if not known[1] then begin(key, total, now, wait) end
  redis.call('HSET', key, number, part[6], 'c' .. number, check)
  if redis.call('HINCRBY', key, 'k', 1) < total then return {'held', {}} end
  redis.call('HSET', key, 'w', place)
  redis.call('EXPIRE', key, UNRELEASED_SECONDS)
  redis.call('ZREM', due, key)
  return {'joined', parts_of(key, total)}
end

if deed == 'keep' then
  local outcomes = {}
  for i, part in ipairs(given[5]) do outcomes[i] = keep(given[3], given[4], part) end
  return cmsgpack.pack(outcomes)
end

if deed == 'lease' then
  local now, leased = given[3], {}
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, given[5])) do
    local known = redis.call('HMGET', key, 't', 'b')
    if known[1] then
      redis.call('ZADD', due, now + given[4], key) -- a worker that dies gives it back
      redis.call('HSET', key, 'l', 1)
      table.insert(leased, {key, tonumber(known[2]), tonumber(known[1]), parts_of(key, tonumber(known[1]))})
    else
      redis.call('ZREM', due, key)
    end
  end
  return cmsgpack.pack(leased)
end

for _, key in ipairs(given[4]) do
  local total = redis.call('HGET', key, 't')
  if total then
    local checks = {}
    for number = 1, tonumber(total) do checks[number] = redis.call('HGET', key, 'c' .. number) end
    redis.call('DEL', key) -- and made anew: a hash that has shrunk keeps its size
    redis.call('HSET', key, 't', total, 'r', 1)
    for number = 1, tonumber(total) do
      if checks[number] then redis.call('HSET', key, 'c' .. number, checks[number]) end
    end
    redis.call('EXPIRE', key, given[3])
    redis.call('ZREM', due, key)
  end
end
return cmsgpack.pack(1)
