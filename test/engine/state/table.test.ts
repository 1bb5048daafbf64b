import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ABSENT, NO_SLOT, RowTable } from '../../../engine/state/table.ts'

const key = (text: string): Buffer => Buffer.from(text)
const put = (table: RowTable, name: string, value: Buffer): void => {
  const bytes = key(name)
  table.set(table.upsert(bytes, 0, bytes.length), value, 0, value.length)
}
const get = (table: RowTable, name: string): Buffer | undefined => {
  const bytes = key(name)
  const slot = table.find(bytes, 0, bytes.length)
  return slot === NO_SLOT ? undefined : table.value(slot)
}

type Step = { kind: 'put'; name: string; size: number } | { kind: 'remove' | 'absent'; name: string }

const names = fc.integer({ min: 0, max: 400 }).map((n) => `key-${n}`)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('put' as const), name: names, size: fc.nat(3000) }),
    },
    fc.record({ kind: fc.constantFrom('remove' as const, 'absent' as const), name: names }),
  ),
  { maxLength: 2000, size: 'max' },
)

describe('a row table', () => {
  it('agrees with a map after any puts, removals and absences', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const table = new RowTable()
        const model = new Map<string, Buffer>()
        for (const [index, step] of sequence.entries()) {
          const bytes = key(step.name)
          if (step.kind === 'put') {
            const value = Buffer.alloc(step.size, index % 251)
            put(table, step.name, value)
            model.set(step.name, value)
          } else {
            const slot = table.find(bytes, 0, bytes.length)
            model.delete(step.name)
            if (slot !== NO_SLOT && step.kind === 'remove') table.remove(slot)
            else if (slot !== NO_SLOT) table.setAbsent(slot)
          }
        }
        for (const [name, value] of model) expect(get(table, name)?.equals(value), name).toBe(true)
        let present = 0
        for (let slot = 0; slot < table.slotsEnd; slot++) {
          if (table.isUsed(slot) && table.valueLength(slot) !== ABSENT) present++
        }
        expect(present).toBe(model.size)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps a key longer than a fine block beside its row', () => {
    const table = new RowTable()
    const name = 'k'.repeat(300)
    put(table, name, Buffer.alloc(100_000, 7))
    put(table, name, Buffer.alloc(3, 9))
    expect(get(table, name)).toEqual(Buffer.alloc(3, 9))
  })

  it('is empty again after clear', () => {
    const table = new RowTable()
    for (let index = 0; index < 5000; index++) put(table, `key-${index}`, Buffer.alloc(200))
    table.clear()
    expect(table.size).toBe(0)
    expect(table.liveBytes).toBe(0)
    expect(get(table, 'key-1')).toBeUndefined()
    put(table, 'key-1', Buffer.from('new'))
    expect(get(table, 'key-1')?.toString()).toBe('new')
  })

  it('gives released memory back to later rows', () => {
    const table = new RowTable()
    for (let round = 0; round < 10; round++) {
      for (let index = 0; index < 2000; index++) put(table, `key-${round}-${index}`, Buffer.alloc(500))
      for (let slot = 0; slot < table.slotsEnd; slot++) if (table.isUsed(slot)) table.remove(slot)
    }
    expect(table.liveBytes).toBe(0)
    expect(table.slotsEnd).toBeLessThanOrEqual(2000)
  })
})
