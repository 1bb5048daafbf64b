import { setTimeout as sleep } from 'node:timers/promises'
import { publishAll } from '../../../bench/publish-all.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { Embedded, EMBEDDED_DEFAULTS } from '../../../cli/runtime/embedded.ts'
import { contractCodec } from '../../../engine/contract-topic.ts'
import { Standby } from '../../../engine/fleet/standby.ts'
import { FrameCursor } from '../../../engine/log/frame.ts'
import type { Log, SharedLog } from '../../../engine/log/port.ts'
import { NO_METRICS } from '../../../engine/metrics.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import type { Store } from '../../../engine/state/store.ts'
import { STATE_DEFAULTS } from '../../../engine/state/task-state.ts'
import { taskIdOf } from '../../../engine/task.ts'
import { isProcessor, keySpaceOf } from '../../../engine/topology.ts'
import type { Envelope } from '../../../schemas/envelope.ts'
import { examples } from '../../../schemas/examples/index.ts'
import { impressions } from '../../../schemas/impressions/index.ts'
import { publicContracts, type PublicValue } from '../../../schemas/index.ts'
import type { Contract } from '../../../schemas/contract.ts'
import { everything } from '../../../topologies/index.ts'
import { lastingRows } from '../../simulation/society/lasting.ts'
import { nameOf } from './examples.ts'

/** What a run leaves: rows by store and key. */
export interface Outcome {
  readonly rows: ReadonlyMap<string, string>
}

/** Beside them how often each example lies on its topic, the one that nothing here reads, by what it is of. */
export interface WholeOutcome extends Outcome {
  readonly outputs: ReadonlyMap<string, number>
}

const ROWS_MAX = 10_000_000
const READ_BYTES_MAX = 1 << 20
/** Above what holds back the watermark of a quiet topic. */
const IDLE_MS = 2_500

/** Every value of a topic, in the order of each partition. */
async function* valuesOf(log: Log, topic: string): AsyncIterable<Buffer> {
  const cursor = new FrameCursor()
  for (let partition = 0; partition < log.partitions(topic); partition++) {
    for (let offset = log.startOffset(topic, partition); offset < log.endOffset(topic, partition);) {
      const frames = await log.read(topic, partition, offset, READ_BYTES_MAX)
      if (frames.length === 0) await sleep(1)
      for (const { baseOffset, frame } of frames) {
        cursor.over(frame)
        while (cursor.next()) {
          if (baseOffset + cursor.index >= offset)
            yield cursor.buffer.subarray(cursor.valueStart, cursor.valueEnd)
        }
        offset = Math.max(offset, baseOffset + frame.count)
      }
    }
  }
}

const exampleCodec = contractCodec(examples)

const outputsOf = async (log: Log): Promise<Map<string, number>> => {
  const counts = new Map<string, number>()
  for await (const value of valuesOf(log, examples.topic)) {
    const name = nameOf(exampleCodec.decode(value, 0, value.length))
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

const addRows = async (rows: Map<string, string>, name: string, store: Store): Promise<void> => {
  for (const { key, value } of await store.scan({ limit: ROWS_MAX })) {
    rows.set(`${name}/${key.toString('latin1')}`, value.toString('hex'))
  }
}

/** What the workers left, read from the changelogs and topics alone: of no worker's memory or disk. */
export const leftBehind = async (log: SharedLog, partitions: number): Promise<WholeOutcome> => {
  const rows = new Map<string, string>()
  const processors = everything.nodes.filter(isProcessor)
  const state = new MemoryState()
  for (const keySpace of new Set(processors.map(keySpaceOf))) {
    for (let partition = 0; partition < partitions; partition++) {
      const copy = await Standby.open(taskIdOf(keySpace, partition), { log, state }, STATE_DEFAULTS)
      while (copy.remaining > 0) if (!(await copy.advance())) await sleep(1)
      for (const node of processors) {
        const store = keySpaceOf(node) === keySpace ? copy.state.openStore(node.name) : undefined
        if (store !== undefined) await addRows(rows, node.name, store)
      }
      await copy.close()
    }
  }
  return { rows, outputs: await outputsOf(log) }
}

/** What was published, as it lies on its topics: events of apps, and feeds that were served. */
export const inputOn = async (log: Log): Promise<Envelope[]> => {
  const contracts = Object.values({
    ...publicContracts,
    impressions,
  }) as unknown as readonly Contract<PublicValue>[]
  const events: Envelope[] = []
  for (const contract of contracts) {
    const codec = contractCodec(contract)
    for await (const value of valuesOf(log, contract.topic)) {
      events.push({ contract, value: codec.decode(value, 0, value.length) })
    }
  }
  return events
}

/** What one process, undisturbed, makes of the same events: all up to the last rounds, then those. */
export const recounted = async (
  events: readonly Envelope[],
  lastAt: readonly number[],
  directory: string,
): Promise<Outcome> => {
  const embedded = await Embedded.open({
    ...EMBEDDED_DEFAULTS,
    directory,
    topology: everything,
    clock: systemClock,
    metrics: NO_METRICS,
    acceptedBacklogMax: Infinity,
    syncsAppends: false,
  })
  const timed = events.map((event) => ({ event, at: event.contract.timeOf(event.value) }))
  timed.sort((one, other) => one.at - other.at)
  for (const [from, to] of [-Infinity, ...lastAt].map(
    (at, index) => [at, lastAt[index] ?? Infinity] as const,
  )) {
    const due = timed.filter(({ at }) => at >= from && at < to).map(({ event }) => event)
    await publishAll(embedded.log, due)
    await embedded.settled()
    await sleep(IDLE_MS)
  }
  await embedded.settled()
  const rows = new Map<string, string>()
  for (const name of embedded.worker.storeNames()) {
    for (const store of (await embedded.worker.stores(name)) ?? []) await addRows(rows, name, store)
  }
  await embedded.close()
  return { rows }
}

/** They count labels that came while slates were open, which hangs on what is read when: people here live a day in minutes. */
const TIMELY = /^experiment-/

/** Rows that have ended may be gone in the one and not yet in the other. */
export const comparable = (
  outcome: Outcome,
  events: readonly Envelope[],
  lastAt: readonly number[],
): Outcome => {
  const firstAt = events.reduce(
    (first, { contract, value }) => Math.min(first, contract.timeOf(value)),
    Infinity,
  )
  const rows = new Map([...outcome.rows].filter(([name]) => !TIMELY.test(name)))
  return { rows: lastingRows(rows, { firstAt, lastAt: Math.max(...lastAt) }) }
}

export interface Differences {
  readonly rows: number
  readonly rowsMissing: number
  readonly rowsExtra: number
  readonly rowsDiffering: number
  /** Of stores with a difference, how many rows. */
  readonly stores: Readonly<Record<string, number>>
}

export const differencesOf = (actual: Outcome, expected: Outcome): Differences => {
  const stores: Record<string, number> = {}
  const counts = { rowsMissing: 0, rowsExtra: 0, rowsDiffering: 0 }
  const note = (kind: 'rowsMissing' | 'rowsExtra' | 'rowsDiffering', name: string): void => {
    counts[kind]++
    const [store = ''] = name.split('/')
    stores[store] = (stores[store] ?? 0) + 1
  }
  for (const [name, value] of expected.rows) {
    if (!actual.rows.has(name)) note('rowsMissing', name)
    else if (actual.rows.get(name) !== value) note('rowsDiffering', name)
  }
  for (const name of actual.rows.keys()) if (!expected.rows.has(name)) note('rowsExtra', name)
  return { rows: expected.rows.size, ...counts, stores }
}
