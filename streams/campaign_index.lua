-- Finds the campaign of each text of a batch, or begins one. One call a batch, so workers never see half of it.
--
-- KEYS[1]: what all keys begin with. They hold, in bytes:
--   t<text>       the campaign of a text seen before
--   b<n><band>    the newest wordings that have this band, 8 bytes each
--   e<wording>    its campaign and its signature
--   n<campaign>   how many wordings it has
-- ARGV: equal bytes of a signature from which two texts are one campaign, and from which a wording is near; wordings of a
-- campaign; seconds for which are kept: a wording that others came near, a wording at first, a text; bytes of a signature,
-- and of a band; then for each text its key, its signature and its bands in one string, or its key alone.
local prefix = KEYS[1]
local alike, near, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wording_seconds, first_seconds, text_seconds = ARGV[4], ARGV[5], ARGV[6]
local SIGNATURE, BAND = tonumber(ARGV[7]), tonumber(ARGV[8])
local FIRST_TEXT, KEY, IN_A_BAND = 9, 8, 8

local function equal_bytes(one, other, offset)
    local equal = 0
    for place = 1, #one do
        if string.byte(one, place) == string.byte(other, place + offset) then equal = equal + 1 end
    end
    return equal
end

local function nearest(signature, held)
    local compared, best, wording, campaign = {}, -1, nil, nil
    for _, found in ipairs(held) do
        if found then
            for first = 1, #found, KEY do
                local other = string.sub(found, first, first + KEY - 1)
                if not compared[other] then
                    compared[other] = true
                    local known = redis.call('GET', prefix .. 'e' .. other)
                    if known then
                        local equal = equal_bytes(signature, known, KEY)
                        if equal > best or (equal == best and other < wording) then
                            best, wording, campaign = equal, other, string.sub(known, 1, KEY)
                        end
                    end
                end
            end
        end
    end
    return best, wording, campaign
end

local function last_at_least(key, seconds)
    if redis.call('TTL', key) < tonumber(seconds) then redis.call('EXPIRE', key, seconds) end
end

local function add(key, signature, places, held, campaign)
    redis.call('SET', prefix .. 'e' .. key, campaign .. signature, 'EX', first_seconds)
    for place, band in ipairs(places) do
        if held[place] then
            redis.call('SET', band, key .. string.sub(held[place], 1, KEY * (IN_A_BAND - 1)), 'KEEPTTL')
            last_at_least(band, first_seconds)
        else
            redis.call('SET', band, key, 'EX', first_seconds)
        end
    end
    redis.call('INCR', prefix .. 'n' .. campaign)
    last_at_least(prefix .. 'n' .. campaign, first_seconds)
end

local function keep(wording, places, held, campaign)
    redis.call('EXPIRE', prefix .. 'e' .. wording, wording_seconds)
    redis.call('EXPIRE', prefix .. 'n' .. campaign, wording_seconds)
    for place, band in ipairs(places) do
        if held[place] then redis.call('EXPIRE', band, wording_seconds) end
    end
end

local function campaign_of(key, text)
    if #text == KEY then return key end
    local signature, places = string.sub(text, KEY + 1, KEY + SIGNATURE), {}
    for first = KEY + SIGNATURE + 1, #text, BAND do
        local number = string.char(#places)
        places[#places + 1] = prefix .. 'b' .. number .. string.sub(text, first, first + BAND - 1)
    end
    local held = redis.call('MGET', unpack(places))
    local best, wording, campaign = nearest(signature, held)
    if best < alike then
        add(key, signature, places, held, key)
        return key
    end
    keep(wording, places, held, campaign)
    if best < near and tonumber(redis.call('GET', prefix .. 'n' .. campaign) or most) < most then
        add(key, signature, places, held, campaign)
    end
    return campaign
end

local answers = {}
for number = FIRST_TEXT, #ARGV do
    local key = string.sub(ARGV[number], 1, KEY)
    local campaign = redis.call('GET', prefix .. 't' .. key)
    if not campaign then
        campaign = campaign_of(key, ARGV[number])
        redis.call('SET', prefix .. 't' .. key, campaign, 'EX', text_seconds)
    end
    answers[#answers + 1] = campaign
end
return answers
