import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { RemoteRows } from '../../../cli/remote/remote-rows.ts'
import { ServedStores } from '../../../cli/remote/stores.ts'
import { Publisher } from '../../../cli/runtime/publisher.ts'
import { openServing } from '../../../cli/serving/open.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { topicSpecsOf } from '../../../engine/worker.ts'
import type { RowReader } from '../../../features/store/port.ts'
import { RowFeatures } from '../../../features/store/row-features.ts'
import { HOUR_MS, millis } from '../../../schemas/ids.ts'
import { NO_STAGE_METRICS } from '../../../serving/pipeline/metrics.ts'
import { StateRows } from '../../../serving/state-rows.ts'
import { PendingRestrictions } from '../../../serving/visibility/pending-restrictions.ts'
import { everything } from '../../../topologies/index.ts'
import { later, userId } from '../../processors/events.ts'
import { aQuery, HandClock } from '../../serving/feeds.ts'
import { People } from '../../serving/people.ts'
import { temporaryDirectory } from '../temporary.ts'

const FRIENDS = 16
const POSTS_OF_EACH = 90
/** Whoever is going to ask in a wave has asked by then. */
const QUIET_MS = 40
/** Of a feed whose pools of trending posts are made already, and of one who makes them. */
const WAVES_MAX = 9
const WAVES_FIRST_MAX = 11
const TEST_MS_MAX = 60_000

/** Answers nobody before all have asked who ask without an answer: rows far away, counted in round trips. */
class FarRows implements RowReader {
  waves: string[][] = []
  private readonly behind: StateRows
  private asking: string[] = []
  private wave: Promise<void> | undefined

  constructor(behind: StateRows) {
    this.behind = behind
  }

  async readRows(store: string, keys: readonly Uint8Array[]): Promise<readonly (Buffer | null)[]> {
    this.asking.push(store)
    this.wave ??= this.quiet()
    await this.wave
    const rows = await this.behind.readMany(store, keys)
    return rows.map((row) => (row === undefined ? null : Buffer.from(row)))
  }

  private async quiet(): Promise<void> {
    for (let asked = -1; asked !== this.asking.length; await sleep(QUIET_MS)) asked = this.asking.length
    this.waves.push(this.asking)
    this.asking = []
    this.wave = undefined
  }
}

/** A friend posted every two hours of the last week, and each of others as often. */
const society = (): People => {
  const people = new People()
  for (let friend = 0; friend < FRIENDS; friend++) {
    people.tie({ userId: userId('user-1'), targetId: `friend-${friend}`, kind: 'friend', action: 'added' })
    for (let post = 0; post < POSTS_OF_EACH; post++) {
      const at = later(-(friend / FRIENDS + 2 * post) * HOUR_MS)
      people.post(`post-${friend}-${post}`, { authorId: userId(`friend-${friend}`), at })
    }
  }
  return people
}

test(
  'the rows of a feed come in few round trips, each after the last',
  async () => {
    const people = society()
    const served = new ServedStores(everything)
    const far = new FarRows(people.state.rows)
    const rows = new StateRows(new RemoteRows(far, served.has))
    const positions = { position: async () => ({ sequence: 0, newest: -1 }) }
    const log = new SimulatedLog({ clock: () => millis(0) })
    await log.createTopics(topicSpecsOf(everything, 1, Infinity))
    const serving = await openServing({
      backend: {
        rows,
        rowsNow: rows,
        features: new RowFeatures(far, positions, () => undefined),
        restrictions: new PendingRestrictions(people.state),
        publisher: () => new Publisher(log),
        newestEventAt: () => later(0),
        degraded: () => [],
      },
      data: await temporaryDirectory(),
      clock: new HandClock(),
      metrics: NO_STAGE_METRICS,
      alarm: { after: () => () => undefined },
      retrieves: false,
    })
    onTestFinished(() => serving.close())
    const wavesOf = async (): Promise<readonly string[][]> => {
      far.waves = []
      const { items, meta } = await serving.feeds.page(aQuery(), null)
      expect([items.length, meta.degraded]).toEqual([20, []])
      expect(meta.candidates.eligible).toBeGreaterThan(1_000)
      return far.waves
    }
    const first = await wavesOf()
    expect(first.length, first.map(String).join('\n')).toBeLessThanOrEqual(WAVES_FIRST_MAX)
    expect(first.filter((stores) => stores.includes('posts-by-hour'))).toHaveLength(2)
    const next = await wavesOf()
    expect(next.length, next.map(String).join('\n')).toBeLessThanOrEqual(WAVES_MAX)
  },
  TEST_MS_MAX,
)
