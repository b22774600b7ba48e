-- Keeps the parts of long SMS until all are there; see streams/part_store.py.
-- Of a reference (gateway, sender, receiver, number): a sorted set of its SMS that lack parts, by when they began.
-- Of each SMS, under the reference and the token of the part that began it, a hash: `t` (parts in all), `b` (when it
-- began, epoch ms), `f` and `u` (earliest and latest `sent_at` of its parts, epoch ms), `k` (how many are there), by number
-- each part and `c`<number> its token and place, `n` (leased: the part that gave it its id), `r` (scored as it is, its hits
-- are published), `w` (the place that completed it) and `j` (when).
-- Of each part a mark by token: the token of its SMS, or what became of it (DONE, ALONE).
-- In:  {"keep", due, now, wait, apart, again, known, parts {reference, mark, total, number, sent_at, part, place}}
--      {"lease", due, now, lease, most}
--      {"release", due, known, marks, claims {sms, k}}
-- Out: keep: for each an outcome, and of an SMS that is whole its key, began, n, parts {number, part};
--      lease: {sms, began, k, n, total, parts {number, part}}; release: 1.
local given = cmsgpack.unpack(ARGV[1])
local deed, due = given[1], given[2]
local RENEWED_SECONDS = 3600 -- what waits is given its week anew when that is so much shorter, not with every part
local UNRELEASED_SECONDS = 7 * 86400 + RENEWED_SECONDS
local MOST_OPEN = 32 -- SMS of one reference that lack parts; parts of more are scored alone
local TOKEN = 16
local DONE, ALONE = '+', '-'

local function parts_of(sms, total)
  local numbers, parts = {}, {}
  for number = 1, total do numbers[number] = number end
  for number, part in ipairs(redis.call('HMGET', sms, unpack(numbers))) do
    if part then table.insert(parts, {number, part}) end
  end
  return parts
end

local function token_of(sms)
  return string.sub(sms, -TOKEN)
end

local function reference_of(sms)
  return string.sub(sms, 1, -TOKEN - 2)
end

local function mark_parts(sms, total, marks, seconds)
  local names = {}
  for number = 1, total do names[number] = 'c' .. number end
  for _, known in ipairs(redis.call('HMGET', sms, unpack(names))) do
    if known then redis.call('SET', marks .. string.sub(known, 1, TOKEN), DONE, 'EX', seconds) end
  end
end

-- The SMS that a part belongs to: near in time and without a part of this number; the nearest in time, one that began a
-- short while ago before others, and of several the first. Gives its key and what is known of it, and how many there are.
local function find(reference, now, apart, total, number, sent)
  local best, found, least, began_lately
  local kept = 0
  for _, token in ipairs(redis.call('ZRANGE', reference, 0, -1)) do
    local sms = reference .. ':' .. token
    local known = redis.call('HMGET', sms, 't', 'f', 'u', 'b', number, 'k', 'r', 'n')
    if known[1] then kept = kept + 1 else redis.call('ZREM', reference, token) end
    if known[1] and tonumber(known[1]) == total and not known[5] then
      local distance = math.max(tonumber(known[2]) - sent, sent - tonumber(known[3]), 0)
      local lately = now - tonumber(known[4]) <= apart
      if distance <= apart and (not best or distance < least or (distance == least and lately and not began_lately)) then
        best, found, least, began_lately = sms, known, distance, lately
      end
    end
  end
  return best, found, kept
end

-- Has an SMS that was scored as it is make way for a new one; says whether there was one.
local function make_room(reference)
  for _, token in ipairs(redis.call('ZRANGE', reference, 0, -1)) do
    if redis.call('HEXISTS', reference .. ':' .. token, 'r') == 1 then
      redis.call('ZREM', reference, token)
      return true
    end
  end
  return false
end

local function begin(reference, token, now, order, wait, total, number, sent, text, place)
  local sms = reference .. ':' .. token
  redis.call('HSET', sms, 't', total, 'b', now, 'f', sent, 'u', sent, 'k', 1, number, text, 'c' .. number, token .. place)
  redis.call('EXPIRE', sms, UNRELEASED_SECONDS)
  redis.call('ZADD', reference, now * 1000 + order % 1000, token)
  redis.call('EXPIRE', reference, UNRELEASED_SECONDS)
  redis.call('ZADD', due, now + wait, sms)
end

local function whole(sms, total, name, began)
  local named = tonumber(name or 0)
  return {named > 0 and 'late' or 'joined', sms, tonumber(began), named, parts_of(sms, total)}
end

-- What becomes of a part that is kept already; nothing if its SMS has vanished.
local function again(sms, now, patience, total, number, token, place)
  local known = redis.call('HMGET', sms, 't', 'w', 'j', 'c' .. number, 'n', 'b')
  if not known[1] then return nil end
  if not known[2] then return {'held'} end
  -- Its hits are not published: it is due to whoever reads the record that completed it once more, and, should that one
  -- be a dead letter, to whoever feeds the part again.
  local copied = known[4] ~= token .. place
  if known[2] == place or (copied and now - tonumber(known[3]) >= patience) then
    redis.call('HSET', sms, 'w', place, 'j', now)
    return whole(sms, total, known[5], known[6])
  end
  return {'copy'}
end

local function keep(order, part)
  local now, wait, apart, patience, known_seconds = given[3], given[4], given[5], given[6], given[7]
  local reference, mark, total, number, sent, text, place = unpack(part)
  local token, known = token_of(mark), redis.call('GET', mark)
  if known == DONE then return {'copy'} end
  if known == ALONE then return {'alone'} end
  local sms = known and reference .. ':' .. known
  local outcome = sms and again(sms, now, patience, total, number, token, place)
  if outcome then return outcome end
  local found, others
  sms, found, others = find(reference, now, apart, total, number, sent)
  if not sms then
    if others >= MOST_OPEN and not make_room(reference) then
      redis.call('SET', mark, ALONE, 'EX', known_seconds)
      return {'alone'}
    end
    begin(reference, token, now, order, wait, total, number, sent, text, place)
    redis.call('SET', mark, token, 'EX', UNRELEASED_SECONDS)
    return {'held'}
  end
  local count = tonumber(found[6]) + 1
  local writes = {
    number, text, 'c' .. number, token .. place, 'k', count,
    'f', math.min(tonumber(found[2]), sent), 'u', math.max(tonumber(found[3]), sent)
  }
  if count == total then
    for _, word in ipairs({'w', place, 'j', now}) do table.insert(writes, word) end
  end
  redis.call('HSET', sms, unpack(writes))
  if found[7] or now - tonumber(found[4]) > RENEWED_SECONDS * 1000 then redis.call('EXPIRE', sms, UNRELEASED_SECONDS) end
  if found[7] then -- it was scored without this part, and will be again
    redis.call('HDEL', sms, 'r')
    redis.call('EXPIRE', reference, UNRELEASED_SECONDS)
    redis.call('ZADD', due, now + wait, sms)
    mark_parts(sms, total, string.sub(mark, 1, -TOKEN - 1), UNRELEASED_SECONDS)
  end
  redis.call('SET', mark, token_of(sms), 'EX', UNRELEASED_SECONDS)
  if count < total then return {'held'} end
  redis.call('ZREM', due, sms)
  redis.call('ZREM', reference, token_of(sms))
  return whole(sms, total, found[8], found[4])
end

if deed == 'keep' then
  local outcomes = {}
  for i, part in ipairs(given[8]) do outcomes[i] = keep(i, part) end
  return cmsgpack.pack(outcomes)
end

if deed == 'lease' then
  local now, leased = given[3], {}
  for _, sms in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, given[5])) do
    local known = redis.call('HMGET', sms, 't', 'b', 'k', 'n')
    if known[1] then
      local total = tonumber(known[1])
      local parts = parts_of(sms, total)
      local named = tonumber(known[4] or parts[1][1])
      redis.call('HSET', sms, 'n', named)
      redis.call('EXPIRE', sms, UNRELEASED_SECONDS)
      redis.call('ZADD', due, now + given[4], sms) -- a worker that dies gives it back
      table.insert(leased, {sms, tonumber(known[2]), tonumber(known[3]), named, total, parts})
    else
      redis.call('ZREM', due, sms)
    end
  end
  return cmsgpack.pack(leased)
end

local seconds, marks = given[3], given[4]
for _, claim in ipairs(given[5]) do
  local sms = claim[1]
  local known = redis.call('HMGET', sms, 't', 'k', 'w', 'r')
  if known[1] and tonumber(known[2]) == claim[2] and not known[4] then -- else parts came meanwhile, or it was let go
    mark_parts(sms, tonumber(known[1]), marks, seconds)
    if known[3] then
      redis.call('DEL', sms)
    else -- parts may come late
      redis.call('ZREM', due, sms)
      redis.call('HSET', sms, 'r', 1)
      redis.call('EXPIRE', sms, seconds)
      if redis.call('ZCARD', reference_of(sms)) == 1 then redis.call('EXPIRE', reference_of(sms), seconds) end
    end
  end
end
return cmsgpack.pack(1)
