import { describe, expect, test } from 'vitest'
import type { Impression } from '../../../schemas/impressions/index.ts'
import { IMPRESSION_LOG_DEFAULTS, ImpressionLog } from '../../../serving/effects/impression-log.ts'
import type { ServedPage } from '../../../serving/effects/impression.ts'
import { post } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'

/** A log in memory that fails when told to; time passes when it is let. */
class Desk {
  readonly written: Impression[][] = []
  readonly slept: number[] = []
  failing = false
  /** What a write that is under way waits for. */
  held: Promise<void> | undefined
  private waiting: (() => void)[] = []
  readonly log: ImpressionLog

  constructor(limits: Partial<typeof IMPRESSION_LOG_DEFAULTS> = {}) {
    this.log = new ImpressionLog(
      {
        append: async (impressions) => {
          await this.held
          if (this.failing) throw new Error('the disk is full')
          this.written.push([...impressions])
        },
        sleep: (ms) => {
          this.slept.push(ms)
          return new Promise((resolve) => this.waiting.push(resolve))
        },
        failed: () => undefined,
      },
      { ...IMPRESSION_LOG_DEFAULTS, ...limits },
    )
  }

  /** Lets everything that sleeps wake, and what follows happen. */
  async pass(): Promise<void> {
    for (const wake of this.waiting.splice(0)) wake()
    await new Promise((resolve) => setImmediate(resolve))
  }

  get requestIds(): string[] {
    return this.written.flat().map(({ requestId }) => requestId)
  }
}

/** Pages as they are served: of one feed, under different requests. */
const pages = async (count: number): Promise<ServedPage[]> => {
  const running = await Running.start()
  await running.take(Array.from({ length: 3 }, (_, index) => post(`p${index}`, `author-${index}`)))
  const served: ServedPage[] = []
  const { impressions } = running.serving
  const add = impressions.add.bind(impressions)
  impressions.add = (page) => {
    served.push(page)
    add(page)
  }
  for (let index = 0; index < count; index++) await running.feed({ userId: 'ada' })
  return served
}

describe('the log of impressions', () => {
  test('writes pages in batches, in order, and none before others could join it', async () => {
    const desk = new Desk({ batchMax: 2 })
    const served = await pages(3)
    for (const page of served) desk.log.add(page)
    expect(desk.log.counts).toMatchObject({ waiting: 3, written: 0 })
    await desk.pass()
    expect(desk.written.map(({ length }) => length)).toEqual([2, 1])
    expect(desk.requestIds).toEqual(served.map(({ requestId }) => requestId))
    expect(desk.log.counts).toEqual({ waiting: 0, written: 3, lost: 0, failures: 0 })
  })

  test('tries again until a write holds, ever later, and loses and doubles nothing', async () => {
    const desk = new Desk({ retryMs: 10, retryMsMax: 25 })
    const [page] = await pages(1)
    desk.failing = true
    desk.log.add(page!)
    for (let turn = 0; turn < 4; turn++) await desk.pass()
    expect(desk.slept.slice(1)).toEqual([10, 20, 25, 25])
    expect(desk.log.isFailing).toBe(true)
    desk.failing = false
    await desk.pass()
    expect(desk.requestIds).toEqual([page!.requestId])
    expect(desk.log.isFailing).toBe(false)
    expect(desk.log.counts).toEqual({ waiting: 0, written: 1, lost: 0, failures: 4 })
  })

  test('counts what finds no room as lost', async () => {
    const desk = new Desk({ waitingMax: 2 })
    for (const page of await pages(3)) desk.log.add(page)
    expect(desk.log.counts).toMatchObject({ waiting: 2, lost: 1 })
  })

  test('counts one that breaks its contract as lost, and writes those behind it', async () => {
    const desk = new Desk()
    const [broken, sound] = await pages(2)
    desk.log.add({ ...broken!, query: { ...broken!.query, surface: 'x'.repeat(100) } })
    desk.log.add(sound!)
    await desk.pass()
    expect(desk.requestIds).toEqual([sound!.requestId])
    expect(desk.log.counts).toMatchObject({ written: 1, lost: 1 })
  })

  test('counts a broken one once, however often those beside it are tried', async () => {
    const desk = new Desk()
    const [broken, sound] = await pages(2)
    desk.failing = true
    desk.log.add({ ...broken!, query: { ...broken!.query, surface: 'x'.repeat(100) } })
    desk.log.add(sound!)
    for (let turn = 0; turn < 10; turn++) await desk.pass()
    expect(desk.log.counts).toEqual({ waiting: 1, written: 0, lost: 1, failures: 10 })
    desk.failing = false
    await desk.pass()
    expect(desk.log.counts).toEqual({ waiting: 0, written: 1, lost: 1, failures: 10 })
  })

  test.each([
    ['is written once it turns out to be durable', false, { waiting: 0, written: 1, lost: 0, failures: 0 }],
    [
      'stays lost where it fails, and is not tried again',
      true,
      { waiting: 0, written: 0, lost: 1, failures: 1 },
    ],
  ])('counts what is under way when it is closed as lost; that %s', async (_, fails, counts) => {
    const desk = new Desk()
    const [page] = await pages(1)
    const held = Promise.withResolvers<void>()
    desk.held = held.promise
    desk.log.add(page!)
    await desk.pass()
    const closing = desk.log.close(1_000)
    await desk.pass()
    await closing
    expect(desk.log.counts).toEqual({ waiting: 0, written: 0, lost: 1, failures: 0 })
    desk.failing = fails
    held.resolve()
    for (const _turn of [1, 2]) await desk.pass()
    expect(desk.log.counts).toEqual(counts)
  })

  test('writes what waits when it is closed, and counts what it could not write in time', async () => {
    const served = await pages(2)
    const desk = new Desk()
    desk.log.add(served[0]!)
    const closing = desk.log.close(1_000)
    for (const _ of [1, 2]) await desk.pass()
    await closing
    expect(desk.log.counts).toMatchObject({ waiting: 0, written: 1, lost: 0 })

    const stuck = new Desk()
    stuck.failing = true
    for (const page of served) stuck.log.add(page)
    const ended = stuck.log.close(1_000)
    for (const _ of [1, 2]) await stuck.pass()
    await ended
    expect(stuck.log.counts).toMatchObject({ waiting: 0, written: 0, lost: 2 })
  })
})
