import { deadLetterTopicName } from '../../../engine/dead-letters.ts'
import { CRASH_STEPS, Driver, type DriverOptions } from '../../../engine/driver/driver.ts'
import { EngineError } from '../../../engine/errors.ts'
import { NO_METRICS, type Metrics } from '../../../engine/metrics.ts'
import { inputsOf } from '../../../engine/topology.ts'
import { examples } from '../../../processors/topics.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import { everything } from '../../../topologies/index.ts'
import { T0 } from '../../processors/events.ts'
import { LAST_ROUNDS, lastReactions, letTimePass, publicationsOf } from './index.ts'
import { lastingRows } from './lasting.ts'

/** Wall time: after all events of a society, so that only what claims to be of the future is. */
export const START_MS = T0 + 30 * DAY_MS

/** What a run leaves: the same for the same society. */
export interface Outcome {
  readonly state: ReadonlyMap<string, string>
  /** What `everything` makes for others: its one topic that it does not read itself. */
  readonly examples: readonly string[]
  readonly deadLetters: readonly string[]
}

/** What a finished run can be asked. */
export type FinishedRun = Pick<Driver, 'state' | 'records' | 'deadLetters'>

/** Somebody's phone was off for months: what that tells of rows that had ended may differ (see `lastingRows`). */
export const outcomeOf = async (driver: FinishedRun, seed: number): Promise<Outcome> => ({
  state: lastingRows(await driver.state(), { firstAt: -Infinity, lastAt: lastReactions(seed, 2)[0]!.at }),
  examples: (await driver.records(examples)).map((each) => JSON.stringify(each)).sort(),
  deadLetters: await deadLettersOf(driver),
})

/** What was put aside, and why; not where it lay and when it was met, for that is different in every run. */
const deadLettersOf = async (driver: FinishedRun): Promise<string[]> => {
  const topics = new Map(everything.nodes.flatMap(inputsOf).map((topic) => [topic.name, topic]))
  const found: string[] = []
  for (const topic of topics.values()) {
    for (const { code, field, reason, key, value } of await driver.deadLetters(topic)) {
      const why = code === 'TIME_IN_FUTURE' ? '' : reason
      found.push([deadLetterTopicName(topic.name), code, field, why, key, value.toString('hex')].join(' '))
    }
  }
  return found.sort()
}

/** One partition, one worker, and nothing goes wrong. */
export const golden = async (seed: number): Promise<Outcome> => {
  const driver = await Driver.start(everything, { partitions: 1, workers: 1, startMs: START_MS })
  for (const { send } of publicationsOf(seed)) await send(driver)
  await driver.settle()
  for (const round of LAST_ROUNDS) {
    await letTimePass(driver, seed, round)
    await driver.settle()
  }
  return outcomeOf(driver, seed)
}

/** Several partitions and workers, and limits so small that every path is taken: another mix for each seed. */
const optionsOf = (seed: number): Partial<DriverOptions> => ({
  seed,
  startMs: START_MS,
  partitions: 1 + (seed % 4),
  workers: 1 + (seed % 3),
  worker: {
    batchEventsMax: 1 + ((seed * 7) % 40),
    commitIntervalMs: (seed * 13) % 200,
    idleCommitIntervalMs: (seed * 5) % 50,
    timersMax: 1 + (seed % 20),
    backlogRecordsMax: seed % 2 === 0 ? 100_000 : 1 + (seed % 30),
    retryMs: seed % 7,
    changelog: (['until-on-disk', 'keep', 'sweep'] as const)[seed % 3]!,
    state: {
      cacheBytesMax: seed % 2 === 0 ? 1 << 30 : 4_000,
      changelogBytesMax: (seed % 5) * 2_000,
      writeBehindRowsMax: 1 + (seed % 7),
      changelogBlocksMax: 1_000,
    },
  },
})

/** Crashes, rebalances and full disks while the society lives. */
export const disturbed = async (seed: number, metrics: Metrics = NO_METRICS): Promise<Outcome> => {
  let diskIsFull = false
  const refuse = (): void => {
    if (diskIsFull) throw new EngineError('DISK_FULL', 'no space left')
  }
  const driver = await Driver.start(everything, { ...optionsOf(seed), metrics, faults: { before: refuse } })
  const { random } = driver
  const disturb = async (): Promise<void> => {
    diskIsFull = random.chance(diskIsFull ? 0.7 : 0.02)
    if (random.chance(0.06)) driver.crash(random.pick(CRASH_STEPS))
    if (!diskIsFull && random.chance(0.015)) await driver.rebalance(1 + random.below(3))
    if (random.chance(0.25)) await driver.round()
  }
  for (const { send } of publicationsOf(seed)) {
    await send(driver)
    await disturb()
  }
  // What one partition sends to another may take as long as the one is behind, but not for days: an erasure that
  // is forgotten by then would not keep out what was done before it.
  diskIsFull = false
  await driver.settle()
  await letTimePass(driver, seed, 1)
  for (let rounds = 0; rounds < 20; rounds++) await disturb()
  diskIsFull = false
  driver.calm()
  await driver.settle()
  await letTimePass(driver, seed, 2)
  await driver.settle()
  return outcomeOf(driver, seed)
}
