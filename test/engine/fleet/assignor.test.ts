import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assign, ASSIGNOR_DEFAULTS } from '../../../engine/fleet/assignor.ts'
import type { Beat, Plan } from '../../../engine/fleet/records.ts'

const TASKS = ['user', 'post', 'author'].flatMap((space) => [0, 1, 2, 3].map((at) => `${space}-${at}`))

/** What members have, as their beats would say. */
class Fleet {
  readonly members = new Map<string, Beat>()
  plan: Plan | undefined
  readonly standbys: number

  constructor(standbys: number) {
    this.standbys = standbys
  }

  join(member: string, stored: Readonly<Record<string, number>> = {}): this {
    this.members.set(member, {
      kind: 'beat',
      member,
      incarnation: `${member} 1`,
      since: this.members.size,
      sentMs: 0,
      everyMs: 100,
      patienceMs: 1_000,
      epoch: 0,
      active: [],
      warm: {},
      stored,
    })
    return this
  }

  die(member: string): this {
    this.members.delete(member)
    return this
  }

  next(): Plan['tasks'] {
    const tasks = assign(TASKS, this.members, this.plan, { ...ASSIGNOR_DEFAULTS, standbys: this.standbys })
    this.plan = {
      kind: 'plan',
      epoch: (this.plan?.epoch ?? 0) + 1,
      members: [...this.members.keys()],
      tasks,
    }
    return tasks
  }

  /** Everybody does what the plan says; copies are warm at once, or stay as cold as they are. */
  follow(areWarm: boolean): this {
    const tasks = Object.entries(this.plan?.tasks ?? {})
    for (const [name, beat] of this.members) {
      const active = tasks.filter(([, [owner]]) => owner === name).map(([task]) => task)
      const copies = tasks.filter(([, [, ...others]]) => others.includes(name)).map(([task]) => task)
      const lagOf = (task: string): number =>
        areWarm || beat.active.includes(task) ? 0 : (beat.warm[task] ?? 1e6)
      const warm = Object.fromEntries(copies.map((task) => [task, lagOf(task)]))
      this.members.set(name, { ...beat, active, warm })
    }
    return this
  }

  /** Plans and does until nothing changes any more. */
  settle(): Plan['tasks'] {
    for (let rounds = 0; rounds < 100; rounds++) {
      const before = JSON.stringify(this.plan?.tasks)
      this.follow(true)
      this.next()
      if (JSON.stringify(this.plan?.tasks) === before) return this.plan!.tasks
    }
    throw new Error('plans go on changing')
  }

  counts(place: 'owner' | 'copies'): number[] {
    return [...this.members.keys()].map(
      (name) =>
        Object.values(this.plan!.tasks).filter(([owner, ...others]) =>
          place === 'owner' ? owner === name : others.includes(name),
        ).length,
    )
  }
}

const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts)

describe('the assignor', () => {
  test('gives the tasks of a dead member to those who have warm copies, and leaves all others where they are', () => {
    const fleet = new Fleet(1).join('a').join('b').join('c')
    const before = fleet.settle()
    fleet.die('b')
    const after = fleet.next()
    for (const task of TASKS) {
      const [owner, copy] = before[task]!
      expect(after[task]![0]).toBe(owner === 'b' ? copy : owner)
    }
  })

  test('moves a task to a newcomer only when it has warmed up a copy, and a few at a time', () => {
    const fleet = new Fleet(0).join('a')
    fleet.settle()
    fleet.join('b')
    const warming = fleet.next()
    expect(fleet.counts('owner')).toEqual([TASKS.length, 0])
    expect(fleet.counts('copies')).toEqual([0, ASSIGNOR_DEFAULTS.warmingMax])
    expect(fleet.follow(false).next()).toEqual(warming)
    fleet.settle()
    expect(fleet.counts('owner')).toEqual([TASKS.length / 2, TASKS.length / 2])
    expect(fleet.counts('copies')).toEqual([0, 0])
  })

  test('prefers who has something of a state on disk to who has nothing', () => {
    const fleet = new Fleet(0).join('a').join('b', { 'user-1': 70, 'post-3': 5 })
    const tasks = fleet.next()
    expect([tasks['user-1'], tasks['post-3']]).toEqual([['b'], ['b']])
  })

  test('a leader that knows no plan leaves tasks with those who say that they run them', () => {
    const fleet = new Fleet(1).join('a').join('b').join('c')
    const before = fleet.settle()
    fleet.plan = undefined
    const after = fleet.next()
    for (const task of TASKS) expect(after[task]![0]).toBe(before[task]![0])
  })

  test('whatever members come and go: every task has one live owner, copies elsewhere, shares become even, and stay', () => {
    const step = fc.tuple(fc.constantFrom('join', 'die', 'plan', 'warm', 'cold'), fc.nat(5))
    fc.assert(
      fc.property(fc.nat(2), fc.array(step, { maxLength: 40 }), (standbys, steps) => {
        const fleet = new Fleet(standbys).join('m0')
        for (const [what, which] of steps) {
          if (what === 'join' && !fleet.members.has(`m${which}`)) fleet.join(`m${which}`)
          if (what === 'die' && fleet.members.size > 1) fleet.die(`m${which}`)
          if (what === 'warm' || what === 'cold') fleet.follow(what === 'warm')
          if (what !== 'plan') continue
          const tasks = fleet.next()
          for (const task of TASKS) {
            const places = tasks[task]!
            expect(new Set(places).size).toBe(places.length)
            expect(places.every((name) => fleet.members.has(name))).toBe(true)
            expect(places.length).toBeGreaterThan(Math.min(standbys, fleet.members.size - 1))
          }
        }
        const settled = fleet.settle()
        expect(spread(fleet.counts('owner'))).toBeLessThan(2)
        const copies = Math.min(standbys, fleet.members.size - 1)
        for (const task of TASKS) expect(settled[task]).toHaveLength(1 + copies)
      }),
      { numRuns: 300 },
    )
  })
})
