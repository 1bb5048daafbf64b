import { describe, expect, it } from 'vitest'
import { CRASH_STEPS, Driver, type DriverOptions } from '../../engine/driver/driver.ts'
import { Random } from '../../engine/driver/random.ts'
import { keyOf, type KeyWriter } from '../../engine/key.ts'
import { LATENESS_MS_MAX } from '../../engine/task-expiry.ts'
import type { KeySpace } from '../../engine/topic.ts'
import { topology } from '../../engine/topology.ts'
import { decayed, lastSeen, total, windows } from '../../features/aggregates.ts'
import { days, hours } from '../../features/durations.ts'
import { layoutOf } from '../../features/layout.ts'
import { viewNodes } from '../../features/nodes.ts'
import { view as declare, type View } from '../../features/view.ts'
import { DAY_MS, HOUR_MS } from '../../schemas/ids.ts'
import { NotedMetrics, Rig } from '../engine/rig.ts'
import { type Touch, touch, touches } from '../features/sample.ts'

/** A seed takes a second: twelve months of rows. Every changelog is among three. */
const SEEDS = Math.max(3, Math.floor(Number(process.env['FRESHET_SEEDS'] ?? 150) / 25))
const FIRST_SEED = Number(process.env['FRESHET_FIRST_SEED'] ?? 0)
const SEED_MS_MAX = 5_000
const START_MS = 1_750_000_000_000
const EVENTS = 500
/** Event time between two events: all of them are most of a year, and a row lives for some days. */
const STEP_MS = 12 * HOUR_MS
/** Events come up to this much late. What waits between two rests is 10 days more: `LATENESS_MS_MAX` is not reached. */
const LATE_MS_MAX = 15 * DAY_MS
const EVENTS_BETWEEN_RESTS = 20

const endingView = (
  name: string,
  keySpace: KeySpace,
  key: (event: Touch, key: KeyWriter) => boolean,
): View<Touch> =>
  declare({
    name,
    version: 1,
    about: 'Rows that end.',
    source: touches,
    keySpace,
    key,
    sign: (event) => (event.undo ? -1 : 1),
    series: { all: {} },
    aggregates: [
      total(['all'], { within: days(5) }),
      windows(['all'], [hours(24)]),
      decayed(['all'], [hours(3)]),
      lastSeen(['all'], { finest: '1h' }),
    ],
    timeToLive: days(5),
  })

/** Beside their events, and rekeyed to a task that hears nothing but what others send it. */
const VIEWS = [
  endingView('pairs', 'user', (event, key) => key.id(event.user!) && key.id(event.author)),
  endingView('authors', 'author', (event, key) => key.id(event.author)),
]
const ENDING = topology('ending', 'rows that end', VIEWS.flatMap(viewNodes))
const LAYOUTS = new Map(VIEWS.map((view) => [view.name, layoutOf(view)]))

/** People and authors come and go; some come back after months, and some take back what they did long ago. */
const eventsOf = (seed: number, events = EVENTS): Touch[] => {
  const random = new Random(seed)
  const list: Touch[] = []
  for (let index = 0; index < events; index++) {
    const season = random.chance(0.1) ? random.below(20) : Math.floor(index / 25)
    if (random.chance(0.1) && index > 0) {
      list.push({ ...random.pick(list), undo: true })
      continue
    }
    list.push(
      touch({
        user: `user-${season}-${random.below(4)}`,
        author: `author-${season}-${random.below(3)}`,
        at: START_MS - (events - index) * STEP_MS - random.below(LATE_MS_MAX),
      }),
    )
  }
  return list
}

/** Rows that have not ended by when the last event, at the latest, let go of them: the others may be there or not. */
const lasting = async (driver: Driver, events: readonly Touch[]): Promise<Map<string, string>> => {
  const at = Math.max(...events.map((event) => event.at)) - LATENESS_MS_MAX
  const state = await driver.state()
  return new Map(
    [...state].filter(([name, hex]) => {
      const row = Buffer.from(hex, 'hex')
      return !LAYOUTS.get(name.slice(0, name.indexOf('/')))!.hasEnded!(row, 0, row.length, at)
    }),
  )
}

const golden = async (events: readonly Touch[]): Promise<Map<string, string>> => {
  const worker = { changelog: 'keep' } as const
  const driver = await Driver.start(ENDING, { partitions: 1, workers: 1, startMs: START_MS, worker })
  for (const event of events) await driver.publish(touches, event)
  await driver.settle()
  return lasting(driver, events)
}

const CHANGELOGS = ['until-on-disk', 'keep', 'sweep'] as const

const settingsOf = (seed: number, metrics: NotedMetrics): Partial<DriverOptions> => ({
  seed,
  metrics,
  partitions: 2,
  workers: 1 + (seed % 2),
  startMs: START_MS,
  worker: {
    batchEventsMax: 1 + (seed % 17),
    commitIntervalMs: seed % 200,
    idleCommitIntervalMs: seed % 50,
    changelog: CHANGELOGS[seed % 3]!,
    state: {
      cacheBytesMax: seed % 2 === 0 ? 1 << 30 : 600,
      changelogBytesMax: (seed % 4) * 200,
      writeBehindRowsMax: 1 + (seed % 4),
      changelogBlocksMax: 1000,
    },
  },
})

const disturbed = async (
  seed: number,
  events: readonly Touch[],
  metrics: NotedMetrics,
): Promise<Map<string, string>> => {
  const driver = await Driver.start(ENDING, settingsOf(seed, metrics))
  for (const [index, event] of events.entries()) {
    await driver.publish(touches, event)
    if (driver.random.chance(0.1)) driver.crash(driver.random.pick(CRASH_STEPS))
    if (seed % 3 === 1 && driver.random.chance(0.02)) await driver.rebalance(1 + driver.random.below(3))
    if (driver.random.chance(0.5)) await driver.round()
    if (index % EVENTS_BETWEEN_RESTS === 0) await driver.settle()
  }
  await driver.settle()
  return lasting(driver, events)
}

/** The view's and a few of the engine's own. */
const STORE_NUMBERS = [0, 1, 2, 3, 4]

const removedIn = ({ counts }: NotedMetrics, store: string): number =>
  counts.get(`rows_expired ${store}`) ?? 0

describe('rows that end, under crashes and rebalances', () => {
  it(
    `are as good as none: those that last are an undisturbed run's to the byte, for ${SEEDS} seeds`,
    async () => {
      const metrics = CHANGELOGS.map(() => new NotedMetrics())
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const events = eventsOf(seed)
        const expected = await golden(events)
        expect(expected.size, `seed ${seed}`).toBeGreaterThan(10)
        expect(await disturbed(seed, events, metrics[seed % 3]!), `seed ${seed}`).toEqual(expected)
      }
      for (const each of metrics) {
        for (const { name } of VIEWS) expect(removedIn(each, name), name).toBeGreaterThan(SEEDS)
      }
    },
    SEEDS * SEED_MS_MAX + 60_000,
  )
})

describe('a disk under keys that come and go', () => {
  it.each(CHANGELOGS)('holds those of late, however long it goes on (%s)', async (changelog) => {
    const rig = await Rig.start(ENDING, {
      worker: {
        changelog,
        state: {
          changelogBytesMax: 0,
          cacheBytesMax: 1 << 20,
          writeBehindRowsMax: 1_000,
          changelogBlocksMax: 1_000,
        },
      },
    })
    const worker = await rig.worker()
    const rowsOnDisk = (task: string): number =>
      STORE_NUMBERS.reduce(
        (sum, store) => sum + rig.disk.task(task).scan(store, { limit: Infinity }).length,
        0,
      )
    const peaks = { user: 0, author: 0 }
    const keys = new Set<string>()
    for (let day = 0; day < 600; day++) {
      rig.clock.advance(DAY_MS)
      const at = rig.clock.now()
      const events = Array.from({ length: 3 }, (_, index) =>
        touch({ user: `user-${day}-${index}`, author: `author-${day}-${index}`, at }),
      )
      for (const { user, author } of events) keys.add(keyOf(user!, author).toString())
      await rig.publish(touches, ...events)
      await rig.settle(worker)
      peaks.user = Math.max(peaks.user, rowsOnDisk('user-0'))
      peaks.author = Math.max(peaks.author, rowsOnDisk('author-0'))
    }
    expect(keys.size).toBe(1_800)
    // A row ends at most 10 days and a tile after its event, and goes 30 days later, in the round that comes by then. One
    // that repeats what lasts takes as long as twice that much needs to change.
    const lastingDaysMax = 5 + 2 * 5 + LATENESS_MS_MAX / DAY_MS
    const daysMax = changelog === 'sweep' ? 3 * lastingDaysMax : lastingDaysMax + 7
    for (const [space, peak] of Object.entries(peaks)) {
      expect(peak, space).toBeGreaterThan(3 * 30)
      expect(peak, space).toBeLessThan(3 * daysMax)
    }
  })
})
