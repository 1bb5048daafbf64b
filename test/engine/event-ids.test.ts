import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventIds } from '../../engine/event-ids.ts'
import { emptyStore, rowCount } from './stores.ts'

const remember = (ids: EventIds, id: string): void => {
  if (!ids.seen(id)) ids.remember()
}

const isSeen = (ids: EventIds, id: string): boolean => ids.seen(id)

describe('event ids', () => {
  it('knows at least the last N and at most the last 2N, across restarts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }),
        async (idsMax, runs) => {
          const store = await emptyStore()
          let ids = new EventIds(store, idsMax)
          const all: string[] = []
          for (const count of runs) {
            for (let each = 0; each < count; each++) {
              all.push(`event-${all.length}`)
              expect(isSeen(ids, all.at(-1)!)).toBe(false)
              ids.remember()
            }
            ids = new EventIds(store, idsMax)
            const known = all.map((id) => isSeen(ids, id))
            expect(known.slice(-idsMax)).not.toContain(false)
            expect(known.slice(0, -2 * idsMax)).not.toContain(true)
          }
        },
      ),
    )
  })

  it('keeps rows for two generations only, of 1,024 ids each', async () => {
    const store = await emptyStore()
    const ids = new EventIds(store, 3_000)
    for (let event = 0; event < 20_000; event++) remember(ids, `event-${event}`)
    expect(rowCount(store)).toBeLessThanOrEqual(6)
    const again = new EventIds(store, 3_000)
    for (let event = 17_000; event < 20_000; event++) expect(isSeen(again, `event-${event}`)).toBe(true)
    expect(isSeen(again, 'event-13999')).toBe(false)
  })

  it('forgets what is beyond the horizon when a restart lowers it', async () => {
    const store = await emptyStore()
    const many = new EventIds(store, 4_000)
    for (let event = 0; event < 9_500; event++) remember(many, `old-${event}`)
    const few = new EventIds(store, 10)
    expect(isSeen(few, 'old-9499')).toBe(true)
    for (let event = 0; event < 25; event++) remember(few, `new-${event}`)
    expect(isSeen(few, 'old-9499')).toBe(false)
    expect(isSeen(few, 'new-4')).toBe(false)
    for (let event = 15; event < 25; event++) expect(isSeen(few, `new-${event}`)).toBe(true)
    expect(rowCount(store)).toBeLessThanOrEqual(2)
    expect(isSeen(new EventIds(store, 10), 'old-9499')).toBe(false)
  })

  it('knows more of them when a restart raises the horizon', async () => {
    const store = await emptyStore()
    const few = new EventIds(store, 10)
    for (let event = 0; event < 25; event++) remember(few, `old-${event}`)
    const many = new EventIds(store, 2_000)
    for (let event = 0; event < 1_990; event++) remember(many, `new-${event}`)
    for (let event = 0; event < 1_990; event++) expect(isSeen(many, `new-${event}`)).toBe(true)
    for (let event = 15; event < 25; event++) expect(isSeen(many, `old-${event}`)).toBe(true)
  })

  it('takes no new id for an old one among half a million alike', async () => {
    const ids = new EventIds(await emptyStore(), 1 << 19)
    for (let event = 0; event < 500_000; event++) {
      if (ids.seen(`0190f3c2-${event.toString(16).padStart(8, '0')}`))
        throw new Error(`collision at ${event}`)
      ids.remember()
    }
  })

  it('tells ids of any script apart, and takes an empty one', async () => {
    const ids = new EventIds(await emptyStore(), 100)
    const names = ['', 'a', 'ä', 'a\u0308', '漢', '🙂', '\ud83d', '__proto__', 'constructor']
    for (const name of names) {
      expect(isSeen(ids, name), name).toBe(false)
      ids.remember()
    }
    for (const name of names) expect(isSeen(ids, name), name).toBe(true)
  })

  it('does not remember an id that was only asked for', async () => {
    const ids = new EventIds(await emptyStore(), 100)
    expect(isSeen(ids, 'poison')).toBe(false)
    expect(isSeen(ids, 'poison')).toBe(false)
  })
})
