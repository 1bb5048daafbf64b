import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../schemas/ids.ts'
import { Driver, EventsRefused } from '../../../world/driver/driver.ts'
import type { Published, ServedFeed } from '../../../world/driver/port.ts'
import { Ledger } from '../../../world/oracle/ledger.ts'
import { DEFAULT_VALUE_WEIGHTS } from '../../../world/value-weights.ts'
import type { World } from '../../../world/world.ts'
import { makeWorld, parsed, Recorder, START } from '../recorder.ts'

const ledgerOf = (world: World): Ledger =>
  new Ledger(world, { weights: DEFAULT_VALUE_WEIGHTS, evaluateOneIn: 1, limit: 20 })

/** Answers feeds late and out of order, as a busy server may. */
class Tardy extends Recorder {
  under = 0
  underMax = 0

  override async feed(userId: string, asOf: number, limit: number): Promise<ServedFeed> {
    this.under++
    this.underMax = Math.max(this.underMax, this.under)
    const feed = await super.feed(userId, asOf, limit)
    await pause((this.feeds * 7) % 5)
    this.under--
    return feed
  }
}

describe('a driver', () => {
  test('shows feeds only when what happened before them is visible', async () => {
    const world = makeWorld()
    const recorder = new Recorder(world)
    const driver = new Driver(world, recorder)
    await driver.open()
    await driver.run(START + 6 * HOUR_MS, ledgerOf(world))
    const steps = recorder.calls.join(' ')
    expect(steps).toMatch(/^(publish )+settled( feed)*( (publish )*settled( feed)*)+$/)
    expect(recorder.feeds).toBeGreaterThan(5)
    expect(driver.events).toBe(recorder.lines.length)
  })

  test('comes to the same whoever is answered first, and asks for no more feeds at once than it may', async () => {
    const outcomes = []
    for (const concurrency of [1, 3]) {
      const world = makeWorld()
      const api = new Tardy(world)
      const driver = new Driver(world, api, { concurrency, stepMs: 3 * HOUR_MS })
      await driver.open()
      const ledger = ledgerOf(world)
      await driver.run(START + DAY_MS, ledger)
      expect(api.underMax).toBe(concurrency)
      outcomes.push({ lines: api.lines, report: ledger.report() })
    }
    expect(outcomes[1]).toEqual(outcomes[0])
  })

  test('names the request in every reaction to a feed, and not in those of a history', async () => {
    const world = makeWorld()
    const recorder = new Recorder(world)
    const driver = new Driver(world, recorder)
    await driver.open()
    await driver.history(START + DAY_MS)
    const reactions = (from: number): readonly unknown[] =>
      parsed(recorder.lines.slice(from))
        .filter(({ topic }) => topic === 'reactions')
        .map(({ value }) => value['requestId'])
    expect(new Set(reactions(0))).toEqual(new Set([undefined]))
    // Lets what was seen in the history be written.
    await driver.step(START + DAY_MS + HOUR_MS / 2)
    const from = recorder.lines.length
    await driver.run(START + 1.5 * DAY_MS, ledgerOf(world))
    const named = reactions(from).filter((requestId) => String(requestId).startsWith('request-'))
    expect(named.length).toBeGreaterThan(0.95 * reactions(from).length)
  })

  test('sends no more events at once than it may', async () => {
    const world = makeWorld()
    const sizes: number[] = []
    class Counting extends Recorder {
      override publish(lines: readonly string[]): Promise<Published> {
        sizes.push(lines.length)
        return super.publish(lines)
      }
    }
    const driver = new Driver(world, new Counting(world), { eventsPerRequest: 300 })
    await driver.open()
    await driver.history(START + DAY_MS)
    expect(Math.max(...sizes)).toBe(300)
  })

  test('stops when an event is refused', async () => {
    const world = makeWorld()
    class Refusing extends Recorder {
      override publish(): Promise<Published> {
        return Promise.resolve({ accepted: 0, refused: ['reactions.kind: no'] })
      }
    }
    await expect(new Driver(world, new Refusing(world)).open()).rejects.toThrow(EventsRefused)
  })

  test.each([0, 101])('takes no limit of %i', (limit) => {
    const world = makeWorld()
    expect(() => new Driver(world, new Recorder(world), { limit })).toThrow(/^limit: /)
  })
})
