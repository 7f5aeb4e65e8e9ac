-- Ledger and rate limits in Redis: one call is one step that nobody else comes between.
-- KEYS[1]: what all keys begin with; its hash tag keeps them together on a cluster.
-- ARGV[1]: a JSON list, as each argument more costs the client more than all of a list's members: the
-- operation, the time in seconds (false: the server's own, so that all processes agree), and the
-- operation's own.
-- `ledger_redis.py` writes the constants of `ledger.py` in front, as locals of the same names.
-- `ledger_memory.py` and `rate_limits.py` do the same in Python; one test suite holds both.

local prefix = KEYS[1]
local asked = cjson.decode(ARGV[1])
local operation, now = asked[1], asked[2]
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local SNAPSHOT_PART = 250  -- nobody else is answered meanwhile
local day_number = math.floor(now / DAY)

local function exact(value) return string.format('%.17g', value) end

local function expire(key, seconds)
  redis.call('EXPIRE', key, math.ceil(seconds) + 60)
end

-- Looks whether one request fits into one rate limit after the other, up to the first that refuses.
-- From asked[first] on, each has three: its name and key, its quota, and its window in seconds.
-- Answers the name of the limit that refused, or '', and what `count_request` then counts; appends
-- two counts for each to the answer.
local function meet(first, answer)
  local met = {}
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
    answer[#answer + 1] = previous
    answer[#answer + 1] = current
    if not fits then return string.match(asked[index], '^[^:]+'), {} end
    met[#met + 1] = { key, seconds, window, previous, current + 1, #answer }
  end
  return '', met
end

local function count_request(met, answer)
  for _, limit in ipairs(met) do
    local key, seconds, window, previous, current, place = unpack(limit)
    local counts = string.format('%d %d %d', window, previous, current)
    redis.call('SET', key, counts, 'EX', 2 * seconds)
    answer[place] = current
  end
end

local function day(who)
  local kept = redis.call('HMGET', prefix .. 'day:' .. who, 'day', 'previous', 'current')
  local of = tonumber(kept[1])
  local previous, current = tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
  if not of or of < day_number - 1 then return 0, 0, day_number end
  if of == day_number - 1 then return current, 0, day_number end
  return previous, current, of
end

local function remember(of, seconds)
  redis.call('SET', prefix .. 'history:' .. of, seconds, 'EX', HISTORY_DAYS * DAY)
end

local function set_day(who, of, previous, current)
  local key = prefix .. 'day:' .. who
  redis.call('HSET', key, 'day', of, 'previous', previous, 'current', current)
  expire(key, 2 * DAY)
  if who == 'all' then remember(of, current) end
end

local function parties(caller, address)
  if address == '' then return { { 'caller', 'caller:' .. caller }, { 'all', 'all' } } end
  return {
    { 'caller', 'caller:' .. caller }, { 'address', 'address:' .. address }, { 'all', 'all' },
  }
end

local function grant(id)
  local kept = redis.call('HMGET', prefix .. 'grant:' .. id,
    'caller', 'address', 'granted', 'expires', 'minted', 'state', 'call', 'before', 'session', 'over',
    'moved')
  if not kept[1] then return nil end
  local found = {
    caller = kept[1], address = kept[2], granted = tonumber(kept[3]),
    expires = tonumber(kept[4]), minted = tonumber(kept[5]), state = kept[6],
    call = kept[7] or id, before = kept[8], session = kept[9] or '',
    over = kept[10] == '1', moved = kept[11] == '1',
  }
  found.ends = found.minted + found.expires + found.granted
  if found.minted + LIFETIME_SECONDS <= now then return nil end
  return found
end

-- A grant as it is told.
local function row(id, found)
  return { id, found.caller, exact(found.minted), found.expires, found.granted, found.session,
    found.state, found.over and 1 or 0 }
end

-- A call is kept with the first of its grants; `latest` is the one that holds its place.
local function call_of(found)
  local first = grant(found.call)
  if not first then return nil end
  local kept = redis.call('HMGET', prefix .. 'grant:' .. found.call, 'recoveries', 'paced', 'latest')
  return {
    recoveries = tonumber(kept[1]) or 0, latest = kept[3] or found.call,
    paced = math.max(tonumber(kept[2]) or 0, now) + 1, left = math.floor(first.ends - now),
  }
end

local function open(id, found)
  for _, party in ipairs(parties(found.caller, found.address)) do
    redis.call('ZADD', prefix .. 'open:' .. party[2], exact(found.ends), id)
    expire(prefix .. 'open:' .. party[2], LIFETIME_SECONDS)
  end
end

local function close(id, found)
  for _, party in ipairs(parties(found.caller, found.address)) do
    redis.call('ZREM', prefix .. 'open:' .. party[2], id)
  end
end

-- Takes seconds of a grant out of a day that still counts.
local function take_out(found, who, seconds)
  local ago, previous, current, of = day_number - math.floor(found.minted / DAY), day(who)
  if ago == 0 then current = math.max(0, current - seconds) end
  if ago == 1 then previous = math.max(0, previous - seconds) end
  if ago > 1 then return end
  set_day(who, of, previous, current)
  if ago == 1 and who == 'all' then remember(of - 1, previous) end
end

-- Takes the seconds of a grant out of the days of caller and address, where a later one of its call
-- stands for it, or counts them again; see `LedgerStore.take`.
local function move(id, found, is_back)
  if found.over or found.moved ~= is_back then return end
  found.moved = not is_back
  redis.call('HSET', prefix .. 'grant:' .. id, 'moved', is_back and 0 or 1)
  local seconds = is_back and -found.granted or found.granted
  for _, party in ipairs(parties(found.caller, found.address)) do
    if party[2] ~= 'all' then
      take_out(found, party[2], seconds)
      take_out(found, 'moved:' .. party[2], -seconds)
    end
  end
end

-- The place of a call goes back to the grant before, where that may still have a session.
local function vacate(id, found)
  close(id, found)
  move(id, found, true)
  local before = found.before and grant(found.before)
  local call = before and call_of(found)
  if call and call.latest == id and not before.over then
    redis.call('HSET', prefix .. 'grant:' .. found.call, 'latest', found.before)
    open(found.before, before)
    move(found.before, before, true)
  end
end

-- Gives seconds back to all parties, or to all but `all`, whose day is what the list says.
local function give_back(found, seconds, but_all)
  for _, party in ipairs(parties(found.caller, found.address)) do
    if not (but_all and party[2] == 'all') then take_out(found, party[2], seconds) end
  end
  return seconds
end

-- Whether an address, or a caller without one, holds no more than it ever may.
local function share_fits(all, seconds, limits)
  local share, most = all[#all - 1], RECOVERY_SHARES * limits['address-day']
  local previous, current = day('moved:' .. share[2])
  local left = DAY - math.fmod(now, DAY)
  local used = share.current + current + (share.previous + previous) * left / DAY
  return most == 0 or used + seconds <= most
end

-- Answers a call, and the seconds that a grant may have which goes on with it; nil where anything
-- that bounds this refuses: see `LedgerStore.take`.
local function recovered(before, caller, granted, limits, all)
  local found = before ~= '' and grant(before)
  if not found or found.state ~= 'taken' or found.over or found.caller ~= caller then
    return nil
  end
  local call = call_of(found)
  if not call or call.left < 1 or call.recoveries >= MAX_RECOVERIES then return nil end
  if call.paced - now > RECOVERIES_AT_ONCE then return nil end
  local seconds = math.min(granted, math.max(LEAST_SECONDS, call.left))
  local everyone, most, left = all[#all], limits['all-day'], DAY - math.fmod(now, DAY)
  local used = everyone.current + everyone.previous * left / DAY
  if most > 0 and used + seconds > most or not share_fits(all, seconds, limits) then return nil end
  call.id = found.call
  return call, seconds
end

local function go_on(id, call)
  local holder = grant(call.latest)
  if holder then
    close(call.latest, holder)
    move(call.latest, holder, false)
  end
  redis.call('HSET', prefix .. 'grant:' .. call.id,
    'recoveries', call.recoveries + 1, 'paced', exact(call.paced), 'latest', id)
end

local function count(id, taken, all)
  for _, party in ipairs(all) do
    set_day(party[2], party.day, party.previous, party.current + taken.granted)
  end
  taken.minted, taken.ends = now, now + taken.expires + taken.granted
  open(id, taken)
  local key = prefix .. 'grant:' .. id
  redis.call('HSET', key, 'caller', taken.caller, 'address', taken.address, 'granted',
    taken.granted, 'expires', taken.expires, 'minted', exact(now), 'state', 'taken')
  if taken.call then redis.call('HSET', key, 'call', taken.call, 'before', taken.before) end
  expire(key, LIFETIME_SECONDS)
  redis.call('ZREMRANGEBYSCORE', prefix .. 'minted', '-inf', exact(now - LIFETIME_SECONDS))
  redis.call('ZADD', prefix .. 'minted', exact(now), id)
  expire(prefix .. 'minted', LIFETIME_SECONDS)
end

-- Tells how soon so many seconds of what is open may come back; '0' is at any time. Nothing of a token
-- does while it may open a session.
local function refund_in(open, missing)
  local opened = {}
  for _, id in ipairs(redis.call('ZRANGE', open, 0, MAX_LOOKED_AT - 1)) do
    local found = grant(id)
    if found then opened[#opened + 1] = { found.minted + found.expires + LATE_SECONDS, found.granted } end
  end
  table.sort(opened, function(one, other) return one[1] < other[1] end)
  for _, each in ipairs(opened) do
    missing = missing - each[2]
    if missing <= 0 then return string.format('%.6f', math.max(0, each[1] - now)) end
  end
  return 'inf'
end

-- Answers the limit that refused or '', the time, when a place must be free, when enough may come
-- back, the day's two counts, the seconds with which a call goes on or 0, what counts for all, and two
-- counts for each rate limit that was asked.
local function take(id, caller, address, granted, expires, before, limits)
  local answer = { '', exact(now), '0', 'inf', 0, 0, 0, '0' }
  if redis.call('EXISTS', prefix .. 'grant:' .. id) == 1 then return answer end  -- it was cancelled
  local begun = before ~= '' and grant(before)
  if begun and string.sub(begun.caller, 1, ADDRESS_DIGITS) == string.sub(caller, 1, ADDRESS_DIGITS)
  then  -- pages that are known by their address only are one caller
    caller = begun.caller
  end
  local taken = { caller = caller, address = address, granted = granted, expires = expires }
  local all = parties(caller, address)
  for _, party in ipairs(all) do
    party.open = prefix .. 'open:' .. party[2]
    party.previous, party.current, party.day = day(party[2])
  end
  local everyone, left = all[#all], DAY - math.fmod(now, DAY)
  local used = everyone.current + everyone.previous * left / DAY
  local call, seconds = recovered(before, caller, granted, limits, all)
  if call then
    taken.granted, taken.call, taken.before = seconds, call.id, before
    go_on(id, call)
    for _, party in ipairs(all) do party.previous, party.current, party.day = day(party[2]) end
    count(id, taken, all)
    answer[5], answer[6], answer[7] = all[1].previous, all[1].current + seconds, seconds
    answer[8] = exact(used + seconds)
    return answer
  end
  local met
  answer[1], met = meet(10, answer)
  if answer[1] ~= '' then return answer end
  answer[5], answer[6] = all[1].previous, all[1].current
  for _, party in ipairs(all) do
    local limit = limits[party[1] .. '-open']
    redis.call('ZREMRANGEBYSCORE', party.open, '-inf', exact(now))
    if limit > 0 and redis.call('ZCARD', party.open) >= limit then
      local first = redis.call('ZRANGE', party.open, 0, 0, 'WITHSCORES')
      answer[1], answer[3] = party[1] .. '-open', string.format('%.6f', tonumber(first[2]) - now)
      answer[4] = refund_in(party.open, 0)
      return answer
    end
  end
  local full
  for _, party in ipairs(all) do
    local limit = limits[party[1] .. '-day']
    party.missing = party.current + party.previous * left / DAY + granted - limit
    if not full and limit > 0 and party.missing > 0 then full = party end
  end
  local share = all[#all - 1]
  if not full and limits[share[1] .. '-day'] > 0 and not share_fits(all, granted, limits) then
    full = share
  end
  if full then
    answer[1], answer[4] = full[1] .. '-day', refund_in(full.open, full.missing)
    answer[5], answer[6], answer[8] = full.previous, full.current, exact(used)
    return answer
  end
  count_request(met, answer)
  count(id, taken, all)
  answer[6], answer[8] = answer[6] + granted, exact(used + granted)
  return answer
end

-- Takes back what one request counted; the list is that of `meet`.
local function undo_hit(first, minted)
  for index = first, #asked, 3 do
    local key = prefix .. 'rate:' .. asked[index]
    local seconds = asked[index + 2]
    local kept = redis.call('GET', key)
    if kept then
      local of, previous, current = string.match(kept, '(%d+) (%d+) (%d+)')
      local ago = tonumber(of) - math.floor(minted / seconds)
      if ago == 0 then current = math.max(0, current - 1) end
      if ago == 1 then previous = math.max(0, previous - 1) end
      redis.call('SET', key, string.format('%d %d %d', of, previous, current), 'KEEPTTL')
    end
  end
end

local function cancel(id)
  local found = grant(id)
  if not found or found.over then
    -- What may still be on its way comes too late.
    if not found then
      redis.call('HSETNX', prefix .. 'grant:' .. id, 'state', 'cancelled')
      expire(prefix .. 'grant:' .. id, LIFETIME_SECONDS)
    end
    return 0
  end
  vacate(id, found)
  redis.call('DEL', prefix .. 'grant:' .. id)
  redis.call('ZREM', prefix .. 'minted', id)
  undo_hit(4, found.minted)
  if found.call ~= id and grant(found.call) then
    redis.call('HINCRBY', prefix .. 'grant:' .. found.call, 'recoveries', -1)
  end
  return give_back(found, found.granted)
end

-- The first report of a grant's end; nothing is reported twice.
local function claim(id, state, session)
  local found = grant(id)
  if not found or found.state ~= 'taken' then return 0 end
  redis.call('HSET', prefix .. 'grant:' .. id, 'state', state, 'session', session)
  return 1
end

-- Whether the process of a name is the one that reads the list of sessions, when the last grant was
-- taken, the time, and what was read last.
-- A process that is not it may ask it to read soon; it is told so once.
local function lease(name, seconds, is_asking)
  local audit = prefix .. 'audit'
  redis.call('HSETNX', audit, 'known_from', exact(now))
  expire(audit, 2 * DAY)
  local kept = redis.call('HMGET', audit, 'reader', 'until', 'reading')
  local is_ours = kept[1] == name or (tonumber(kept[2]) or 0) <= now
  if is_asking then redis.call('HSET', audit, 'asked', 1) end
  local asked = 0
  if is_ours then
    redis.call('HSET', audit, 'reader', name, 'until', exact(now + seconds))
    asked = redis.call('HDEL', audit, 'asked')
  end
  local last = redis.call('ZRANGE', prefix .. 'minted', -1, -1, 'WITHSCORES')
  return { is_ours and 1 or 0, last[2] or '0', exact(now), kept[3] or '', asked }
end

-- A part of all grants, in the order in which they were minted, from a time on and after so many of
-- that time; with it where the next part begins, or '' where this is the last.
local function snapshot(from, skipped)
  local kept = redis.call('HMGET', prefix .. 'audit', 'known_from', 'version')
  local _, held = day('all')
  local listed = redis.call('ZRANGEBYSCORE', prefix .. 'minted', from, '+inf', 'WITHSCORES',
    'LIMIT', skipped, SNAPSHOT_PART)
  local last, same = '', 0
  if #listed == 2 * SNAPSHOT_PART then
    last = listed[#listed]
    for index = #listed, 2, -2 do
      if listed[index] ~= last then break end
      same = same + 1
    end
    if last == from then same = same + skipped end
  end
  local answer = { exact(now), exact(math.max(tonumber(kept[1]) or now, now - LIFETIME_SECONDS)),
    tonumber(kept[2]) or 0, held, last, same }
  for index = 1, #listed, 2 do
    local found = grant(listed[index])
    if found then
      answer[#answer + 1] = row(listed[index], found)
    end
  end
  return answer
end

-- Answers which of the sessions that no grant explains are new, how many there are today, and the
-- seconds that came back; nothing if another reading was recorded since the snapshot.
local function record(version, of_day, held_more, used_yesterday, reading, unexplained, settled)
  local audit = prefix .. 'audit'
  if version ~= (tonumber(redis.call('HGET', audit, 'version')) or 0) or of_day ~= day_number then
    return {}
  end
  local previous, current = day('all')
  if used_yesterday >= 0 then
    previous = used_yesterday
    remember(of_day - 1, previous)
  end
  set_day('all', day_number, previous, math.max(0, current + held_more))
  local returned = 0
  for _, over in ipairs(settled) do
    local id, used = over[1], over[2]
    local found = grant(id)
    if found and not found.over then
      vacate(id, found)
      redis.call('HSET', prefix .. 'grant:' .. id, 'over', 1)
      give_back(found, found.granted - used, true)
      returned = returned + math.max(0, found.granted - used)
    end
  end
  local key, before = prefix .. 'strangers:' .. of_day, prefix .. 'strangers:' .. of_day - 1
  local new = {}
  for _, session in ipairs(unexplained) do
    if redis.call('SISMEMBER', before, session) == 0 and redis.call('SADD', key, session) == 1 then
      new[#new + 1] = session
    end
  end
  expire(key, DAY)
  local known = redis.call('SCARD', key)
  redis.call('HSET', audit, 'version', version + 1, 'reading', reading .. ' ' .. known)
  return { known, returned, new }
end

-- Answers the time, the seconds reserved of today's, how many grants are open, a count for each of the
-- last days, and the grants that end first.
local function usage()
  redis.call('ZREMRANGEBYSCORE', prefix .. 'open:all', '-inf', exact(now))
  local ids, days, grants, reserved = redis.call('ZRANGE', prefix .. 'open:all', 0, -1), {}, {}, 0
  for ago = HISTORY_DAYS - 1, 0, -1 do
    days[#days + 1] = tonumber(redis.call('GET', prefix .. 'history:' .. day_number - ago)) or 0
  end
  for index, id in ipairs(ids) do
    local found = grant(id)
    if found then
      if math.floor(found.minted / DAY) == day_number then reserved = reserved + found.granted end
      if index <= MAX_LISTED then
        grants[#grants + 1] = row(id, found)
      end
    end
  end
  return { exact(now), reserved, #ids, days, grants }
end

if operation == 'hit' or operation == 'peek' then
  local answer = { '', exact(now) }
  local met
  answer[1], met = meet(3, answer)
  if operation == 'hit' then count_request(met, answer) end
  return answer
end
if operation == 'take' then
  return take(asked[3], asked[4], asked[5], asked[6], asked[7], asked[8], asked[9])
end
if operation == 'usage' then return usage() end
if operation == 'cancel' then return cancel(asked[3]) end
if operation == 'claim' then return claim(asked[3], 'claimed', asked[4]) end
if operation == 'hand_back' then return claim(asked[3], 'unused', '') end
if operation == 'lease' then return lease(asked[3], asked[4], asked[5]) end
if operation == 'snapshot' then return snapshot(asked[3], asked[4]) end
return record(asked[3], asked[4], asked[5], asked[6], asked[7], asked[8], asked[9])
