import type { Plan } from './records.ts'
import type { Member } from './roster.ts'

export interface AssignorOptions {
  /** Copies of a task's state beside its owner's. */
  readonly standbys: number
  /** A copy that lags by no more offsets than this takes over at once. */
  readonly warmLagMax: number
  /** Tasks that one member warms up at a time so that they can move to it. */
  readonly warmingMax: number
}

export const ASSIGNOR_DEFAULTS: Omit<AssignorOptions, 'standbys'> = { warmLagMax: 64, warmingMax: 4 }

/** Without a report: behind everybody who has one. */
const COLD = Infinity
/** Something on disk is better than nothing, and worse than a copy that is kept up to date. */
const STORED = Number.MAX_SAFE_INTEGER

/**
 * Spreads tasks over members. A task stays where it is while its owner lives. A dead owner's tasks go to the
 * warmest copy. A member with two tasks fewer than another gets one of those, of a key space of which it has fewest, but
 * only once it has warmed up a copy of it: until then it is a standby beyond the wanted number. So a task never waits
 * for a restore while anybody alive has its state. Without news the plan is its own successor.
 */
export const assign = (
  tasks: readonly string[],
  members: ReadonlyMap<string, Member>,
  previous: Plan | undefined,
  options: AssignorOptions,
): Plan['tasks'] => new Assignment(tasks, members, previous, options).made()

class Assignment {
  private readonly tasks: readonly string[]
  private readonly members: ReadonlyMap<string, Member>
  private readonly previous: Plan | undefined
  private readonly options: AssignorOptions
  private readonly owners = new Map<string, string>()
  private readonly copies = new Map<string, string[]>()
  private readonly names: readonly string[]
  private readonly owned = new Shares()
  private readonly copied = new Shares()
  /** Tasks with the member that is to own each as soon as its copy is warm. */
  private readonly warming = new Map<string, string>()

  constructor(
    tasks: readonly string[],
    members: ReadonlyMap<string, Member>,
    previous: Plan | undefined,
    options: AssignorOptions,
  ) {
    this.tasks = tasks
    this.members = members
    this.previous = previous
    this.options = options
    this.names = [...members.keys()].sort()
  }

  made(): Plan['tasks'] {
    if (this.names.length === 0) return {}
    this.keepOwners()
    this.giveOrphans()
    this.balance()
    this.keepCopies()
    for (const [task, name] of this.warming) this.addCopy(task, name)
    this.fillCopies()
    this.balanceCopies()
    return Object.fromEntries(
      this.tasks.map((task) => [task, [this.owners.get(task)!, ...(this.copies.get(task) ?? [])]]),
    )
  }

  private keepOwners(): void {
    for (const task of this.tasks) {
      const owner = this.previous?.tasks[task]?.[0] ?? this.runnerOf(task)
      if (owner !== undefined && this.members.has(owner)) this.give(task, owner)
    }
  }

  /** Who says that it runs a task, for a leader that has no plan to go by. */
  private runnerOf(task: string): string | undefined {
    return this.names.find((name) => this.members.get(name)!.active.includes(task))
  }

  private giveOrphans(): void {
    for (const task of this.tasks) {
      if (this.owners.has(task)) continue
      const space = spaceOf(task)
      this.give(
        task,
        least(this.names, (name) => [this.lag(task, name), this.owned.of(name, space), this.owned.of(name)])!,
      )
    }
  }

  /** Moves what can be moved, and notes what is to be warmed up so that it can be moved later. */
  private balance(): void {
    const planned = new Shares(this.owned)
    const leaving = new Set<string>()
    for (;;) {
      const [from, to] = planned.furthestApart(this.names)
      if (planned.of(from) - planned.of(to) < 2) return
      const task = this.mostSpare(from, to, planned, leaving)
      planned.move(task, from, to)
      if (this.wait(task, to) === 0) this.give(task, to)
      else {
        leaving.add(task)
        this.warmUp(task, to)
      }
    }
  }

  /**
   * Of one member's tasks one of the key space of which it has most more than another, and of those the one that the
   * other can take soonest: key spaces differ in load, and a task that moves later is run meanwhile.
   */
  private mostSpare(from: string, to: string, planned: Shares, leaving: ReadonlySet<string>): string {
    const spare = this.tasks.filter((task) => this.owners.get(task) === from && !leaving.has(task))
    return least(spare, (task) => [-planned.lead(task, from, to), this.wait(task, to)])!
  }

  private warmUp(task: string, name: string): void {
    const count = [...this.warming.values()].filter((each) => each === name).length
    if (count < this.options.warmingMax) this.warming.set(task, name)
  }

  private keepCopies(): void {
    for (const task of this.tasks) {
      const before = this.previous?.tasks[task] ?? []
      // Whoever gives a task away keeps the warmest copy of all.
      const kept = before.filter((name) => this.members.has(name) && name !== this.owners.get(task))
      this.copies.set(task, [])
      for (const name of kept.slice(0, this.options.standbys)) this.addCopy(task, name)
    }
  }

  private addCopy(task: string, name: string): void {
    const copies = this.copies.get(task)!
    if (copies.includes(name)) return
    copies.push(name)
    this.copied.add(task, name, 1)
  }

  private fillCopies(): void {
    const wanted = Math.min(this.options.standbys, this.names.length - 1)
    for (const task of this.tasks) {
      const copies = this.copies.get(task)!
      while (copies.length < wanted) {
        const others = this.names.filter((name) => name !== this.owners.get(task) && !copies.includes(name))
        this.addCopy(
          task,
          least(others, (name) => [this.lag(task, name), this.copied.of(name)])!,
        )
      }
    }
  }

  /** Copies move as tasks do: the old one is kept until the new one is warm. */
  private balanceCopies(): void {
    const warmed = new Map<string, number>()
    const moved = new Set<string>()
    const planned = new Shares(this.copied)
    for (;;) {
      const [from, to] = planned.furthestApart(this.names)
      if (planned.of(from) - planned.of(to) < 2) return
      const movable = this.tasks.filter((task) => !moved.has(task) && this.mayMoveCopy(task, from, to))
      const task = least(movable, (each) => [this.wait(each, to), -planned.lead(each, from, to)])
      if (task === undefined) return
      moved.add(task)
      planned.move(task, from, to)
      const count = warmed.get(to) ?? 0
      if (this.wait(task, to) === 0) this.removeCopy(task, from)
      else if (count === this.options.warmingMax) continue
      warmed.set(to, count + 1)
      this.addCopy(task, to)
    }
  }

  private mayMoveCopy(task: string, from: string, to: string): boolean {
    const copies = this.copies.get(task)!
    // What is warmed up to run is in its place.
    if (this.warming.get(task) === from) return false
    return copies.includes(from) && !copies.includes(to) && this.owners.get(task) !== to
  }

  private removeCopy(task: string, name: string): void {
    this.copies.set(
      task,
      this.copies.get(task)!.filter((each) => each !== name),
    )
    this.copied.add(task, name, -1)
  }

  /** Offsets that a member has still to read of a task's changelog. */
  private lag(task: string, name: string): number {
    const { active, warm, stored } = this.members.get(name)!
    if (active.includes(task)) return 0
    return warm[task] ?? (stored[task] === undefined ? COLD : STORED)
  }

  /** Of those offsets the ones that keep it from taking over at once. */
  private wait(task: string, name: string): number {
    return Math.max(0, this.lag(task, name) - this.options.warmLagMax)
  }

  private give(task: string, name: string): void {
    const before = this.owners.get(task)
    if (before === undefined) this.owned.add(task, name, 1)
    else this.owned.move(task, before, name)
    this.owners.set(task, name)
  }
}

/** How many tasks members have, in all and of each key space. */
class Shares {
  private readonly counts: Map<string, number>

  constructor(before?: Shares) {
    this.counts = new Map(before?.counts)
  }

  of(name: string, space = ''): number {
    return this.counts.get(`${name}/${space}`) ?? 0
  }

  /** Of a task's key space, how many more one has than another. */
  lead(task: string, one: string, other: string): number {
    const space = spaceOf(task)
    return this.of(one, space) - this.of(other, space)
  }

  /** Who has most and who has fewest. */
  furthestApart(names: readonly string[]): [most: string, fewest: string] {
    return [least(names, (name) => [-this.of(name)])!, least(names, (name) => [this.of(name)])!]
  }

  move(task: string, from: string, to: string): void {
    this.add(task, from, -1)
    this.add(task, to, 1)
  }

  add(task: string, name: string, by: number): void {
    this.counts.set(`${name}/`, this.of(name) + by)
    const space = spaceOf(task)
    this.counts.set(`${name}/${space}`, this.of(name, space) + by)
  }
}

/** A task's id without its partition. */
const spaceOf = (task: string): string => task.slice(0, task.lastIndexOf('-'))

/** The first of the least, compared by the first figure, then by the next. */
const least = <Item>(
  items: readonly Item[],
  figures: (item: Item) => readonly number[],
): Item | undefined => {
  let found: Item | undefined
  let foundFigures: readonly number[] = []
  for (const item of items) {
    const own = figures(item)
    if (found === undefined || isLess(own, foundFigures)) {
      found = item
      foundFigures = own
    }
  }
  return found
}

const isLess = (one: readonly number[], other: readonly number[]): boolean => {
  for (const [at, figure] of one.entries()) if (figure !== other[at]) return figure < other[at]!
  return false
}
