import { assign, ASSIGNOR_DEFAULTS } from '../../../engine/fleet/assignor.ts'
import type { Beat, Plan } from '../../../engine/fleet/records.ts'

export const SPACES = ['user', 'post', 'author']
export const PARTITIONS = 4
export const TASKS = SPACES.flatMap((space) =>
  Array.from({ length: PARTITIONS }, (_, at) => `${space}-${at}`),
)
/** Offsets of every changelog. */
export const OFFSETS = 1_000
const ROUNDS_MAX = 500

/** Plans for members that do what they are told, and what these have, as their beats would say. */
export class PlannedFleet {
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

  /** Everybody does what the plan says, and of each copy reads so many offsets. */
  follow(read: () => number): this {
    const tasks = Object.entries(this.plan?.tasks ?? {})
    for (const [name, beat] of this.members) {
      const active = tasks.filter(([, [owner]]) => owner === name).map(([task]) => task)
      const copies = tasks.filter(([, [, ...others]]) => others.includes(name)).map(([task]) => task)
      const lagOf = (task: string): number =>
        beat.active.includes(task) ? 0 : Math.max(0, (beat.warm[task] ?? OFFSETS) - read())
      const warm = Object.fromEntries(copies.map((task) => [task, lagOf(task)]))
      this.members.set(name, { ...beat, active, warm })
    }
    return this
  }

  /** Plans and does until there is nothing left to read and nothing changes any more: every plan on the way. */
  *plans(read: () => number): Generator<Plan['tasks']> {
    for (let rounds = 0; rounds < ROUNDS_MAX; rounds++) {
      const before = JSON.stringify(this.plan?.tasks)
      this.follow(read)
      yield this.next()
      if (this.areAllWarm && JSON.stringify(this.plan?.tasks) === before) return
    }
    throw new Error('plans go on changing')
  }

  settle(read = (): number => OFFSETS): Plan['tasks'] {
    return [...this.plans(read)].at(-1)!
  }

  /** A member, as it joined, how many tasks or copies it has, of all or of one key space. */
  counts(place: 'owner' | 'copies', space = ''): number[] {
    const tasks = Object.entries(this.plan!.tasks).filter(([task]) => task.startsWith(space))
    return [...this.members.keys()].map(
      (name) =>
        tasks.filter(([, [owner, ...others]]) => (place === 'owner' ? owner === name : others.includes(name)))
          .length,
    )
  }

  private get areAllWarm(): boolean {
    return [...this.members.values()].every(({ warm }) => Object.values(warm).every((left) => left === 0))
  }
}
