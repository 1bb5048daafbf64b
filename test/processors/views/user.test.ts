import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isProcessor } from '../../../engine/topology.ts'
import { backfill } from '../../../features/backfill.ts'
import { viewNodes } from '../../../features/nodes.ts'
import { ERASURE_MEMORY_MS } from '../../../processors/erasure.ts'
import { undoneReactions } from '../../../processors/given-reactions.ts'
import { erasures, reactions } from '../../../processors/topics.ts'
import { user } from '../../../processors/views/user.ts'
import { DAY_MS, HOUR_MS } from '../../../schemas/ids.ts'
import type { Reaction } from '../../../schemas/reactions/index.ts'
import { aReaction, later, T0 } from '../events.ts'
import { Harness } from '../harness.ts'
import { anErasure } from '../personal-events.ts'

const VERSION_BYTES = 1

const running = (): Harness<unknown> => {
  const [found] = viewNodes(user)
  if (found === undefined || !isProcessor(found)) throw new Error('rows of users lie with their reactions')
  return new Harness(found)
}

const react = (harness: Harness<unknown>, ...events: readonly Reaction[]): void => {
  for (const event of events) harness.apply(event.undo ? undoneReactions : reactions, event)
}

const columnsOf = (row: Buffer | undefined, asOf: number): Record<string, number> =>
  user.describe(row?.subarray(VERSION_BYTES) ?? Buffer.alloc(0), asOf)

const never = columnsOf(undefined, T0)

test('an erasure leaves nothing of a user, and what is dated before it does not come back', () => {
  const harness = running()
  react(harness, aReaction(), aReaction({ kind: 'view' }), aReaction({ userId: 'user-2' }))
  harness.apply(erasures, anErasure(later(HOUR_MS)))
  react(harness, aReaction({ at: later(HOUR_MS) }), aReaction({ undo: true }))
  expect(columnsOf(harness.row('user-1'), later(HOUR_MS))).toEqual(never)
  expect(columnsOf(harness.row('user-2'), later(HOUR_MS))['user.engagements.total']).toBe(1)
  harness.advance(later(HOUR_MS + ERASURE_MEMORY_MS))
  expect([...harness.rows.keys()]).toEqual(['user-2'])
})

test('an older erasure after a newer one changes nothing', () => {
  const harness = running()
  harness.apply(erasures, anErasure(later(2 * HOUR_MS)))
  const row = harness.row('user-1')
  harness.apply(erasures, anErasure(later(HOUR_MS)))
  expect(harness.row('user-1')).toEqual(row)
})

test('a user who comes back is counted as one who is new, and in the end their rows are the same', () => {
  const event = fc.record({
    at: fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS }).map(later),
    kind: fc.constantFrom('view', 'like', 'dwell', 'hide'),
    undo: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), fc.array(event, { maxLength: 20 }), (before, after) => {
      const harness = running()
      react(harness, ...before.map((each) => aReaction({ ...each, value: 1_000 })))
      harness.apply(erasures, anErasure(T0))
      const late = after.map((each) => aReaction({ ...each, value: 1_000 }))
      react(harness, ...late)
      const asOf = later(4 * DAY_MS)
      const newRow = backfill(
        user,
        late.filter(({ at }) => at > T0),
      ).get('user-1')
      expect(columnsOf(harness.row('user-1'), asOf)).toEqual(user.describe(newRow ?? Buffer.alloc(0), asOf))
      harness.advance(T0 + ERASURE_MEMORY_MS)
      expect(harness.rows.get('user-1')?.subarray(VERSION_BYTES)).toEqual(newRow)
    }),
    { numRuns: 300 },
  )
})
