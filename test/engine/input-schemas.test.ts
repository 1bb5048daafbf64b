import { expect, test } from 'vitest'
import { SimulatedClock } from '../../engine/driver/clock.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import { SimulatedLog } from '../../engine/log/simulated.ts'
import { on } from '../../engine/processor.ts'
import { MemoryState } from '../../engine/state/memory.ts'
import type { Topic } from '../../engine/topic.ts'
import { node, topology, type Topology } from '../../engine/topology.ts'
import { topicSpecsOf, Worker, WORKER_DEFAULTS } from '../../engine/worker.ts'
import { ContractError } from '../../schemas/rules.ts'
import { frameOfValues } from '../conformance/frames.ts'
import { byPair, type Count, countOf, taps, type Tap } from './counting.ts'
import { NotedMetrics } from './rig.ts'
import { keyOf } from '../../engine/key.ts'

const START_MS = 1_750_000_000_000

/** Frames as a registry's serializer writes them: a zero byte, the schema id, and here the amount. */
const framed = (schemaId: number, amount: number): Buffer => Buffer.from([0, 0, 0, 0, schemaId, amount])

/** A registry that may not answer; `known` is what has been fetched of it. */
class Registry implements InputSchemas {
  readonly asked: number[] = []
  answers = true
  /** Ids of schemas that are registered and yet of no use to the codec. */
  readonly unreadable = new Set<number>()
  private readonly known = new Set<number>()
  private readonly registered: ReadonlySet<number>

  constructor(...registered: readonly number[]) {
    this.registered = new Set(registered)
  }

  codecOf = () => ({
    encode: () => undefined,
    decode: (buffer: Buffer, start: number): never => {
      const schemaId = buffer.readUInt32BE(start + 1)
      if (!this.known.has(schemaId)) throw new ContractError('SCHEMA_UNKNOWN', 'taps', null, `${schemaId}`)
      const amount = buffer[start + 5]!
      const tap: Tap = { id: `${amount}`, user: 'ann', author: 'bob', amount, at: START_MS }
      return tap as never
    },
  })

  async load(schemaId: number): Promise<boolean> {
    this.asked.push(schemaId)
    if (!this.answers) throw new Error('not now')
    if (this.unreadable.has(schemaId)) return true
    if (this.registered.has(schemaId)) this.known.add(schemaId)
    return this.known.has(schemaId)
  }
}

const counting = topology('pairs', 'Counts pairs.', [node(byPair)])
const ownTaps: Topic<Tap> = { ...taps, name: 'own-taps', visibility: 'internal', isEcho: true }
const countingOwn = topology('own-pairs', 'Counts pairs of what it sends itself.', [
  node<Tap>({
    name: 'send-back',
    about: 'sends taps back',
    input: taps,
    outputs: [ownTaps],
    map: (tap, context) => context.emit(ownTaps, tap),
  }),
  node({
    ...byPair,
    handlers: [
      on<Tap, Count>({
        input: ownTaps,
        key: (tap, key) => key.id(tap.user) && key.id(tap.author),
        process: (tap, state) => {
          state.count += tap.amount
          return true
        },
      }),
    ],
  }),
])

const start = async (schemas: Registry, ...records: readonly Buffer[]) =>
  startOf(counting, taps, schemas, records)

const startOf = async (
  counting: Topology,
  input: Topic<Tap>,
  schemas: Registry,
  records: readonly Buffer[],
) => {
  const clock = new SimulatedClock(START_MS)
  const log = new SimulatedLog({ clock: () => clock.now() })
  await log.createTopics(topicSpecsOf(counting, 1, Infinity))
  const metrics = new NotedMetrics()
  const worker = new Worker(
    counting,
    { log, state: new MemoryState(), clock, metrics, schemas },
    WORKER_DEFAULTS,
  )
  await worker.open(worker.allTaskIds())
  await log.append([{ topic: input.name, partition: 0, frame: frameOfValues(...records) }])
  const counted = async (): Promise<number | undefined> => {
    const key = keyOf('ann', 'bob')
    const store = await worker.storeOf('by-pair', key)
    return countOf((await store!.readMany([key]))[0])
  }
  return { worker, metrics, counted }
}

test('a schema that is not known is asked for once, and its records are read in their place', async () => {
  const registry = new Registry(7, 8)
  const { worker, counted } = await start(registry, framed(7, 1), framed(7, 2), framed(8, 4), framed(7, 8))
  expect(await worker.round()).toBe(4)
  expect([await counted(), registry.asked]).toEqual([15, [7, 8]])
})

test('a record whose schema nobody registered is put aside, and its id is not asked for again', async () => {
  const registry = new Registry(7)
  const { worker, metrics, counted } = await start(registry, framed(9, 1), framed(7, 2), framed(9, 4))
  expect(await worker.round()).toBe(3)
  expect([await counted(), registry.asked]).toEqual([2, [9, 7]])
  expect(metrics.counts.get('dead_letters taps DECODE_FAILED')).toBe(2)
})

test('a record that its registered schema does not make readable is put aside, and not tried for ever', async () => {
  const registry = new Registry(7)
  registry.unreadable.add(9)
  const { worker, metrics, counted } = await start(registry, framed(9, 1), framed(7, 2), framed(9, 4))
  expect(await worker.round()).toBe(3)
  expect([await counted(), registry.asked]).toEqual([2, [9, 7]])
  expect(metrics.counts.get('dead_letters taps DECODE_FAILED')).toBe(2)
})

test('a schema of an internal topic is not looked up: the registry has other schemas under its numbers', async () => {
  const registry = new Registry(7)
  const { worker, metrics } = await startOf(countingOwn, ownTaps, registry, [framed(7, 1)])
  expect(await worker.round()).toBe(1)
  expect(registry.asked).toEqual([])
  expect(metrics.counts.get('dead_letters own-taps DECODE_FAILED')).toBe(1)
})

test('while the registry does not answer, records wait rather than being put aside; what was before them is done', async () => {
  const registry = new Registry(7, 8)
  const { worker, metrics, counted } = await start(registry, framed(7, 1), framed(8, 2))
  await registry.load(7)
  registry.answers = false
  expect(await worker.round()).toBe(1)
  expect(await worker.round()).toBe(0)
  expect(await counted()).toBe(1)
  registry.answers = true
  expect(await worker.round()).toBe(1)
  expect(await counted()).toBe(3)
  expect(metrics.counts.has('dead_letters taps DECODE_FAILED')).toBe(false)
})
