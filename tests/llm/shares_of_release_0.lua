-- One process tells its demand for model calls at once to one provider, and gets its share of what is allowed.
-- What all hold never sums to more than the limit, except while the limit has just sunk below the calls that run.
-- KEYS[1]: hash of the provider: limit, least, cut, paused, emptied, and "p:<process>" → "demand running held seen"
local process, demand, running, share = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local most, succeeded, refused, pause = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local lease, settling, cut_every = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

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

-- When the provider refuses: as many as it has not refused, yet by one sign not below a quarter, for calls may have ended
-- well meanwhile. After that one more for each full round that went well.
local limit = math.min(most, tonumber(known['limit'] or most))
local least = tonumber(known['least'] or 1)
if refused > 0 then
    if now - tonumber(known['cut'] or 0) > cut_every then
        least, limit = limit / 4, limit * 0.7
        redis.call('HSET', KEYS[1], 'cut', now, 'least', least)
    end
    limit = math.max(1, least, math.min(limit, all_running))
else
    limit = math.min(most, limit + succeeded / limit)
end
local paused = math.max(tonumber(known['paused'] or 0), pause > 0 and now + pause or 0)
redis.call('HSET', KEYS[1], 'limit', limit, 'paused', paused)

if demand == 0 then
    redis.call('HDEL', KEYS[1], 'p:' .. process)
    return {0, math.max(0, paused - now)}
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
return {share, math.max(0, paused - now)}
