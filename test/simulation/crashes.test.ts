import { describe, expect, it } from 'vitest'
import { CRASH_STEPS, Driver, type DriverOptions } from '../../engine/driver/driver.ts'
import { Random } from '../../engine/driver/random.ts'
import { EngineError } from '../../engine/errors.ts'
import { keyOf } from '../../engine/key.ts'
import {
  closings,
  countOf,
  counting,
  MINUTE_MS,
  POISON,
  taps,
  type Closing,
  type Tap,
} from '../engine/counting.ts'

const SEEDS = Number(process.env['FRESHET_SEEDS'] ?? 150)
const FIRST_SEED = Number(process.env['FRESHET_FIRST_SEED'] ?? 0)
/** Far above the 30 ms that a seed takes: a run that ends late is no failure, one that hangs is. */
const TIMEOUT_MS = 60_000 + SEEDS * 300
const START_MS = 1_750_000_000_000
const EVENTS = 120

/** What is published: an event, or bytes that are none. */
type Published = Tap | Buffer

/** Events of a seed, in the order they are published; some twice, some that no processor takes, some garbage. */
const eventsOf = (seed: number): Published[] => {
  const random = new Random(seed)
  const events: Published[] = []
  for (let index = 0; index < EVENTS; index++) {
    const at = START_MS - 30 * MINUTE_MS + index * 9_000 - random.below(60_000)
    events.push({
      id: `tap-${index}`,
      user: `user-${random.below(6)}`,
      author: `author-${random.below(4)}`,
      amount: random.chance(0.03) ? POISON : 1 + random.below(5),
      at,
    })
    if (random.chance(0.1)) events.push(random.pick(events))
    if (random.chance(0.03)) events.push(Buffer.from(`garbage ${index}`))
  }
  return events
}

const publish = (driver: Driver, event: Published): Promise<void> =>
  !('id' in event)
    ? driver.publishRaw(taps, keyOf('user-0'), event, START_MS - 30 * MINUTE_MS)
    : driver.publish(taps, event)

interface Outcome {
  readonly state: Map<string, string>
  readonly closings: readonly string[]
  readonly deadLetters: readonly string[]
}

const outcomeOf = async (driver: Driver): Promise<Outcome> => ({
  state: await driver.state(),
  closings: (await driver.records(closings)).map((each) => JSON.stringify(each)).sort(),
  deadLetters: (await driver.deadLetters(taps))
    .map(({ partition, offset, code, value }) => `${partition} ${offset} ${code} ${value.toString()}`)
    .sort(),
})

const golden = async (events: readonly Published[]): Promise<Outcome> => {
  const driver = await Driver.start(counting, { partitions: 3, workers: 1 })
  for (const event of events) await publish(driver, event)
  await driver.settle()
  return outcomeOf(driver)
}

/** What the events add up to, by definition: each id once, unless a processor threw on it. */
const expectSums = ({ state, closings, deadLetters }: Outcome, events: readonly Published[]): void => {
  const byPair = new Map<string, number>()
  const byAuthor = new Map<string, number>()
  const byMinute = new Map<string, number>()
  const add = (sums: Map<string, number>, key: string, amount: number): unknown =>
    sums.set(key, (sums.get(key) ?? 0) + amount)
  const taken = new Set<string>()
  let refused = 0
  for (const event of events) {
    if (!('id' in event) || event.amount === POISON) refused++
    else if (!taken.has(event.id)) {
      taken.add(event.id)
      add(byPair, `${event.user}\0${event.author}`, event.amount)
      add(byAuthor, event.author, event.amount)
      add(byMinute, `${event.user}\0${Math.floor(event.at / MINUTE_MS)}`, event.amount)
    }
  }
  const stored = (store: string): Map<string, number> =>
    new Map(
      [...state]
        .filter(([row]) => row.startsWith(`${store}/`))
        .map(([row, hex]) => [row.slice(store.length + 1), countOf(Buffer.from(hex, 'hex'))!]),
    )
  expect(stored('by-pair')).toEqual(byPair)
  expect(stored('by-author')).toEqual(byAuthor)
  const closed = stored('by-minute')
  for (const each of closings) {
    const { user, minute, amount } = JSON.parse(each) as Closing
    add(closed, `${user}\0${minute / MINUTE_MS - 1}`, amount)
  }
  expect(closed, 'a minute is either open or closed').toEqual(byMinute)
  expect(deadLetters).toHaveLength(refused)
}

/** Limits so small that every path is taken: eviction, write-behind, short batches, commits of any length. */
const settingsOf = (seed: number): Partial<DriverOptions> => ({
  seed,
  partitions: 3,
  workers: 1 + (seed % 3),
  worker: {
    batchEventsMax: 1 + (seed % 17),
    timersMax: 1 + (seed % 5),
    commitIntervalMs: seed % 200,
    idleCommitIntervalMs: seed % 50,
    retryMs: seed % 7,
    backlogRecordsMax: seed % 11 === 0 ? 1 : 1000,
    changelog: seed % 3 === 0 ? 'until-on-disk' : 'keep',
    state: {
      cacheBytesMax: seed % 2 === 0 ? 1 << 30 : 600,
      changelogBytesMax: (seed % 5) * 300,
      writeBehindRowsMax: 1 + (seed % 4),
      changelogBlocksMax: 1000,
    },
  },
})

const disturbed = async (seed: number, events: readonly Published[]): Promise<Outcome> => {
  let diskIsFull = false
  const driver = await Driver.start(counting, {
    ...settingsOf(seed),
    faults: {
      before: () => {
        if (diskIsFull) throw new EngineError('DISK_FULL', 'no space left')
      },
    },
  })
  for (const event of events) {
    await publish(driver, event)
    diskIsFull = driver.random.chance(diskIsFull ? 0.7 : 0.03)
    if (driver.random.chance(0.1)) driver.crash(driver.random.pick(CRASH_STEPS))
    if (seed % 3 !== 0 && !diskIsFull && driver.random.chance(0.03)) {
      await driver.rebalance(1 + driver.random.below(3))
    }
    if (driver.random.chance(0.5)) await driver.round()
  }
  diskIsFull = false
  await driver.settle()
  return outcomeOf(driver)
}

describe('a topology under crashes, rebalances and full disks', () => {
  it(
    `ends as an undisturbed run does, for ${SEEDS} seeds`,
    async () => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const events = eventsOf(seed)
        const expected = await golden(events)
        expectSums(expected, events)
        const actual = await disturbed(seed, events)
        expect(actual, `seed ${seed}`).toEqual(expected)
      }
    },
    TIMEOUT_MS,
  )
})
