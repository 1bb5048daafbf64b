import { describe, expect, test } from 'vitest'
import { Intake } from '../../../cli/intake/intake.ts'
import type { Refusal } from '../../../cli/intake/refusal.ts'
import type { Envelope } from '../../../schemas/envelope.ts'
import { millis, MINUTE_MS } from '../../../schemas/ids.ts'
import { reaction } from '../community.ts'

const NOW = Date.UTC(2026, 4, 17)

const take = (text: string | Buffer): { refusal: Refusal | undefined; added: Envelope[] } => {
  const added: Envelope[] = []
  const clock = { now: () => millis(NOW), monotonicMs: () => 0 }
  const intake = new Intake({ add: (each) => added.push(each) }, clock)
  const line = Buffer.from(text)
  return { refusal: intake.take(line, 0, line.length, 7), added }
}

const aLine = (fields: object = {}): string =>
  JSON.stringify(reaction('ada', 'post-1', 'bea', 'like', { at: NOW, ...fields }))

describe('an event at the door', () => {
  test('is added when it keeps its contract', () => {
    const { refusal, added } = take(aLine())
    expect(refusal).toBeUndefined()
    expect(added.map(({ contract }) => contract.topic)).toEqual(['reactions'])
  })

  test('is refused with its line, the rule and the field', () => {
    const { refusal, added } = take(aLine({ kind: 'adore' }))
    expect(added).toEqual([])
    expect(refusal).toMatchObject({ line: 7, code: 'CONTRACT_BROKEN', rule: 'NOT_IN_ENUM', field: 'kind' })
    expect(refusal!.message).toContain('"adore"')
  })

  test('may be five minutes ahead of the clock, and no more', () => {
    expect(take(aLine({ at: NOW + 5 * MINUTE_MS })).refusal).toBeUndefined()
    const { refusal } = take(aLine({ at: NOW + 5 * MINUTE_MS + 1 }))
    expect(refusal).toMatchObject({ code: 'TIME_IN_FUTURE', rule: null, field: 'at' })
  })

  test('is refused in few words, however long what it holds', () => {
    const { refusal } = take(aLine({ ['x'.repeat(100_000)]: 1 }))
    expect(refusal!.rule).toBe('FIELD_UNKNOWN')
    expect(JSON.stringify(refusal).length).toBeLessThan(1_000)
  })

  test('fails as a whole on an error that is not its fault', () => {
    const line = Buffer.from(aLine())
    const full = new Intake(
      {
        add: () => {
          throw new TypeError('no room')
        },
      },
      { now: () => millis(NOW), monotonicMs: () => 0 },
    )
    expect(() => full.take(line, 0, line.length, 1)).toThrow('no room')
  })
})
