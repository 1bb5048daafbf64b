import { describe, expect, it } from 'vitest'
import { on, type StateLayout } from '../../engine/processor.ts'
import { LATENESS_MS_MAX } from '../../engine/task-expiry.ts'
import type { Topic } from '../../engine/topic.ts'
import { node, topology } from '../../engine/topology.ts'
import type { Worker } from '../../engine/worker.ts'
import { DAY_MS, HOUR_MS } from '../../schemas/ids.ts'
import {
  byAuthor,
  byPair,
  type Count,
  countLayout,
  taps,
  toTotals,
  totals,
  type Tap,
  type Total,
} from './counting.ts'
import { Rig } from './rig.ts'

/** Every row has ended by a time: what is tested is what that time is. */
const endsAt = (time: number): StateLayout<Count> => ({
  ...countLayout,
  hasEnded: (_buffer, _start, _end, at) => at >= time,
})

const START_MS = 1_750_000_000_000
const END_MS = START_MS + 10 * DAY_MS
const layout = endsAt(END_MS)

/** What other tasks send tells no time. */
const sent: Topic<Total> = { ...totals, isEcho: true }

const ending = topology('ending', 'rows that end', [
  node({ ...byPair, state: layout }),
  node<Tap>({
    ...toTotals,
    outputs: [sent],
    map: (tap, context) => context.emit(sent, { author: tap.author, amount: tap.amount, at: tap.at }),
  }),
  node({
    ...byAuthor,
    state: layout,
    handlers: [
      on<Total, Count>({
        input: sent,
        key: (total, key) => key.id(total.author),
        process(total, state) {
          state.count += total.amount
          return true
        },
      }),
    ],
  }),
])

let taken = 0
const tap = (at: number, changes: Partial<Tap> = {}): Tap => ({
  id: `tap-${taken++}`,
  user: 'ann',
  author: 'bob',
  amount: 1,
  at,
  ...changes,
})

class EndingRig {
  readonly rig: Rig
  private readonly worker: Worker

  private constructor(rig: Rig, worker: Worker) {
    this.rig = rig
    this.worker = worker
  }

  static async start(): Promise<EndingRig> {
    const state = { changelogBytesMax: 0, cacheBytesMax: 0, writeBehindRowsMax: 100, changelogBlocksMax: 10 }
    const rig = await Rig.start(ending, { worker: { state, idleMs: HOUR_MS } })
    return new EndingRig(rig, await rig.worker())
  }

  async publish(...events: readonly Tap[]): Promise<void> {
    await this.rig.publish(taps, ...events)
    await this.settle()
  }

  async settle(): Promise<void> {
    for (let second = 0; second < 10; second++) {
      this.rig.clock.advance(1_000)
      await this.rig.settle(this.worker)
    }
  }

  async rows(store: string): Promise<string[]> {
    const found: string[] = []
    for (const each of (await this.worker.stores(store)) ?? []) {
      for (const { key } of await each.scan({ limit: 100 })) found.push(key.toString())
    }
    return found
  }
}

const GRACE_MS = taps.graceMs
const DUE_MS = END_MS + LATENESS_MS_MAX

describe('rows that end by a time', () => {
  it('are removed when the watermark is thirty days past it, and counted', async () => {
    const ending = await EndingRig.start()
    await ending.publish(tap(START_MS))
    ending.rig.clock.advance(50 * DAY_MS)
    await ending.publish(tap(DUE_MS + GRACE_MS - 1, { user: 'cid' }))
    expect(await ending.rows('by-pair')).toHaveLength(2)
    await ending.publish(tap(DUE_MS + GRACE_MS + DAY_MS, { user: 'cid' }))
    expect(await ending.rows('by-pair')).toEqual([])
    expect(ending.rig.metrics.counts.get('rows_expired by-pair')).toBe(2)
  })

  it('stay while the wall clock has not come so far, whatever events say', async () => {
    const ending = await EndingRig.start()
    await ending.publish(tap(START_MS))
    await ending.publish(tap(DUE_MS + 2 * DAY_MS, { user: 'cid' }))
    expect(await ending.rows('by-pair')).toContain('ann\0bob')
  })

  it('are judged by what comes for them where a task has no time of its own', async () => {
    const ending = await EndingRig.start()
    await ending.publish(tap(START_MS))
    ending.rig.clock.advance(50 * DAY_MS)
    await ending.settle()
    expect(await ending.rows('by-author')).toEqual(['bob'])
    await ending.publish(tap(DUE_MS + DAY_MS, { author: 'dee' }))
    expect(await ending.rows('by-author')).toEqual([])
    expect(ending.rig.metrics.counts.get('rows_expired by-author')).toBe(2)
  })

  it('are gone without an event that would ask for a commit, and for good', async () => {
    const ending = await EndingRig.start()
    await ending.publish(tap(START_MS))
    ending.rig.clock.advance(50 * DAY_MS)
    await ending.publish(tap(DUE_MS + 2 * DAY_MS, { user: 'cid' }))
    await ending.settle()
    const again = await ending.rig.worker()
    const [store] = (await again.stores('by-pair'))!
    expect(await store!.scan({ limit: 10 })).toEqual([])
  })
})
