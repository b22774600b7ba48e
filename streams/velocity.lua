-- Counts the SMS of a batch by sender and day, each once however often it is read or fed and at however many gateways it
-- is seen; see streams/velocity.py. Written for speed: calls, tables and new strings are what costs here.
-- In:  sources {key, seconds, gateway}, groups {key, expires_at, per_hour, per_day}, slots {group, hour}, a column each of
--      slot, source, offset, line; max_receivers, gateways. All indexes count from 1; an hour is `h` and its number. Then
--      strings of all receivers, texts, ids (4 bytes an SMS) and likenesses (twice 4).
-- Out: groups {day, receivers, top, at_least, crossed}, slots {hour, crossed}; `crossed` is the index of the SMS of this
--      batch that crossed the line, or 0.
local given = cmsgpack.unpack(ARGV[1])
local sources, groups, slots = given[1], given[2], given[3]
local slot_of, source_of, offsets, lines = given[4], given[5], given[6], given[7]
local max_receivers, gateways = given[8], given[9]
local receivers, texts, ids, likenesses = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local call, sub, byte, char, look = redis.call, string.sub, string.byte, string.char, string.find
local floor, min, max = math.floor, math.min, math.max

local MOST = 64 -- bytes of a value that a hash keeps in its compact form

local function of(column, i)
  return sub(column, 4 * i - 3, 4 * i)
end

-- Where an entry begins that starts with a word, in a value of entries of one size from a place on.
local function find(value, word, from, size)
  local at = look(value, word, from, true)
  while at and (at - from) % size ~= 0 do at = look(value, word, at + 1, true) end
  return at
end

-- What a receiver got of this sender: how many ids are known, those of the first SMS, and the texts, the newest first.
-- A text is 4 bytes, and a byte for each gateway with how often it saw it. A gateway that saw a text less often than
-- another sees copies of what that one saw; of more than 255 of one text those beyond count at each gateway.
local IDS, MOST_SEEN = 3, 255
local ENTRY = 4 + gateways
local TEXTS = ENTRY * floor((MOST - 1 - 4 * IDS) / ENTRY)
local SEEN_ONCE = {}
for gateway = 1, gateways do
  SEEN_ONCE[gateway] = string.rep('\0', gateway - 1) .. '\1' .. string.rep('\0', gateways - gateway)
end

-- Whether an id is among them, and whether no other has a place there.
local function is_known(held, id)
  local known, at = byte(held), find(held, id, 2, 4)
  return at and at < 4 * known + 2, known == IDS
end

local function first_noted(text, gateway, id)
  return '\1' .. id .. text .. SEEN_ONCE[gateway]
end

-- What the receiver got after one more SMS, and whether it is a copy.
local function noted(held, text, gateway, id)
  local known = byte(held)
  local after = 4 * known + 2
  local head = known == IDS and sub(held, 1, after - 1) or char(known + 1) .. sub(held, 2, after - 1) .. id
  local first = find(held, text, after, ENTRY)
  if not first then
    return head .. sub(text .. SEEN_ONCE[gateway] .. sub(held, after), 1, TEXTS), false
  end
  local seen, last = first + 3 + gateway, first + ENTRY - 1
  local mine, most = byte(held, seen) + 1, max(byte(held, first + 4, last))
  local entry = sub(held, first, seen - 1) .. char(min(mine, MOST_SEEN)) .. sub(held, seen + 1, last)
  local rest = first == after and sub(held, last + 1) or sub(held, after, first - 1) .. sub(held, last + 1)
  return head .. entry .. rest, mine <= most
end

-- Ids that had no place there, and those of receivers that are not kept: the last of each of 64 lists.
local LISTS, LIST = 64, 60

local function list_of(id)
  return 'i' .. char(byte(id) % LISTS)
end

local function put(list, id)
  return list and sub(id .. list, 1, LIST) or id
end

-- How often the halves of likenesses came: 4 bytes and 3 of a count, as many as have their place, the commonest first.
-- One more than that takes one from each of them (Misra and Gries): none is counted too often, and none too seldom by more
-- than a fifth of the day's SMS, and that only if all others are unlike each other.
local TALLY, ONCE, MOST_ALIKE = 7, '\0\0\1', 0xFFFFFF
local FULL = TALLY * floor(MOST / TALLY)

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

local function with_half(tally, half)
  local first = find(tally, half, 1, TALLY)
  if not first then return #tally < FULL and tally .. half .. ONCE or less_one(tally) end
  local lowest = byte(tally, first + 6)
  if first == 1 and lowest < 255 then return sub(tally, 1, 6) .. char(lowest + 1) .. sub(tally, 8) end
  local count = min(count_at(tally, first) + 1, MOST_ALIKE)
  if count > count_at(tally, 1) then
    return entry(half, count) .. sub(tally, 1, first - 1) .. sub(tally, first + TALLY)
  end
  return sub(tally, 1, first - 1) .. entry(half, count) .. sub(tally, first + TALLY)
end

local function with_likeness(tally, i)
  local one, other = sub(likenesses, 8 * i - 7, 8 * i - 4), sub(likenesses, 8 * i - 3, 8 * i)
  if tally == '' then return one == other and one .. ONCE or one .. ONCE .. other .. ONCE end
  tally = with_half(tally, one)
  return one == other and tally or with_half(tally, other)
end

local function top_of(tally, day)
  return tally == '' and 1 or max(1, min(count_at(tally, 1), day))
end

local offset_done, line_done, advanced = {}, {}, {}
for s, source in ipairs(sources) do
  local mark = call('GET', source[1])
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
  local done = offset_done[s]
  if offset > done or (offset == done and line > line_done[s]) then
    offset_done[s], line_done[s], advanced[s] = offset, line, true
    local others = fresh[slot]
    if others then
      others[#others + 1] = i
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
    call('SET', source[1], string.format('%.0f:%.0f', offset_done[s], line_done[s]), 'EX', source[2])
  end
end

local function place(i)
  return string.format('%s %.0f:%.0f', sources[source_of[i]][1], offsets[i], lines[i])
end

local function append(pairs_of, name, value)
  local size = #pairs_of
  pairs_of[size + 1], pairs_of[size + 2] = name, value
end

-- Which SMS of this batch crossed the line: the one that does it now, or one that did it before and is read again.
local function crossing(known, writes, name, before, limit, counted, seen)
  if limit > 0 and before <= limit and before + #counted > limit then
    local i = counted[limit + 1 - before]
    append(writes, name, place(i))
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
  if #names <= AT_ONCE then return call('HMGET', key, unpack(names)) end
  local values = {}
  for first = 1, #names, AT_ONCE do
    local last = min(first + AT_ONCE - 1, #names)
    for i, value in ipairs(call('HMGET', key, unpack(names, first, last))) do values[first + i - 1] = value end
  end
  return values
end

local function write(key, pairs_of)
  for first = 1, #pairs_of, AT_ONCE do
    call('HSET', key, unpack(pairs_of, first, min(first + AT_ONCE - 1, #pairs_of)))
  end
end

local function crossed_of(hour)
  return 'c' .. sub(hour, 2)
end

-- One SMS of a sender in a batch, which is the rule: the same as below, without its tables.
local function count_one(key, expires_at, per_hour, per_day, hour, i)
  local receiver, id, gateway = of(receivers, i), of(ids, i), sources[source_of[i]][3]
  local known = call('HMGET', key, 'd', 'n', 'x', hour, receiver)
  local day, told, alike, in_hour, held = known[1], known[2], known[3], tonumber(known[4] or 0), known[5]
  if not day then
    call('HSET', key, 'd', 1, 'n', 1, 'x', with_likeness('', i), hour, 1, receiver, first_noted(of(texts, i), gateway, id))
    call('EXPIREAT', key, expires_at)
    return {1, 1, 1, 1 >= max_receivers, 0}, {1, 0}
  end
  day, told = tonumber(day), tonumber(told)
  local kept, writes = held or told < max_receivers, nil
  local again, listed, copy = false, not kept, false
  if held then again, listed = is_known(held, id) end
  if listed and not again then
    local name = list_of(id)
    local list = call('HGET', key, name)
    again = list and find(list, id, 1, 4)
    if not again then writes = {name, put(list, id)} end
  end
  if again then return {day, told, top_of(alike, day), told >= max_receivers, 0}, {in_hour, 0} end
  if held then
    held, copy = noted(held, of(texts, i), gateway, id)
  elseif kept then
    held, told = first_noted(of(texts, i), gateway, id), told + 1
  end
  if copy then
    call('HSET', key, receiver, held, unpack(writes or NONE))
    return {day, told, top_of(alike, day), told >= max_receivers, 0}, {in_hour, 0}
  end
  day, in_hour, alike = day + 1, in_hour + 1, with_likeness(alike, i)
  if not kept then
    call('HSET', key, 'd', day, 'x', alike, hour, in_hour, unpack(writes))
  elseif writes then
    call('HSET', key, 'd', day, 'x', alike, hour, in_hour, receiver, held, writes[1], writes[2])
  else
    call('HSET', key, 'd', day, 'n', told, 'x', alike, hour, in_hour, receiver, held)
  end
  local crossed_hour, crossed_day = 0, 0
  if per_hour > 0 and in_hour == per_hour + 1 then
    crossed_hour = i
    call('HSET', key, crossed_of(hour), place(i))
  end
  if per_day > 0 and day == per_day + 1 then
    crossed_day = i
    call('HSET', key, 'c', place(i))
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

-- All SMS of these slots, in the order in which they were read whatever their hours.
local function together(own, by_slot)
  if #own == 1 then return by_slot[own[1]] end
  local all = {}
  for _, s in ipairs(own) do
    for _, i in ipairs(by_slot[s]) do table.insert(all, i) end
  end
  table.sort(all)
  return all
end

-- The lists in which the ids of SMS are looked up: of those whose receivers have no place for their ids. Read at once.
local function lists_for(key, counted, values, fixed, full)
  local names, lists = {}, {}
  for k, i in ipairs(counted) do
    local held = values[fixed + k]
    if held and byte(held) == IDS or full and not held then
      local name = list_of(of(ids, i))
      if lists[name] == nil then
        lists[name] = false
        names[#names + 1] = name
      end
    end
  end
  if #names > 0 then
    local found = call('HMGET', key, unpack(names))
    for n, name in ipairs(names) do lists[name] = found[n] end
  end
  return lists
end

local of_days, of_hours = {}, {}
local function count_many(g, group)
  local key, per_hour, per_day = group[1], group[3], group[4]
  local own = slots_of[g] or {first_slot[g]}
  for _, s in ipairs(own) do
    fresh[s] = fresh[s] or (only[s] and {only[s]}) or NONE
    stale[s] = stale[s] or NONE
  end
  local counted, read_again = together(own, fresh), together(own, stale)

  -- everything that is to be known of the day, read at once: of the day, of its hours, of the receivers
  local names = {'d', 'n', 'x', 'c'}
  for _, s in ipairs(own) do append(names, slots[s][2], crossed_of(slots[s][2])) end
  local fixed = #names
  for k, i in ipairs(counted) do names[fixed + k] = of(receivers, i) end
  local values = read(key, names)
  local day, told, alike = tonumber(values[1] or 0), tonumber(values[2] or 0), values[3] or ''
  local lists, put_in = lists_for(key, counted, values, fixed, told >= max_receivers), {}

  -- what was fed again, or is a copy of what another gateway saw, does not count
  local originals, in_slot, held_by = {}, {}, {}
  for _, s in ipairs(own) do in_slot[s] = {} end
  for k, i in ipairs(counted) do
    local receiver, id, copy = names[fixed + k], of(ids, i), false
    local held = held_by[receiver] or values[fixed + k]
    local kept = held or told < max_receivers
    local again, listed = false, not kept
    if held then again, listed = is_known(held, id) end
    if listed and not again then
      local name = list_of(id)
      local list = lists[name]
      if list == nil then list = call('HGET', key, name) end
      again = list and find(list, id, 1, 4)
      if not again then list, put_in[name] = put(list, id), true end
      lists[name] = list
    end
    if not again then
      if held then
        held_by[receiver], copy = noted(held, of(texts, i), sources[source_of[i]][3], id)
      elseif kept then
        held_by[receiver], told = first_noted(of(texts, i), sources[source_of[i]][3], id), told + 1
      end
      if not copy then
        alike = with_likeness(alike, i)
        originals[#originals + 1] = i
        if #own > 1 then table.insert(in_slot[slot_of[i]], i) end
      end
    end
  end
  if #own == 1 then in_slot[own[1]] = originals end

  local writes, before = {}, day
  if #originals > 0 then
    day = day + #originals
    writes = {'d', day, 'n', told, 'x', alike}
  end
  for n, s in ipairs(own) do
    local hour, had, new = slots[s][2], tonumber(values[3 + 2 * n] or 0), in_slot[s]
    if #new > 0 then append(writes, hour, had + #new) end
    of_hours[s] = {had + #new, crossing(values[4 + 2 * n], writes, crossed_of(hour), had, per_hour, new, stale[s])}
  end
  of_days[g] = {
    day, told, top_of(alike, day), told >= max_receivers,
    crossing(values[4], writes, 'c', before, per_day, originals, read_again)
  }
  for receiver, held in pairs(held_by) do append(writes, receiver, held) end
  for name in pairs(put_in) do append(writes, name, lists[name]) end
  if #writes > 0 then write(key, writes) end
  if before == 0 and day > 0 then call('EXPIREAT', key, group[2]) end
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
