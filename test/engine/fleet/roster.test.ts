import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeRecord,
  encodeRecord,
  type Beat,
  type FleetRecord,
  type Plan,
} from '../../../engine/fleet/records.ts'
import { Roster } from '../../../engine/fleet/roster.ts'

const beat = (member: string, changes: Partial<Beat> = {}): Beat => ({
  kind: 'beat',
  member,
  incarnation: `${member} 1`,
  since: null,
  sentMs: 0,
  everyMs: 100,
  patienceMs: 300,
  epoch: 0,
  active: [],
  warm: {},
  stored: {},
  ...changes,
})

const plan = (epoch: number, owner = 'a'): Plan => ({
  kind: 'plan',
  epoch,
  members: [owner],
  tasks: { 'user-0': [owner] },
})

const rosterOf = (...records: readonly FleetRecord[]): Roster => {
  const roster = new Roster()
  for (const [offset, record] of records.entries()) roster.apply(offset, record)
  return roster
}

const namesIn = (roster: Roster): string[] => [...roster.members.keys()].sort()

describe('the roster of a fleet', () => {
  test('takes a member for dead when beats of one other since its last cover its patience', () => {
    const a = beat('a')
    const b = beat('b')
    expect(namesIn(rosterOf(a, b, a, a))).toEqual(['a', 'b'])
    expect(namesIn(rosterOf(a, b, a, a, a))).toEqual(['a'])
    expect(namesIn(rosterOf(a, b, a, a, b, a, a))).toEqual(['a', 'b'])
    expect(namesIn(rosterOf(a, b, a, a, a, b))).toEqual(['a', 'b'])
  })

  test('does not add up the beats of several others, for they cover the same time', () => {
    const others = ['a', 'c', 'd', 'e'].map((name) => beat(name))
    expect(namesIn(rosterOf(beat('b'), ...others, ...others))).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('counts time as the one who beats does: one that beats more often kills nobody sooner', () => {
    const quick = beat('quick', { everyMs: 10 })
    const many = (count: number): Beat[] => Array.from({ length: count }, () => quick)
    expect(namesIn(rosterOf(beat('a'), ...many(29)))).toEqual(['a', 'quick'])
    expect(namesIn(rosterOf(beat('a'), ...many(30)))).toEqual(['quick'])
  })

  test('a member that leaves is gone at once, but not when its name is another process by then', () => {
    const leave = { kind: 'leave', member: 'a', incarnation: 'a 1' } as const
    expect(namesIn(rosterOf(beat('a'), beat('b'), leave))).toEqual(['b'])
    const next = beat('a', { incarnation: 'a 2' })
    expect(namesIn(rosterOf(beat('a'), next, leave))).toEqual(['a'])
  })

  test('a process whose name another has taken counts no more, however often it beats', () => {
    const first = beat('a', { since: 0 })
    const second = beat('a', { incarnation: 'a 2' })
    const roster = rosterOf(first, second, first, first)
    expect(roster.members.get('a')!.incarnation).toBe('a 2')
  })

  test('the one that has been there longest leads, of those who know since when they are', () => {
    expect(rosterOf(beat('a'), beat('b')).leader).toBeUndefined()
    const b = beat('b', { since: 1 })
    expect(rosterOf(beat('a', { since: 0 }), b).leader).toBe('a')
    expect(rosterOf(beat('a', { since: 0 }), b, b, b, b).leader).toBe('b')
  })

  test('the plan of the highest epoch counts, and of two with one epoch the first', () => {
    const roster = rosterOf(plan(1), plan(3, 'b'), plan(2), plan(3, 'c'))
    expect(roster.plan).toEqual(plan(3, 'b'))
    expect(roster.nextEpoch).toBe(4)
    expect(rosterOf(beat('a', { epoch: 9 })).nextEpoch).toBe(10)
  })
})

describe('records of a fleet', () => {
  test('come out as they went in', () => {
    const tasks = { 'user-0': ['a', 'b'], 'post-3': ['b'] }
    const records: FleetRecord[] = [
      beat('a', { since: 5, active: ['user-0'], warm: { 'post-3': 7 }, stored: { 'user-1': 70 } }),
      beat('a', { url: 'http://a:8082' }),
      { kind: 'plan', epoch: 3, members: ['a', 'b'], tasks },
      { kind: 'leave', member: 'a', incarnation: 'a 1' },
    ]
    for (const record of records) expect(decodeRecord(encodeRecord(record))).toEqual(record)
  })

  test('whatever else lies on the topic is passed over', () => {
    const wrong: unknown[] = [null, 7, [], {}, { kind: 'beat' }, { ...beat('a'), since: -1 }]
    wrong.push(
      { ...beat('a'), warm: { x: 'y' } },
      { ...beat('a'), url: 7 },
      { ...plan(1), tasks: { x: [1] } },
      { kind: 'other' },
    )
    for (const value of wrong) expect(decodeRecord(Buffer.from(JSON.stringify(value)))).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeRecord(Buffer.from(bytes))).toBeUndefined()
      }),
    )
  })
})
