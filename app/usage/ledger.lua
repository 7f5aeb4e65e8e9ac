-- Ledger and rate limits in Redis: one call is one step that nobody else comes between.
-- KEYS[1]: what all keys begin with; its hash tag keeps them together on a cluster.
-- ARGV[1]: a JSON list, as each argument more costs the client more than all of a list's members: the
-- operation, the time in seconds (false: the server's own, so that all processes agree), the life of a
-- grant in seconds, and the operation's own.
-- `ledger.py` and `rate_limits.py` do the same in Python; one test suite holds both.

local prefix = KEYS[1]
local asked = cjson.decode(ARGV[1])
local operation, now = asked[1], asked[2]
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local DAY, LIFETIME = 86400, asked[3]
local EARLY, LATE, MAX_EXPIRES, MAX_CANDIDATES = 5, 60, 600, 2000
local day_number = math.floor(now / DAY)

local function exact(value) return string.format('%.17g', value) end

local function expire(key, seconds)
  redis.call('EXPIRE', key, math.ceil(seconds) + 60)
end

-- Counts one request against one rate limit after the other, up to the first that refuses.
-- From asked[first] on, each has three: its name and key, its quota, and its window in seconds.
-- Answers the name of the limit that refused, or ''; appends two counts for each to the answer.
local function hit(first, is_counting, answer)
  for index = first, #asked, 3 do
    local key = prefix .. 'rate:' .. asked[index]
    local quota, seconds = asked[index + 1], asked[index + 2]
    local window, previous, current = math.floor(now / seconds), 0, 0
    local kept = redis.call('GET', key)
    if kept then
      local of, before, counted = string.match(kept, '(%d+) (%d+) (%d+)')
      of = tonumber(of)
      if of == window - 1 then
        previous = tonumber(counted)
      elseif of >= window then
        window, previous, current = of, tonumber(before), tonumber(counted)
      end
    end
    local left = seconds - math.fmod(now, seconds)
    local fits = current + previous * left / seconds + 1 <= quota
    if fits and is_counting then
      current = current + 1
      local counts = string.format('%d %d %d', window, previous, current)
      redis.call('SET', key, counts, 'EX', 2 * seconds)
    end
    answer[#answer + 1] = previous
    answer[#answer + 1] = current
    if not fits then return string.match(asked[index], '^[^:]+') end
  end
  return ''
end

local function day(who)
  local kept = redis.call('HMGET', prefix .. 'day:' .. who, 'day', 'previous', 'current')
  local of = tonumber(kept[1])
  local previous, current = tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
  if not of or of < day_number - 1 then return 0, 0, day_number end
  if of == day_number - 1 then return current, 0, day_number end
  return previous, current, of
end

local function set_day(who, of, previous, current)
  local key = prefix .. 'day:' .. who
  redis.call('HSET', key, 'day', of, 'previous', previous, 'current', current)
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
    local previous, current, of = day(party[2])
    if ago == 0 then current = math.max(0, current - seconds) end
    if ago == 1 then previous = math.max(0, previous - seconds) end
    if ago < 2 then set_day(party[2], of, previous, current) end
  end
  return seconds
end

-- What a member of `minted` tells: redeemable until, seconds granted, id.
local function candidate(found, id)
  return exact(found.minted + found.expires + LATE) .. ' ' .. found.granted .. ' ' .. id
end

-- Answers the limit that refused or '', the time, when a place becomes free, the day's two counts,
-- and two counts for each rate limit that was asked.
local function take(id, caller, address, granted, expires, limits)
  local answer = { '', exact(now), '0', 0, 0 }
  answer[1] = hit(15, true, answer)
  if answer[1] ~= '' then return answer end
  local all = parties(caller, address)
  for _, party in ipairs(all) do
    party.open = prefix .. 'open:' .. party[2]
    party.previous, party.current, party.day = day(party[2])
  end
  answer[4], answer[5] = all[1].previous, all[1].current
  for _, party in ipairs(all) do
    local limit = limits[party[1] .. '-open']
    redis.call('ZREMRANGEBYSCORE', party.open, '-inf', exact(now))
    if limit > 0 and redis.call('ZCARD', party.open) >= limit then
      local first = redis.call('ZRANGE', party.open, 0, 0, 'WITHSCORES')
      answer[1], answer[3] = party[1] .. '-open', string.format('%.6f', tonumber(first[2]) - now)
      return answer
    end
  end
  local left = DAY - math.fmod(now, DAY)
  for _, party in ipairs(all) do
    local limit = limits[party[1] .. '-day']
    if limit > 0 and party.current + party.previous * left / DAY + granted > limit then
      answer[1], answer[4], answer[5] = party[1] .. '-day', party.previous, party.current
      return answer
    end
  end
  for _, party in ipairs(all) do
    set_day(party[2], party.day, party.previous, party.current + granted)
    redis.call('ZADD', party.open, exact(now + expires + granted), id)
    expire(party.open, LIFETIME)
  end
  answer[5] = answer[5] + granted
  redis.call('HSET', prefix .. 'grant:' .. id, 'caller', caller, 'address', address,
    'granted', granted, 'expires', expires, 'minted', exact(now), 'state', 'taken')
  expire(prefix .. 'grant:' .. id, LIFETIME)
  local found = { granted = granted, expires = expires, minted = now }
  redis.call('ZREMRANGEBYSCORE', prefix .. 'minted', '-inf', exact(now - LIFETIME))
  redis.call('ZADD', prefix .. 'minted', exact(now), candidate(found, id))
  expire(prefix .. 'minted', LIFETIME)
  return answer
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
    exact(began - MAX_EXPIRES - LATE), exact(began + EARLY), 'LIMIT', 0, MAX_CANDIDATES + 1)
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

if operation == 'hit' or operation == 'peek' then
  local answer = { '', exact(now) }
  answer[1] = hit(4, operation == 'hit', answer)
  return answer
end
if operation == 'take' then
  return take(asked[4], asked[5], asked[6], asked[7], asked[8], {
    ['caller-day'] = asked[9], ['address-day'] = asked[10], ['all-day'] = asked[11],
    ['caller-open'] = asked[12], ['address-open'] = asked[13], ['all-open'] = asked[14],
  })
end
if operation == 'cancel' then return cancel(asked[4]) end
if operation == 'claim' then return claim(asked[4]) end
return settle(asked[4], asked[5], asked[6], asked[7])
