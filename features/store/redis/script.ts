import { createHash } from 'node:crypto'

/**
 * Applies one change whole. Redis runs a script without anything in between, and refuses it before its first
 * write when memory is full: rows and position change together or not at all.
 *
 * KEYS: the position, then the rows. ARGV: sequence, previous, newest event time, milliseconds to live (0 for
 * ever), then the rows, empty where a row is gone. Answers 1 when applied, 0 when it was applied before, and
 * -1 when the store stands before `previous`.
 */
export const APPLY = `
local position = redis.call('GET', KEYS[1])
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
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[3])
return 1
`

export const APPLY_SHA = createHash('sha1').update(APPLY).digest('hex')

export const APPLIED = { now: 1, before: 0, lost: -1 } as const
