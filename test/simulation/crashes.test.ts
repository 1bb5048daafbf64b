import { describe, expect, it } from 'vitest'
import { CRASH_STEPS, Driver } from '../../engine/driver/driver.ts'
import { Random } from '../../engine/driver/random.ts'
import { closings, counting, MINUTE_MS, taps, type Tap } from '../engine/counting.ts'

const SEEDS = Number(process.env['FRESHET_SEEDS'] ?? 100)
const START_MS = 1_750_000_000_000

/** Events of a seed, in the order they are published; some twice. */
const eventsOf = (seed: number): Tap[] => {
  const random = new Random(seed)
  const events: Tap[] = []
  for (let index = 0; index < 120; index++) {
    const at = START_MS - 30 * MINUTE_MS + index * 9_000 - random.below(60_000)
    events.push({
      id: `tap-${index}`,
      user: `user-${random.below(6)}`,
      author: `author-${random.below(4)}`,
      amount: 1 + random.below(5),
      at,
    })
    if (random.chance(0.1)) events.push(events[random.below(events.length)]!)
  }
  return events
}

const outcomeOf = async (driver: Driver): Promise<{ state: Map<string, string>; closings: string[] }> => ({
  state: await driver.state(),
  closings: (await driver.records(closings)).map((each) => JSON.stringify(each)).sort(),
})

const golden = async (events: readonly Tap[]): Promise<Awaited<ReturnType<typeof outcomeOf>>> => {
  const driver = await Driver.start(counting, { partitions: 3, workers: 1 })
  for (const event of events) await driver.publish(taps, event)
  await driver.settle()
  return outcomeOf(driver)
}

const disturbed = async (
  seed: number,
  events: readonly Tap[],
): Promise<Awaited<ReturnType<typeof outcomeOf>>> => {
  const driver = await Driver.start(counting, {
    seed,
    partitions: 3,
    workers: 1 + (seed % 3),
    worker: {
      batchEventsMax: 1 + (seed % 17),
      commitIntervalMs: seed % 200,
      idleCommitIntervalMs: seed % 50,
      retryMs: 0,
      changelog: seed % 3 === 0 ? 'until-on-disk' : 'keep',
      state: {
        cacheBytesMax: seed % 2 === 0 ? 1 << 30 : 600,
        changelogBytesMax: (seed % 5) * 300,
        writeBehindRowsMax: 1 + (seed % 4),
        changelogBlocksMax: 1000,
      },
    },
  })
  for (const event of events) {
    await driver.publish(taps, event)
    if (driver.random.chance(0.1)) driver.crash(driver.random.pick(CRASH_STEPS))
    if (seed % 3 !== 0 && driver.random.chance(0.03)) await driver.rebalance(1 + driver.random.below(3))
    if (driver.random.chance(0.5)) await driver.round()
  }
  await driver.settle()
  return outcomeOf(driver)
}

describe('a topology under crashes and rebalances', () => {
  it(`ends as an undisturbed run does, for ${SEEDS} seeds`, async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const events = eventsOf(seed)
      const expected = await golden(events)
      const actual = await disturbed(seed, events)
      expect(actual, `seed ${seed}`).toEqual(expected)
    }
  })
})
