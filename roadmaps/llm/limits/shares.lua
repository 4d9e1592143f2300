-- One process tells its demand for calls under a limit, and gets its share of what is allowed.
-- What all hold never sums to more than the limit, except while the limit has just sunk below the calls that run.
-- KEYS[1]: hash of the limit: limit, emptied, and "p:<process>" → "demand running held seen"; of one that adapts also
-- well, base, cut, strict, paused, and of the calls since it was last judged: succeeded, refused, open
-- The release before reads the hash of a provider with the same fields, and a "limit" that has sunk there holds for it only.
local process, demand, running, share = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local most, succeeded, refused, pause = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local lease, settling = tonumber(ARGV[9]), tonumber(ARGV[10])
local adapts, too_many, least_calls, forget = ARGV[11] == '1', tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = {}
local raw = redis.call('HGETALL', KEYS[1])
for i = 1, #raw, 2 do known[raw[i]] = raw[i + 1] end

local demands, wanted, all_running, others_held = {}, demand, running, 0
for field, value in pairs(known) do
    local other = string.match(field, '^p:(.*)')
    if other and other ~= process then
        local d, r, h, seen = string.match(value, '(%d+) (%d+) (%d+) (%d+)')
        if now - tonumber(seen) > lease then
            redis.call('HDEL', KEYS[1], field)  -- it died: its calls ended with it
        else
            table.insert(demands, {other, tonumber(d)})
            wanted, all_running, others_held = wanted + d, all_running + r, others_held + h
        end
    end
end

-- The limit of a model sinks when too large a part of its calls is refused, and comes back by doubling, up to the size that
-- it had before, and by one for each round beyond.
local limit, paused = most, 0
if adapts then
    limit = math.min(most, tonumber(known['limit'] or most))
    local well = math.min(most, tonumber(known['well'] or most))  -- the last size that went well
    local base = math.min(limit, tonumber(known['base'] or limit))  -- the size that it has grown from since it sank
    local cut, strict = tonumber(known['cut'] or 0), known['strict'] == '1'
    paused = tonumber(known['paused'] or 0)
    if now - cut > forget then well, base = most, limit end

    -- Refusals come at once and answers late, so what is open now and wasn't then counts as begun, not refused.
    succeeded = succeeded + tonumber(known['succeeded'] or 0)
    refused = refused + tonumber(known['refused'] or 0)
    local open = tonumber(known['open'] or 0)
    local ended = succeeded + refused
    local refuses = refused > too_many / 100 * (ended + math.max(0, all_running - open))
    if not refuses then
        local good = tonumber(ARGV[6])
        if limit < well then
            limit = math.min(well, limit + good)
        else
            limit = math.min(most, limit + good / limit)
        end
    end

    -- A round is judged when as many calls have ended as are open. When none of the round before went well, few suffice.
    if ended > 0 and ended >= math.max(strict and 1 or least_calls, all_running) then
        if refuses then
            if limit > base then well = base end
            if succeeded == 0 and all_running == 0 then paused = math.max(paused, now + pause) end
            -- To as many as it took, yet by one round not below a quarter.
            limit = math.max(1, limit / 4, math.min(limit * 0.7, math.max(all_running, succeeded)))
            base, cut, strict = limit, now, succeeded == 0
        else
            if all_running >= limit / 2 then base = math.max(base, math.min(limit, all_running)) end
            strict = false
        end
        succeeded, refused, open = 0, 0, all_running
    end
    redis.call('HSET', KEYS[1], 'well', well, 'base', base, 'cut', cut, 'strict', strict and 1 or 0, 'paused', paused,
        'succeeded', succeeded, 'refused', refused, 'open', open)
end
redis.call('HSET', KEYS[1], 'limit', limit)
local wait = math.max(0, paused - now)

if demand == 0 then
    redis.call('HDEL', KEYS[1], 'p:' .. process)
    return {0, wait}
end

-- Who wants little gets all of it, the others the same; while it is enough for all, each gets a part of the rest,
-- and one part stays for who comes next.
table.insert(demands, {process, demand})
local allowed, count, target = math.floor(limit), #demands, 0
if allowed < count then  -- by turns
    table.sort(demands, function(a, b) return a[1] < b[1] end)
    for i, one in ipairs(demands) do
        if one[1] == process and (i + math.floor(now / 1000)) % count < allowed then target = 1 end
    end
else
    table.sort(demands, function(a, b) if a[2] == b[2] then return a[1] < b[1] end return a[2] < b[2] end)
    local rest = allowed
    for i, one in ipairs(demands) do
        local given = math.min(one[2], math.floor(rest / (count - i + 1)))
        rest = rest - given
        if one[1] == process then target = given end
    end
    if wanted < allowed then target = target + math.floor((allowed - wanted) / (count + 1)) end
end

-- Who was here (its share is not -1) and isn't known tells that Redis was emptied: until all have told what they have,
-- nobody gets more.
local emptied = tonumber(known['emptied'] or 0)
if share >= 0 and not known['p:' .. process] then
    emptied = now
    redis.call('HSET', KEYS[1], 'emptied', now)
end
if now - emptied < settling then target = math.min(target, share) end

share = math.max(0, math.min(target, allowed - others_held))
local held = math.max(share, running)  -- calls beyond the share end by themselves; until then nobody else may have them
redis.call('HSET', KEYS[1], 'p:' .. process, demand .. ' ' .. running .. ' ' .. held .. ' ' .. now)
redis.call('EXPIRE', KEYS[1], 86400)
return {share, wait}
