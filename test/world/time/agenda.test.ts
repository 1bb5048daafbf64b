import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Agenda, type Due } from '../../../world/time/agenda.ts'

const due = (): Due => ({ at: 0, type: 0, who: 0, what: 0, value: 0, slot: 0 })

test('an agenda hands over what is due by time, and what was put in first of one time first', () => {
  const times = fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { nil: null }), { maxLength: 3_000 })
  fc.assert(
    fc.property(times, (steps) => {
      const agenda = new Agenda()
      const expected: { at: number; who: number }[] = []
      const taken = due()
      for (const [who, at] of steps.entries()) {
        if (at !== null) {
          agenda.add(at, 1, who, who + 1, who / 2, who + 2)
          expected.push({ at, who })
          continue
        }
        expected.sort((one, other) => one.at - other.at || one.who - other.who)
        const next = expected.shift()
        expect(agenda.nextAt).toBe(next?.at ?? Infinity)
        expect(agenda.take(taken)).toBe(next !== undefined)
        if (next === undefined) continue
        const { who: first } = next
        expect(taken).toEqual({ ...next, type: 1, what: first + 1, value: first / 2, slot: first + 2 })
      }
      expect(agenda.size).toBe(expected.length)
    }),
  )
})

test('what never happens is not kept', () => {
  const agenda = new Agenda()
  agenda.add(Infinity, 1, 1)
  expect([agenda.size, agenda.take(due())]).toEqual([0, false])
})
