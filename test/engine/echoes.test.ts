import { describe, expect, it } from 'vitest'
import { CRASH_STEPS, Driver } from '../../engine/driver/driver.ts'
import { Random } from '../../engine/driver/random.ts'
import { type Mapper, on, type Processor } from '../../engine/processor.ts'
import type { Topic } from '../../engine/topic.ts'
import { node, topology } from '../../engine/topology.ts'
import { millis } from '../../schemas/ids.ts'
import {
  closings,
  type Count,
  countLayout,
  jsonCodec,
  MINUTE_MS,
  type Tap,
  taps,
  type Closing,
} from './counting.ts'

const AT = 1_749_600_000_000

const echoes: Topic<Tap> = {
  name: 'echoes',
  about: 'taps, sent back to their own task',
  keySpace: 'user',
  visibility: 'internal',
  isEcho: true,
  graceMs: 0,
  codec: jsonCodec(),
  key: (tap, key) => void key.id(tap.user),
  time: (tap) => tap.at,
}

const sendBack: Mapper<Tap> = {
  name: 'send-back',
  about: 'sends taps back',
  input: taps,
  outputs: [echoes],
  map: (tap, context) => context.emit(echoes, tap),
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS)

/** Counts echoes by the minute; a timer that the tap itself set tells how many there were. */
const heardByMinute: Processor<Count> = {
  name: 'heard-by-minute',
  about: 'echoes by minute, told once it is over',
  state: countLayout,
  outputs: [closings],
  handlers: [
    on<Tap, Count>({
      input: taps,
      key: (tap, key) => key.id(tap.user) && key.id(String(minuteOf(tap.at))),
      process: (tap, _state, context) => {
        context.timer(millis((minuteOf(tap.at) + 1) * MINUTE_MS))
        return false
      },
    }),
    on<Tap, Count>({
      input: echoes,
      key: (tap, key) => key.id(tap.user) && key.id(String(minuteOf(tap.at))),
      process: (tap, state) => {
        state.count += tap.amount
        return true
      },
    }),
  ],
  onTimer: (at, [user], state, context) => {
    context.emit(closings, { user: user!, minute: minuteOf(at) - 1, amount: state.count })
    state.count = 0
    return true
  },
}

const echoing = topology('echoing', 'waits for what it sends itself', [
  node<Tap>(sendBack),
  node(heardByMinute),
])

const tap = (index: number, at: number, user = 'ann'): Tap => ({
  id: `tap-${index}`,
  user,
  author: 'bob',
  amount: 1,
  at,
})

const byUserAndMinute = (all: readonly Closing[]): Closing[] =>
  all.toSorted((one, other) => one.minute - other.minute || (one.user < other.user ? -1 : 1))

describe('a timer', () => {
  it('waits for the echoes of all events up to its time, though one batch holds hours of them', async () => {
    const driver = await Driver.start(echoing, { partitions: 1, workers: 1 })
    for (let index = 0; index < 100; index++) await driver.publish(taps, tap(index, AT + index * MINUTE_MS))
    await driver.settle()
    const told = await driver.records(closings)
    expect(told.length).toBeGreaterThan(90)
    expect(told.every(({ amount }) => amount === 1)).toBe(true)
  })

  it('waits for them across crashes and rebalances too', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(seed)
      const driver = await Driver.start(echoing, {
        seed,
        partitions: 1 + (seed % 3),
        workers: 1 + (seed % 2),
        worker: { batchEventsMax: 1 + (seed % 30), commitIntervalMs: (seed * 37) % 300, retryMs: 0 },
      })
      const wanted = new Map<string, Closing>()
      for (let index = 0; index < 60; index++) {
        const event = tap(index, AT + index * 20_000 - random.below(60_000), `user-${random.below(3)}`)
        const minute = minuteOf(event.at)
        const key = `${event.user} ${minute}`
        wanted.set(key, { user: event.user, minute, amount: (wanted.get(key)?.amount ?? 0) + 1 })
        await driver.publish(taps, event)
        if (random.chance(0.1)) driver.crash(random.pick(CRASH_STEPS))
        if (random.chance(0.03)) await driver.rebalance(1 + random.below(3))
        if (random.chance(0.3)) await driver.round()
      }
      for (let user = 0; user < 3; user++) {
        await driver.publish(taps, tap(100 + user, AT + 200 * MINUTE_MS, `user-${user}`))
      }
      await driver.settle()
      const told = await driver.records(closings)
      expect(byUserAndMinute(told), `seed ${seed}`).toEqual(byUserAndMinute([...wanted.values()]))
    }
  })
})
