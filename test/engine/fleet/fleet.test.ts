import { describe, expect, test } from 'vitest'
import { partitionOf } from '../../../engine/hash.ts'
import { keyOf } from '../../../engine/key.ts'
import { countOf, taps, type Tap } from '../counting.ts'
import { HEARTBEAT_MS, Machines, PARTITIONS } from './machines.ts'

const SEEDS = Number(process.env['FRESHET_FLEETS'] ?? 8)
const TAPS = 400
const AT = 1_750_000_000_000
/** Some megabytes of rows. */
const LARGE_TAPS = 6_000

/** Amounts by user and author, and by author, counted by hand. */
const recount = (
  published: readonly Tap[],
): [pairs: Record<string, number>, authors: Record<string, number>] => {
  const pairs: Record<string, number> = {}
  const authors: Record<string, number> = {}
  for (const { user, author, amount } of published) {
    pairs[`${user}\0${author}`] = (pairs[`${user}\0${author}`] ?? 0) + amount
    authors[author] = (authors[author] ?? 0) + amount
  }
  return [pairs, authors]
}

/** A user whose task is that of a partition, with a name so long that rows add up. */
function* usersOf(partition: number): Generator<string> {
  for (let index = 0; ; index++) {
    const user = `user-${index}-`.padEnd(120, 'x')
    const key = keyOf(user)
    if (partitionOf(key, 0, key.length, PARTITIONS) === partition) yield user
  }
}

const countsIn = async (fleet: Machines, store: string): Promise<Record<string, number>> =>
  Object.fromEntries(
    [...(await fleet.rows(store))].map(([key, row]) => [key.replace(/\0$/, ''), countOf(row)!]),
  )

/** Something happens to a machine: it crashes, comes back, falls asleep, wakes, or has no room on its disk for a while. */
const disturb = async (fleet: Machines): Promise<void> => {
  const { random } = fleet
  const machine = random.pick(fleet.machines)
  const others = fleet.machines.filter(
    (each) => each !== machine && each.process !== undefined && !each.isFrozen,
  )
  if (random.chance(0.3)) machine.diskIsFull = !machine.diskIsFull
  else if (machine.process === undefined) await fleet.startOne(machine)
  else if (machine.isFrozen) machine.isFrozen = false
  else if (others.length === 0) return
  else if (random.chance(0.6)) await machine.crash()
  else machine.isFrozen = true
}

describe('a fleet over a simulated log', () => {
  test.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    'counts everything once and runs each task on one machine, whatever crashes, sleeps, wakes and is full (seed %i)',
    async (seed) => {
      const fleet = await Machines.start(seed, 2 + (seed % 3), seed % 3)
      const { random } = fleet
      const published: Tap[] = []
      for (let id = 0; id < TAPS; id++) {
        const user = `user-${random.below(30)}`
        const author = `author-${random.below(20)}`
        const tap = { id: `tap-${id}`, user, author, amount: 1 + random.below(5), at: AT + id * 100 }
        published.push(tap)
        await fleet.publish(taps, tap)
        if (random.chance(0.5)) await fleet.round()
        if (random.chance(0.05)) await disturb(fleet)
      }
      for (const machine of fleet.machines) {
        machine.isFrozen = false
        machine.diskIsFull = false
        if (machine.process === undefined) await fleet.startOne(machine)
      }
      await fleet.settle()
      const [pairs, authors] = recount(published)
      expect(await countsIn(fleet, 'by-pair')).toEqual(pairs)
      expect(await countsIn(fleet, 'by-author')).toEqual(authors)
      expect(fleet.dropped()).toBeGreaterThan(0)
      const shares = fleet.machines.map(({ process }) => process!.worker.taskIds().length)
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(2)
    },
  )

  test('with warm copies, tasks of a dead machine run on as soon as its death is noticed, and nothing is restored', async () => {
    const fleet = await Machines.start(1, 3, 1)
    for (let id = 0; id < 50; id++) {
      await fleet.publish(taps, { id: `${id}`, user: `user-${id}`, author: 'ann', amount: 1, at: AT + id })
    }
    await fleet.settle()
    const [dead, ...others] = fleet.machines
    const orphans = dead!.process!.worker.taskIds()
    const copies = new Map(others.map((each) => [each.name, each.process!.member.following]))
    await dead!.crash()
    await fleet.settle()
    expect(orphans.length).toBeGreaterThan(1)
    for (const id of orphans) expect(copies.get(fleet.runners().get(id)![0]!)).toContain(id)
  })

  test('a machine whose disk stays full leaves its tasks to others, and all is counted', async () => {
    const fleet = await Machines.start(3, 3, 1)
    await fleet.settle()
    const [full] = fleet.machines
    full!.diskIsFull = true
    for (let id = 0; id < 300; id++) {
      const tap = { id: `${id}`, user: `user-${id % 40}`, author: `author-${id % 7}`, amount: 1, at: AT + id }
      await fleet.publish(taps, tap)
    }
    await fleet.settle()
    expect(full!.process).toBeUndefined()
    const counted = Object.values(await countsIn(fleet, 'by-author')).reduce((sum, count) => sum + count, 0)
    expect(counted).toBe(300)
  })

  test('a large state is restored beside the tasks that run: they go on, beats go on, and how far it is is told', async () => {
    const fleet = await Machines.start(5, 2, 0)
    await fleet.settle()
    const [one, other] = fleet.machines
    const lost = one!.process!.worker.taskIds().find((id) => id.startsWith('user-'))!
    const kept = other!.process!.worker.taskIds().find((id) => id.startsWith('user-'))!
    const partitionIn = (id: string): number => Number(id.slice('user-'.length))
    const large = usersOf(partitionIn(lost))
    const author = 'ann-'.padEnd(120, 'x')
    for (let id = 0; id < LARGE_TAPS; id++) {
      const user = large.next().value as string
      await fleet.publish(taps, { id: `large-${id}`, user, author, amount: 1, at: AT + id })
    }
    await fleet.settle(LARGE_TAPS)
    await one!.crash()

    const { process, metrics } = other!
    const busy = usersOf(partitionIn(kept)).next().value as string
    const steps: { readonly read: number; readonly total: number; readonly done: number }[] = []
    let beganMs = 0
    let beganAt = 0
    for (let id = 0; !process!.worker.taskIds().includes(lost); id++) {
      await fleet.publish(taps, { id: `busy-${id}`, user: busy, author, amount: 1, at: AT + LARGE_TAPS + id })
      await fleet.round()
      process!.member.report()
      const read = metrics.gauges.get('restore_records_read')!
      const total = metrics.gauges.get('restore_records')!
      if (total === 0) continue
      if (steps.length === 0) [beganMs, beganAt] = [fleet.clock.now(), fleet.told()]
      steps.push({ read, total, done: process!.worker.committedOffset(taps.name, partitionIn(kept)) })
    }
    const tookMs = fleet.clock.now() - beganMs
    const beats = fleet.told() - beganAt
    expect(steps.length).toBeGreaterThan(10)
    expect(steps.every(({ read }, at) => at === 0 || read >= steps[at - 1]!.read)).toBe(true)
    expect(steps.at(-1)!.read).toBeGreaterThan(steps.at(-1)!.total / 2)
    expect(steps.at(-1)!.done - steps[0]!.done).toBeGreaterThan(steps.length / 2)
    expect(beats).toBeGreaterThan(tookMs / HEARTBEAT_MS / 2)
    const [restoreMs] = metrics.observations.get(`restore_ms ${lost}`)!.slice(-1)
    expect(restoreMs).toBeGreaterThanOrEqual(tookMs)
    await fleet.settle()
    process!.member.report()
    expect(metrics.gauges.get('restore_records')).toBe(0)
  })

  test('how far a copy is behind is told, and that it has caught up', async () => {
    const fleet = await Machines.start(6, 2, 1)
    await fleet.settle()
    const [ahead, behind] = fleet.machines
    behind!.isFrozen = true
    for (let id = 0; id < 20; id++) {
      await fleet.publish(taps, { id: `${id}`, user: `user-${id}`, author: 'ann', amount: 1, at: AT + id })
      await ahead!.process!.round()
    }
    const lag = (): number => {
      behind!.process!.member.report()
      return behind!.metrics.gauges.get('standby_lag_records')!
    }
    expect(lag()).toBeGreaterThan(0)
    behind!.isFrozen = false
    await fleet.settle()
    expect(lag()).toBe(0)
  })

  test('a process that cannot take in a copy, for a reason that nobody foresaw, stops rather than trying for ever', async () => {
    const fleet = await Machines.start(4, 2, 1)
    const [, mistaken] = fleet.machines
    await mistaken!.crash()
    for (let id = 0; id < 300; id++) {
      const tap = { id: `${id}`, user: `user-${id % 40}`, author: `author-${id % 7}`, amount: 1, at: AT + id }
      await fleet.publish(taps, tap)
    }
    await fleet.settle()
    mistaken!.isMistaken = true
    await fleet.startOne(mistaken!)
    await expect(fleet.settle()).rejects.toThrow(/^TASK_STUCK: .* x is not a function$/)
  })

  test('a task that starts over, of whose changelog more was dropped than its disk has, is restored anew', async () => {
    const fleet = await Machines.start(7, 2, 1)
    const [, successor] = fleet.machines
    await successor!.crash()
    const publish = async (from: number, until: number): Promise<void> => {
      for (let id = from; id < until; id++) {
        const tap = {
          id: `${id}`,
          user: `user-${id % 40}`,
          author: `author-${id % 7}`,
          amount: 1,
          at: AT + id,
        }
        await fleet.publish(taps, tap)
        await fleet.round()
      }
      await fleet.settle()
    }
    await publish(0, 300)
    // What it takes over it keeps in memory, where the one before it wrote rows to disk and dropped what had held them.
    successor!.changelogBytesMax = 1 << 30
    await fleet.startOne(successor!)
    await fleet.settle()
    successor!.failsOnce = true
    await publish(300, 340)
    expect(successor!.failsOnce).toBe(false)
    expect(successor!.metrics.counts.get('task_failures CHANGELOG_DROPPED')).toBe(1)
    const counted = Object.values(await countsIn(fleet, 'by-author')).reduce((sum, count) => sum + count, 0)
    expect(counted).toBe(340)
  })

  test('a process whose name another has taken stops, and the other has its tasks', async () => {
    const fleet = await Machines.start(2, 2, 0)
    await fleet.settle()
    const [machine] = fleet.machines
    const before = machine!.process!
    await fleet.startOne(machine!)
    await expect(
      (async () => {
        for (let round = 0; round < 100; round++) {
          await fleet.round()
          await before.member.step()
        }
      })(),
    ).rejects.toThrow('MEMBER_REPLACED')
    await before.cut()
    await fleet.settle()
    expect(machine!.process!.worker.taskIds().length).toBeGreaterThan(0)
  })
})
