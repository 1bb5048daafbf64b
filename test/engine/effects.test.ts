import { describe, expect, it } from 'vitest'
import { Driver } from '../../engine/driver/driver.ts'
import { closings, countOf } from './counting.ts'
import { NotedMetrics } from './rig.ts'
import { folded, orders, REFUSED_ACTS, scripted, texts, type Act, type Order } from './scripted.ts'

const AT = 1_750_000_000_000
const order = (id: string, act: Act, user = 'ann'): Order => ({ id, user, at: AT, act })

const start = (metrics = new NotedMetrics()): Promise<Driver> =>
  Driver.start(scripted, { partitions: 2, workers: 1, metrics })

describe('what an event does', () => {
  it.each(REFUSED_ACTS)(
    'is all or nothing: "%s" leaves no row, no record, no timer and no count',
    async (act) => {
      const metrics = new NotedMetrics()
      const driver = await start(metrics)
      await driver.publish(orders, order('bad', act))
      await driver.settle()
      expect(await driver.state()).toEqual(new Map())
      expect(await driver.records(closings)).toEqual([])
      expect(await driver.records(texts)).toEqual([])
      expect(metrics.counts.get('processor_counts before.seen')).toBeUndefined()
      // Time passes what the event's timer was set for; only the later event's own is due.
      await driver.publish(orders, { ...order('later', 'go'), at: AT + 61_000 })
      await driver.settle()
      expect((await driver.records(closings)).map(({ amount }) => amount)).toEqual([1])
      expect((await driver.deadLetters(orders)).map(({ code }) => code)).toHaveLength(1)
    },
  )

  it.each(REFUSED_ACTS)('does not disturb the events around it: "%s"', async (act) => {
    const driver = await start()
    for (const each of ['1', '2', '3', '4']) {
      await driver.publish(orders, order(`good-${each}`, 'go'))
      await driver.publish(orders, order(`bad-${each}`, act))
    }
    await driver.settle()
    expect(countOf(await driver.row('before', 'ann'))).toBe(4)
    expect(await driver.records(closings)).toHaveLength(4)
    expect(await driver.deadLetters(orders)).toHaveLength(4)
  })

  it.each(REFUSED_ACTS)('may be done by the same event published again, mended: "%s"', async (act) => {
    const driver = await start()
    await driver.publish(orders, order('same', act))
    await driver.settle()
    await driver.publish(orders, order('same', 'go'))
    await driver.publish(orders, order('same', 'go'))
    await driver.settle()
    expect(countOf(await driver.row('before', 'ann'))).toBe(1)
  })

  it('stops the task where the code is at fault for every event: "emit undeclared"', async () => {
    const driver = await start()
    await driver.publish(orders, order('good', 'go'))
    await driver.settle()
    await driver.publish(orders, order('bad', 'emit undeclared'))
    await expect(driver.settle()).rejects.toThrow('TOPOLOGY_INVALID')
    expect(await driver.records(closings)).toHaveLength(1)
  })

  it('is committed as it is where it cannot be added up: "fold throws"', async () => {
    const driver = await start()
    for (const id of ['one', 'two']) await driver.publish(orders, order(id, 'fold throws'))
    await driver.publish(orders, order('good', 'go'))
    await driver.settle()
    expect(await driver.deadLetters(orders)).toEqual([])
    expect(await driver.records(closings)).toHaveLength(3)
    const texts = (await driver.records(folded)).map(({ text }) => text)
    expect(texts).toEqual(['one', 'two', 'one', 'two'])
  })

  it('is done again from what is committed where it took hold by half: "emit at no time"', async () => {
    const metrics = new NotedMetrics()
    const driver = await start(metrics)
    await driver.publish(orders, order('good', 'go'))
    await driver.settle()
    await driver.publish(orders, order('bad', 'emit at no time'))
    await expect(driver.settle()).rejects.toThrow('TASK_STUCK')
    expect(await driver.deadLetters(orders)).toEqual([])
    expect(await driver.records(closings)).toHaveLength(1)
  })
})

describe('what a timer does', () => {
  it('is all or nothing: a timer that throws is put aside, and those after it fire', async () => {
    const driver = await start()
    await driver.publish(orders, order('bad', 'timer throws', 'ann'))
    await driver.publish(orders, order('good', 'go', 'ann'))
    await driver.publish(orders, { ...order('later', 'go', 'ann'), at: AT + 120_000 })
    await driver.settle()
    const amounts = (await driver.records(closings)).map(({ amount }) => amount)
    expect(amounts, 'three events, and one timer that two of them set').toEqual([1, 1, 1, -3])
    expect(await driver.deadLetters(orders)).toEqual([
      expect.objectContaining({
        topic: 'orders',
        code: 'TIMER_FAILED',
        processor: 'acting',
        reason: `timer at ${AT + 1}: Error: told to`,
        key: Buffer.from('ann'),
        value: Buffer.alloc(0),
      }),
    ])
    expect(countOf(await driver.row('before', 'ann'))).toBe(3)
  })
})
