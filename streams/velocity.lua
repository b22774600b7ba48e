-- Counts the SMS of a batch by sender and day, each once however often it is read or fed and at however many gateways it
-- is seen; see streams/velocity.py.
-- In:  sources {key, seconds, gateway}, groups {key, expires_at, per_hour, per_day}, slots {group, hour}, a column each of
--      slot, source, offset, line; max_receivers, gateways. All indexes count from 1. Then strings of all receivers, texts,
--      ids (4 bytes an SMS) and likenesses (twice 4).
-- Out: groups {day, receivers, top, at_least, crossed}, slots {hour, crossed}; `crossed` is the index of the SMS of this
--      batch that crossed the line, or 0.
local given = cmsgpack.unpack(ARGV[1])
local sources, groups, slots = given[1], given[2], given[3]
local slot_of, source_of, offsets, lines = given[4], given[5], given[6], given[7]
local max_receivers, gateways = given[8], given[9]
local receivers, texts, ids, likenesses = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local sub, byte, char, floor, min = string.sub, string.byte, string.char, math.floor, math.min

local MOST = 64 -- bytes of a value that a hash keeps in its compact form

local function of(column, i)
  return sub(column, 4 * i - 3, 4 * i)
end

-- Where an entry begins that starts with a word, in a value of entries of one size from a place on.
local function find(value, word, from, size)
  local at = string.find(value, word, from, true)
  while at and (at - from) % size ~= 0 do at = string.find(value, word, at + 1, true) end
  return at
end

-- What a receiver got of this sender: how many ids are known, those of the last SMS, and the texts, each the newest first.
-- A text is 4 bytes, and a byte for each gateway with how often it saw it. A gateway that saw a text less often than
-- another sees copies of what that one saw.
local IDS, MOST_SEEN = 3, 255
local ENTRY = 4 + gateways
local TEXTS = ENTRY * math.floor((MOST - 1 - 4 * IDS) / ENTRY)

local function is_known(held, id)
  local known = byte(held, 1)
  local at = find(held, id, 2, 4)
  return at and at < 4 * known + 2, known == IDS
end

-- Note an SMS: what the receiver got after it, whether it is a copy, and the id that gave way.
local function noted(held, text, gateway, id)
  if not held then
    return '\1' .. id .. text .. string.rep('\0', gateway - 1) .. '\1' .. string.rep('\0', gateways - gateway), false
  end
  local known, gone = byte(held, 1), nil
  local after = 4 * known + 2
  local head
  if known < IDS then
    head = char(known + 1) .. id .. sub(held, 2, after - 1)
  else
    head, gone = char(known) .. id .. sub(held, 2, after - 5), sub(held, after - 4, after - 1)
  end
  local first = find(held, text, after, ENTRY)
  if first then
    local counts = {byte(held, first + 4, first + ENTRY - 1)}
    local mine, most = counts[gateway] + 1, math.max(unpack(counts))
    counts[gateway] = min(mine, MOST_SEEN)
    local rest = sub(held, after, first - 1) .. text .. char(unpack(counts)) .. sub(held, first + ENTRY)
    return head .. rest, mine <= most and most < MOST_SEEN, gone
  end
  local entry = text .. string.rep('\0', gateway - 1) .. '\1' .. string.rep('\0', gateways - gateway)
  return head .. sub(entry .. sub(held, after), 1, TEXTS), false, gone
end

-- Ids that gave way, and those of receivers that are not kept: the last of each of 64 lists, told apart by their last bits.
local LISTS, LIST = 64, 60

local function list_of(id)
  return 'i' .. byte(id, 1) % LISTS
end

local function put(list, id)
  return sub(id .. (list or ''), 1, LIST)
end

-- How often the halves of likenesses came: 4 bytes and 3 of a count, as many as have their place. One more than that
-- takes one from each of them (Misra and Gries): none is counted too often, and none too seldom by more than a fifth of
-- the day's SMS, and that only if all others are unlike each other.
local TALLY, ONCE, MOST_ALIKE = 7, '\0\0\1', 0xFFFFFF
local FULL = TALLY * math.floor(MOST / TALLY)

local function count_at(tally, first)
  local high, middle, low = byte(tally, first + 4, first + 6)
  return high * 65536 + middle * 256 + low
end

local function entry(half, count)
  return half .. char(floor(count / 65536), floor(count / 256) % 256, count % 256)
end

local function less_one(tally)
  local left = {}
  for first = 1, FULL, TALLY do
    local count = count_at(tally, first) - 1
    if count > 0 then table.insert(left, entry(sub(tally, first, first + 3), count)) end
  end
  return table.concat(left)
end

-- The commonest stands first.
local function with_half(tally, half)
  local first = find(tally, half, 1, TALLY)
  if not first then return #tally < FULL and tally .. half .. ONCE or less_one(tally) end
  local count = min(count_at(tally, first) + 1, MOST_ALIKE)
  if first > 1 and count > count_at(tally, 1) then
    return entry(half, count) .. sub(tally, 1, first - 1) .. sub(tally, first + TALLY)
  end
  return sub(tally, 1, first - 1) .. entry(half, count) .. sub(tally, first + TALLY)
end

local function with_likeness(tally, i)
  local one, other = of(likenesses, 2 * i - 1), of(likenesses, 2 * i)
  tally = with_half(tally, one)
  return one == other and tally or with_half(tally, other)
end

local function top_of(tally, day)
  return tally == '' and 1 or math.max(1, min(count_at(tally, 1), day))
end

local offset_done, line_done, advanced = {}, {}, {}
for s, source in ipairs(sources) do
  local mark = redis.call('GET', source[1])
  if mark then
    local offset, line = string.match(mark, '^(%d+):(%d+)$')
    offset_done[s], line_done[s] = tonumber(offset), tonumber(line)
  else
    offset_done[s], line_done[s] = -1, 0
  end
end

-- By slot: indexes of SMS that are counted now, and that were counted before; `only` is the one of a slot that has no other.
local NONE = {}
local fresh, stale, only = {}, {}, {}
for i, slot in ipairs(slot_of) do
  local s, offset, line = source_of[i], offsets[i], lines[i]
  if offset > offset_done[s] or (offset == offset_done[s] and line > line_done[s]) then
    offset_done[s], line_done[s], advanced[s] = offset, line, true
    if fresh[slot] then
      table.insert(fresh[slot], i)
    elseif only[slot] then
      fresh[slot] = {only[slot], i}
    else
      only[slot] = i
    end
  else
    stale[slot] = stale[slot] or {}
    table.insert(stale[slot], i)
  end
end
for s, source in ipairs(sources) do
  if advanced[s] then -- else it keeps its time to live: what a topic made anew brings must not renew it
    redis.call('SET', source[1], string.format('%.0f:%.0f', offset_done[s], line_done[s]), 'EX', source[2])
  end
end

local function place(i)
  return string.format('%s %.0f:%.0f', sources[source_of[i]][1], offsets[i], lines[i])
end

-- Which SMS of this batch crossed the line: the one that does it now, or one that did it before and is read again.
local function crossing(known, writes, name, before, limit, counted, seen)
  if limit > 0 and before <= limit and before + #counted > limit then
    local i = counted[limit + 1 - before]
    table.insert(writes, name)
    table.insert(writes, place(i))
    return i
  end
  if known then
    for _, i in ipairs(seen) do
      if place(i) == known then return i end
    end
  end
  return 0
end

local AT_ONCE = 1000 -- what Lua can hand over in one call

local function read(key, names)
  local values = {}
  for first = 1, #names, AT_ONCE do
    local last = min(first + AT_ONCE - 1, #names)
    for i, value in ipairs(redis.call('HMGET', key, unpack(names, first, last))) do values[first + i - 1] = value end
  end
  return values
end

local function write(key, pairs_of)
  for first = 1, #pairs_of, AT_ONCE do
    redis.call('HSET', key, unpack(pairs_of, first, min(first + AT_ONCE - 1, #pairs_of)))
  end
end

-- One SMS of a sender in a batch, which is the rule: the same as below, without its tables.
local function count_one(key, expires_at, per_hour, per_day, hour, i)
  local receiver, id, gateway = 'r' .. of(receivers, i), of(ids, i), sources[source_of[i]][3]
  local known = redis.call('HMGET', key, 'd', 'n', 'x', 'h' .. hour, receiver)
  if not known[1] then
    local alike, held = with_likeness('', i), noted(nil, of(texts, i), gateway, id)
    redis.call('HSET', key, 'd', 1, 'n', 1, 'x', alike, 'h' .. hour, 1, receiver, held)
    redis.call('EXPIREAT', key, expires_at)
    return {1, 1, 1, 1 >= max_receivers, 0}, {1, 0}
  end
  local day, told, in_hour, held = tonumber(known[1]), tonumber(known[2]), tonumber(known[4] or 0), known[5]
  local kept = held or told < max_receivers
  local again, full = false, not kept
  if held then again, full = is_known(held, id) end
  local list = not again and full and redis.call('HGET', key, list_of(id))
  again = again or list and find(list, id, 1, 4)
  local copy, gone = false, id
  if kept and not again then
    held, copy, gone = noted(held, of(texts, i), gateway, id)
    if not known[5] then told = told + 1 end
  end
  if again or copy then
    if copy then
      redis.call('HSET', key, receiver, held)
      if gone then redis.call('HSET', key, list_of(gone), put(redis.call('HGET', key, list_of(gone)), gone)) end
    end
    return {day, told, top_of(known[3], day), told >= max_receivers, 0}, {in_hour, 0}
  end
  day, in_hour = day + 1, in_hour + 1
  local alike = with_likeness(known[3], i)
  if kept then -- one call, for calls are what costs here
    redis.call('HSET', key, 'd', day, 'n', told, 'x', alike, 'h' .. hour, in_hour, receiver, held)
  else
    redis.call('HSET', key, 'd', day, 'x', alike, 'h' .. hour, in_hour)
  end
  if gone then redis.call('HSET', key, list_of(gone), put(redis.call('HGET', key, list_of(gone)), gone)) end
  local crossed_hour, crossed_day = 0, 0
  if per_hour > 0 and in_hour == per_hour + 1 then
    crossed_hour = i
    redis.call('HSET', key, 'c' .. hour, place(i))
  end
  if per_day > 0 and day == per_day + 1 then
    crossed_day = i
    redis.call('HSET', key, 'c', place(i))
  end
  return {day, told, top_of(alike, day), told >= max_receivers, crossed_day}, {in_hour, crossed_hour}
end

local slots_of, first_slot = {}, {} -- by group
for s, slot in ipairs(slots) do
  local g = slot[1]
  if not first_slot[g] then
    first_slot[g] = s
  else
    slots_of[g] = slots_of[g] or {first_slot[g]}
    table.insert(slots_of[g], s)
  end
end

local of_days, of_hours = {}, {}
local function count_many(g, group)
  local key = group[1]
  slots_of[g] = slots_of[g] or {first_slot[g]}
  for _, s in ipairs(slots_of[g]) do
    fresh[s] = fresh[s] or (only[s] and {only[s]}) or NONE
    stale[s] = stale[s] or NONE
  end
  local counted, read_again = {}, {}
  for _, s in ipairs(slots_of[g]) do
    for _, i in ipairs(fresh[s]) do table.insert(counted, i) end
    for _, i in ipairs(stale[s]) do table.insert(read_again, i) end
  end
  if #slots_of[g] > 1 then table.sort(counted) end -- in the order in which they were read, whatever their hours

  -- everything that is to be known of the day, read at once
  local names = {'d', 'n', 'x', 'c'}
  for _, s in ipairs(slots_of[g]) do
    table.insert(names, 'h' .. slots[s][2])
    table.insert(names, 'c' .. slots[s][2])
  end
  local met = {}
  for _, i in ipairs(counted) do
    local name = 'r' .. of(receivers, i)
    if not met[name] then
      met[name] = true
      table.insert(names, name)
    end
  end
  local values = read(key, names)
  local known = {}
  for i, name in ipairs(names) do known[name] = values[i] end

  local day, told = tonumber(known.d or 0), tonumber(known.n or 0)
  local alike, writes = known.x or '', {}
  local lists, lists_met = {}, {}
  local function list_at(name)
    if lists_met[name] == nil then
      lists_met[name] = false
      lists[name] = day > 0 and redis.call('HGET', key, name) or ''
    end
    return lists[name]
  end

  -- what was fed again, or is a copy of what another gateway saw, does not count
  local originals, in_slot, held_by = {}, {}, {}
  for _, s in ipairs(slots_of[g]) do in_slot[s] = {} end
  for _, i in ipairs(counted) do
    local receiver, id, again, copy, gone = 'r' .. of(receivers, i), of(ids, i), false, false, nil
    local held = held_by[receiver] or known[receiver] or nil
    local kept = held or told < max_receivers
    local full = not kept
    if held then again, full = is_known(held, id) end
    if full and not again then
      local list = list_at(list_of(id))
      again = find(list, id, 1, 4)
    end
    if not again then
      gone = id
      if kept then
        if not held then told = told + 1 end
        held_by[receiver], copy, gone = noted(held, of(texts, i), sources[source_of[i]][3], id)
      end
      if gone then
        local name = list_of(gone)
        lists[name] = put(list_at(name), gone)
        lists_met[name] = true
      end
      if not copy then
        alike = with_likeness(alike, i)
        table.insert(originals, i)
        table.insert(in_slot[slot_of[i]], i)
      end
    end
  end
  for name, value in pairs(held_by) do
    table.insert(writes, name)
    table.insert(writes, value)
  end
  for name, changed in pairs(lists_met) do
    if changed then
      table.insert(writes, name)
      table.insert(writes, lists[name])
    end
  end

  for _, s in ipairs(slots_of[g]) do
    local hour = slots[s][2]
    local before = tonumber(known['h' .. hour] or 0)
    of_hours[s] = {
      before + #in_slot[s],
      crossing(known['c' .. hour], writes, 'c' .. hour, before, group[3], in_slot[s], stale[s])
    }
    if #in_slot[s] > 0 then
      table.insert(writes, 'h' .. hour)
      table.insert(writes, before + #in_slot[s])
    end
  end
  local crossed = crossing(known.c, writes, 'c', day, group[4], originals, read_again)
  if #originals > 0 then
    local fresh_day = day == 0
    day = day + #originals
    for name, value in pairs({d = day, n = told, x = alike}) do
      table.insert(writes, name)
      table.insert(writes, value)
    end
    write(key, writes)
    if fresh_day then redis.call('EXPIREAT', key, group[2]) end
  elseif #writes > 0 then
    write(key, writes)
  end
  of_days[g] = {day, told, top_of(alike, day), told >= max_receivers, crossed}
end

for g, group in ipairs(groups) do
  local s = first_slot[g]
  if slots_of[g] or fresh[s] or stale[s] then
    count_many(g, group)
  else
    of_days[g], of_hours[s] = count_one(group[1], group[2], group[3], group[4], slots[s][2], only[s])
  end
end
return cmsgpack.pack({of_days, of_hours})
