-- The ledger in Redis: one call is one step that nobody else comes between.
-- KEYS[1]: what all keys begin with; its hash tag keeps them together on a cluster.
-- ARGV: what to do, the time in seconds (empty: the server's own, so that all processes agree),
-- and the operation's own. `ledger_memory.py` says the same in Python; one test suite holds both.

local prefix = KEYS[1]
local operation = ARGV[1]
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local DAY, LIFETIME = 86400, tonumber(ARGV[3])
local EARLY, LATE, MAX_EXPIRES, MAX_CANDIDATES = 5, 60, 600, 2000
local day_number = math.floor(now / DAY)
local left = DAY - math.fmod(now, DAY)

local function expire(key, seconds)
  redis.call('EXPIRE', key, math.ceil(seconds) + 60)
end

local function day(who)
  local kept = redis.call('HMGET', prefix .. 'day:' .. who, 'day', 'previous', 'current')
  local number = tonumber(kept[1])
  local previous, current = tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
  if not number or number < day_number - 1 then return 0, 0, day_number end
  if number == day_number - 1 then return current, 0, day_number end
  return previous, current, number
end

local function set_day(who, number, previous, current)
  local key = prefix .. 'day:' .. who
  redis.call('HSET', key, 'day', number, 'previous', previous, 'current', current)
  expire(key, 2 * DAY)
end

local function parties(caller, address)
  if address == '' then return { { 'caller', 'caller:' .. caller }, { 'all', 'all' } } end
  return {
    { 'caller', 'caller:' .. caller }, { 'address', 'address:' .. address }, { 'all', 'all' },
  }
end

local function grant(id)
  local kept = redis.call('HMGET', prefix .. 'grant:' .. id,
    'caller', 'address', 'granted', 'expires', 'minted', 'state')
  if not kept[1] then return nil end
  local found = {
    caller = kept[1], address = kept[2], granted = tonumber(kept[3]),
    expires = tonumber(kept[4]), minted = tonumber(kept[5]), state = kept[6],
  }
  if found.minted + LIFETIME <= now then return nil end
  return found
end

local function give_back(id, found, seconds)
  local ago = day_number - math.floor(found.minted / DAY)
  for _, party in ipairs(parties(found.caller, found.address)) do
    redis.call('ZREM', prefix .. 'open:' .. party[2], id)
    local previous, current, number = day(party[2])
    if ago == 0 then current = math.max(0, current - seconds) end
    if ago == 1 then previous = math.max(0, previous - seconds) end
    if ago < 2 then set_day(party[2], number, previous, current) end
  end
  return seconds
end

-- What a member of `minted` tells: redeemable until, seconds granted, id.
local function candidate(found, id)
  local redeemable = string.format('%.17g', found.minted + found.expires + LATE)
  return redeemable .. ' ' .. found.granted .. ' ' .. id
end

local function take(id, caller, address, granted, expires, limits)
  local function refuse(limit, who, frees)
    local previous, current = day(who)
    return { limit, previous, current, tostring(left), string.format('%.6f', frees) }
  end
  local all = parties(caller, address)
  for _, party in ipairs(all) do
    local key, limit = prefix .. 'open:' .. party[2], limits[party[1] .. '-open']
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    if limit > 0 and redis.call('ZCARD', key) >= limit then
      local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
      return refuse(party[1] .. '-open', 'caller:' .. caller, tonumber(first[2]) - now)
    end
  end
  for _, party in ipairs(all) do
    local limit = limits[party[1] .. '-day']
    local previous, current = day(party[2])
    if limit > 0 and current + previous * left / DAY + granted > limit then
      return refuse(party[1] .. '-day', party[2], 0)
    end
  end
  local ends = now + expires + granted
  for _, party in ipairs(all) do
    local previous, current, number = day(party[2])
    set_day(party[2], number, previous, current + granted)
    redis.call('ZADD', prefix .. 'open:' .. party[2], string.format('%.17g', ends), id)
    expire(prefix .. 'open:' .. party[2], LIFETIME)
  end
  local minted = string.format('%.17g', now)
  redis.call('HSET', prefix .. 'grant:' .. id, 'caller', caller, 'address', address,
    'granted', granted, 'expires', expires, 'minted', minted, 'state', 'taken')
  expire(prefix .. 'grant:' .. id, LIFETIME)
  local found = { granted = granted, expires = expires, minted = now }
  redis.call('ZREMRANGEBYSCORE', prefix .. 'minted', '-inf', string.format('%.17g', now - LIFETIME))
  redis.call('ZADD', prefix .. 'minted', minted, candidate(found, id))
  expire(prefix .. 'minted', LIFETIME)
  return refuse('', 'caller:' .. caller, 0)
end

local function cancel(id)
  local found = grant(id)
  if not found or found.state == 'settled' then return 0 end
  redis.call('DEL', prefix .. 'grant:' .. id)
  redis.call('ZREM', prefix .. 'minted', candidate(found, id))
  return give_back(id, found, found.granted)
end

local function claim(id)
  local found = grant(id)
  if not found or found.state ~= 'taken' then return 0 end
  redis.call('HSET', prefix .. 'grant:' .. id, 'state', 'claimed')
  return 1
end

local function settle(id, session, began, used)
  local found = grant(id)
  if not found or found.state == 'settled' then return 0 end
  local early = began - found.minted
  if early < -EARLY or early > found.expires + LATE then return 0 end
  if redis.call('EXISTS', prefix .. 'session:' .. session) == 1 then return 0 end
  local near = redis.call('ZRANGEBYSCORE', prefix .. 'minted',
    string.format('%.17g', began - MAX_EXPIRES - LATE), string.format('%.17g', began + EARLY),
    'LIMIT', 0, MAX_CANDIDATES + 1)
  if #near > MAX_CANDIDATES then return 0 end
  local smallest = found.granted
  for _, member in ipairs(near) do
    local redeemable, granted = string.match(member, '^(%S+) (%S+) ')
    if tonumber(redeemable) >= began then smallest = math.min(smallest, tonumber(granted)) end
  end
  redis.call('SET', prefix .. 'session:' .. session, 1, 'EX', LIFETIME)
  redis.call('HSET', prefix .. 'grant:' .. id, 'state', 'settled')
  return give_back(id, found, math.max(0, smallest - used))
end

local function number(index) return tonumber(ARGV[index]) end

if operation == 'take' then
  return take(ARGV[4], ARGV[5], ARGV[6], number(7), number(8), {
    ['caller-day'] = number(9), ['address-day'] = number(10), ['all-day'] = number(11),
    ['caller-open'] = number(12), ['address-open'] = number(13), ['all-open'] = number(14),
  })
end
if operation == 'cancel' then return cancel(ARGV[4]) end
if operation == 'claim' then return claim(ARGV[4]) end
return settle(ARGV[4], ARGV[5], number(6), number(7))
