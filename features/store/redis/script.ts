import { createHash } from 'node:crypto'

/**
 * Applies one change whole. Redis runs a script without anything in between, and refuses it before its first
 * write when memory is full: rows and position change together or not at all.
 *
 * KEYS: the position, then the rows. ARGV: sequence, previous, newest event time, milliseconds to live (0 for
 * ever), then the rows, empty where a row is gone, then the numbers among KEYS of rows that are kept for ever all the
 * same. Answers 1 when applied, 0 when it was applied before, -1 when the store stands before `previous`, and -2
 * while the store is being cleared.
 */
export const APPLY = `
local position = redis.call('GET', KEYS[1])
if position and string.sub(position, 1, 8) == 'clearing' then return -2 end
local at = position and tonumber(string.match(position, '^%d+')) or 0
local sequence = tonumber(ARGV[1])
if sequence <= at then return 0 end
if at < tonumber(ARGV[2]) then return -1 end
local live = ARGV[4] ~= '0' and ARGV[4]
for i = 2, #KEYS do
  local row = ARGV[i + 3]
  if row == '' then
    redis.call('DEL', KEYS[i])
  elseif live then
    redis.call('SET', KEYS[i], row, 'PX', live)
  else
    redis.call('SET', KEYS[i], row)
  end
end
for i = #KEYS + 4, #ARGV do redis.call('PERSIST', KEYS[tonumber(ARGV[i])]) end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[3])
return 1
`

export const APPLY_SHA = createHash('sha1').update(APPLY).digest('hex')

export const APPLIED = { now: 1, before: 0, lost: -1, clearing: -2 } as const

/** A clearer that has not been heard of for so long has died, and another may take over: microseconds. */
const CLEARING_US_MAX = 10_000_000

/**
 * In place of a position, `clearing` and a time: while it stands, nothing is applied, so what is deleted is what was
 * there before, and whoever deletes knows each time that nobody has taken over.
 *
 * KEYS: the position. Answers the clearer's token; nothing while another clears.
 */
export const BEGIN_CLEARING = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local since = string.match(redis.call('GET', KEYS[1]) or '', '^clearing (%d+)')
if since and now - tonumber(since) < ${CLEARING_US_MAX} then return false end
local token = string.format('%.0f', now)
redis.call('SET', KEYS[1], 'clearing ' .. token)
return token
`

/** KEYS: the position, then rows to delete. ARGV: the token. Answers the next one; nothing when another has taken over. */
export const CLEAR_ROWS = `
if redis.call('GET', KEYS[1]) ~= 'clearing ' .. ARGV[1] then return false end
for i = 2, #KEYS do redis.call('UNLINK', KEYS[i]) end
local time = redis.call('TIME')
local token = string.format('%.0f', time[1] * 1000000 + time[2])
redis.call('SET', KEYS[1], 'clearing ' .. token)
return token
`

/** KEYS: the position. ARGV: the token. Answers whether the store is empty now, and may be written again. */
export const END_CLEARING = `
if redis.call('GET', KEYS[1]) ~= 'clearing ' .. ARGV[1] then return false end
return redis.call('DEL', KEYS[1])
`
