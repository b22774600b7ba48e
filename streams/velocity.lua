-- Counts the SMS of a batch by sender and day, each once however often it is read and at however many gateways it is
-- seen; see streams/velocity.py.
-- In:  sources {key, seconds, gateway}, groups {key, expires_at, per_hour, per_day}, slots {group, hour}, and a column each of
--      slot, source, offset, line, receiver, text; max_receivers, max_texts, gateways. All indexes count from 1.
-- Out: groups {day, receivers, top, at_least, crossed}, slots {hour, crossed}; `crossed` is the index of the SMS of this
--      batch that crossed the line, or 0.
local given = cmsgpack.unpack(ARGV[1])
local sources, groups, slots = given[1], given[2], given[3]
local slot_of, source_of, offsets, lines, receivers, texts = given[4], given[5], given[6], given[7], given[8], given[9]
local max_receivers, max_texts, gateways = given[10], given[11], given[12]

-- What a receiver got of this sender, the newest text first: 4 bytes of the text, and a byte for each gateway with how
-- often it saw it. A gateway that saw a text less often than another sees copies of what that one saw.
local TEXT, MOST_SEEN = 4, 255
local ENTRY = TEXT + gateways
local LONGEST = math.floor(64 / ENTRY) * ENTRY -- what a hash keeps in its compact form

local function seen(held, text, gateway)
  for first = 1, #held, ENTRY do
    if string.sub(held, first, first + TEXT - 1) == text then
      local counts = {string.byte(held, first + TEXT, first + ENTRY - 1)}
      local mine, most = counts[gateway] + 1, math.max(unpack(counts))
      counts[gateway] = math.min(mine, MOST_SEEN)
      local entry = text .. string.char(unpack(counts))
      return string.sub(held, 1, first - 1) .. entry .. string.sub(held, first + ENTRY), mine <= most and most < MOST_SEEN
    end
  end
  local entry = text .. string.rep('\0', gateway - 1) .. '\1' .. string.rep('\0', gateways - gateway)
  return string.sub(entry .. held, 1, LONGEST), false
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
    local last = math.min(first + AT_ONCE - 1, #names)
    for i, value in ipairs(redis.call('HMGET', key, unpack(names, first, last))) do values[first + i - 1] = value end
  end
  return values
end

local function write(key, pairs_of)
  for first = 1, #pairs_of, AT_ONCE do
    redis.call('HSET', key, unpack(pairs_of, first, math.min(first + AT_ONCE - 1, #pairs_of)))
  end
end

-- One SMS of a sender in a batch, which is the rule: the same as below, without its tables.
local function count_one(key, expires_at, per_hour, per_day, hour, i)
  local digest, gateway = struct.pack('>I4', texts[i]), sources[source_of[i]][3]
  local text, receiver = 'x' .. digest, 'r' .. struct.pack('>I4', receivers[i])
  local known = redis.call('HMGET', key, 'd', 'n', 'k', 't', 'h' .. hour, text, receiver)
  local held, copy = seen(known[7] or '', digest, gateway)
  if not known[1] then
    redis.call('HSET', key, 'd', 1, 'n', 1, 'k', 1, 't', 1, 'h' .. hour, 1, text, 1, receiver, held)
    redis.call('EXPIREAT', key, expires_at)
    return {1, 1, 1, 1 >= max_receivers, 0}, {1, 0}
  end
  local day, told = tonumber(known[1]) + 1, tonumber(known[2])
  local kinds, top, in_hour = tonumber(known[3]), tonumber(known[4]), tonumber(known[5] or 0) + 1
  if copy then
    redis.call('HSET', key, receiver, held)
    return {day - 1, told, top, told >= max_receivers, 0}, {in_hour - 1, 0}
  end
  local holds_receiver = known[7] or told < max_receivers
  if holds_receiver and not known[7] then told = told + 1 end
  local all = (known[6] or kinds < max_texts) and tonumber(known[6] or 0) + 1
  if all and not known[6] then kinds = kinds + 1 end
  if all and all > top then top = all end
  if all and holds_receiver then -- one call, for calls are what costs here
    redis.call('HSET', key, 'd', day, 'n', told, 'k', kinds, 't', top, 'h' .. hour, in_hour, text, all, receiver, held)
  else
    redis.call('HSET', key, 'd', day, 'n', told, 'k', kinds, 't', top, 'h' .. hour, in_hour)
    if all then redis.call('HSET', key, text, all) end
    if holds_receiver then redis.call('HSET', key, receiver, held) end
  end
  local crossed_hour, crossed_day = 0, 0
  if per_hour > 0 and in_hour == per_hour + 1 then
    crossed_hour = i
    redis.call('HSET', key, 'c' .. hour, place(i))
  end
  if per_day > 0 and day == per_day + 1 then
    crossed_day = i
    redis.call('HSET', key, 'c', place(i))
  end
  return {day, told, top, told >= max_receivers, crossed_day}, {in_hour, crossed_hour}
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
  local names = {'d', 'n', 'k', 't', 'c'}
  for _, s in ipairs(slots_of[g]) do
    table.insert(names, 'h' .. slots[s][2])
    table.insert(names, 'c' .. slots[s][2])
  end
  local met = {}
  for _, i in ipairs(counted) do
    for _, name in ipairs({'x' .. struct.pack('>I4', texts[i]), 'r' .. struct.pack('>I4', receivers[i])}) do
      if not met[name] then
        met[name] = true
        table.insert(names, name)
      end
    end
  end
  local values = read(key, names)
  local known = {}
  for i, name in ipairs(names) do known[name] = values[i] end

  local day, told = tonumber(known.d or 0), tonumber(known.n or 0)
  local kinds, top = tonumber(known.k or 0), tonumber(known.t or 0)
  local writes = {}

  -- what is a copy of what another gateway saw does not count
  local originals, in_slot, held_by, copies, kinds_met = {}, {}, {}, {}, {}
  for _, s in ipairs(slots_of[g]) do in_slot[s] = {} end
  for _, i in ipairs(counted) do
    local digest, receiver, copy = struct.pack('>I4', texts[i]), 'r' .. struct.pack('>I4', receivers[i]), false
    local held = held_by[receiver] or known[receiver]
    if not held and told < max_receivers then
      told = told + 1
      held = ''
    end
    if held then held_by[receiver], copy = seen(held, digest, sources[source_of[i]][3]) end
    if not copy then
      local text = 'x' .. digest
      if not copies[text] then
        copies[text] = 0
        table.insert(kinds_met, text)
      end
      copies[text] = copies[text] + 1
      table.insert(originals, i)
      table.insert(in_slot[slot_of[i]], i)
    end
  end
  for receiver, held in pairs(held_by) do
    table.insert(writes, receiver)
    table.insert(writes, held)
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
  if #counted > 0 then
    for _, text in ipairs(kinds_met) do
      local all = tonumber(known[text] or 0) + copies[text]
      if known[text] or kinds < max_texts then
        if not known[text] then kinds = kinds + 1 end
        table.insert(writes, text)
        table.insert(writes, all)
        if all > top then top = all end
      end
    end
    local fresh_day = day == 0
    day = day + #originals
    for name, value in pairs({d = day, n = told, k = kinds, t = top}) do
      table.insert(writes, name)
      table.insert(writes, value)
    end
    write(key, writes)
    if fresh_day then redis.call('EXPIREAT', key, group[2]) end
  end
  of_days[g] = {day, told, top, told >= max_receivers, crossed}
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
