import { ByteWriter } from '../engine/bytes.ts'
import type { KeyWriter } from '../engine/key.ts'
import type { Topic } from '../engine/topic.ts'
import { decayed, lastSeen, rate, total, windows } from '../features/aggregates.ts'
import { Contributions } from '../features/contributions.ts'
import { days, ENGAGEMENT_HALF_LIVES, hours } from '../features/durations.ts'
import { view } from '../features/view.ts'
import { rounded } from './rounded.ts'

interface Touch {
  readonly key: string
  readonly kind: 'like' | 'comment' | 'view'
  readonly at: number
}

const touches: Topic<Touch> = {
  name: 'touches',
  about: 'Generated.',
  keySpace: 'user',
  graceMs: 0,
  visibility: 'internal',
  key: (event, key) => void key.id(event.key),
  time: (event) => event.at,
  codec: {
    encode: (event, writer) => writer.string(JSON.stringify(event)),
    decode: (buffer, start, end) => JSON.parse(buffer.toString('utf8', start + 1, end)) as Touch,
  },
}

const benched = view({
  name: 'user-author',
  version: 1,
  about: 'What a user does with an author.',
  source: touches,
  keySpace: 'user',
  key: (event, key: KeyWriter) => key.id(event.key),
  by: (event) => event.kind,
  series: { likes: { of: ['like'] }, comments: { of: ['comment'] }, views: { of: ['view'] } },
  aggregates: [
    total(['likes', 'comments', 'views']),
    decayed(['likes', 'comments', 'views'], ENGAGEMENT_HALF_LIVES),
    windows(['likes', 'comments', 'views'], [hours(1), days(7), days(30)]),
    lastSeen(['likes', 'comments', 'views'], { finest: '1h' }),
    rate({ of: 'likes', per: 'views', halfLife: days(1), priorSuccesses: 1, priorTrials: 20 }),
  ],
  timeToLive: days(180),
})

const EVENTS_PER_KEY = 5
const KINDS = ['like', 'comment', 'view'] as const
const START_MS = 1_700_000_000_000
const SPREAD_MS = 86_400_000

/** A 32-bit linear congruential generator: the same events every run. */
const generator = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}

const added = new Contributions()
const writer = new ByteWriter(4096)
const NO_ROW = Buffer.alloc(0)

/** Rows lie one after the other in one buffer, as in a store; row i ends where row i + 1 starts. */
interface Rows {
  readonly buffer: Buffer
  readonly starts: Uint32Array
}

const packed = (rows: readonly Buffer[]): Rows => {
  const starts = new Uint32Array(rows.length + 1)
  rows.forEach((row, index) => (starts[index + 1] = starts[index]! + row.length))
  return { buffer: Buffer.concat(rows), starts }
}

const rowOf = (events: readonly Touch[]): Buffer => {
  let row: Buffer = NO_ROW
  for (const event of events) {
    benched.count(event, added)
    writer.reset()
    benched.rows.add(row, 0, row.length, added, writer)
    row = writer.copy()
  }
  return row
}

export interface FeaturesBenchOptions {
  /** Rows, each of five events. */
  readonly keys: number
  /** Times that each is done for every row; the best counts. */
  readonly repetitions: number
}

export interface FeaturesBenchResult {
  readonly columns: number
  readonly entries_per_row: number
  readonly bytes_per_row: number
  readonly bytes_per_entry: number
  readonly counts_per_s: number
  readonly updates_per_s: number
  readonly update_us: number
  readonly merges_per_s: number
  readonly reads_per_s: number
}

const DEFAULTS: FeaturesBenchOptions = { keys: 20_000, repetitions: 50 }

export const about = 'Rows of a view: counted into, merged and read, on one core, without log or disk.'

/** The view is like the user-author view: an event adds 7 sums to a row, and rows have about 20 entries. */
export const run = async (given: Partial<FeaturesBenchOptions> = {}): Promise<FeaturesBenchResult> => {
  const { keys, repetitions } = { ...DEFAULTS, ...given }
  const random = generator(1)
  const eventOf = (at: number): Touch => ({
    key: 'k',
    kind: KINDS[Math.floor(random() * KINDS.length)]!,
    at: Math.floor(at),
  })
  const older = Array.from({ length: keys }, () =>
    rowOf(Array.from({ length: EVENTS_PER_KEY }, () => eventOf(START_MS + random() * SPREAD_MS))),
  )
  const events = Array.from({ length: keys }, (_, index) => eventOf(START_MS + SPREAD_MS + index))
  const { buffer, starts } = packed(older)
  const deltas = packed(events.map((event) => rowOf([event])))
  const features = new Float32Array(benched.columns.length)

  const perSecond = (once: (key: number) => void): number => {
    let best = Infinity
    for (let round = 0; round < repetitions; round++) {
      const start = process.hrtime.bigint()
      for (let key = 0; key < keys; key++) once(key)
      best = Math.min(best, Number(process.hrtime.bigint() - start))
    }
    return Math.round((keys * 1e9) / best)
  }
  const counts = perSecond((key) => void benched.count(events[key]!, added))
  const updates = perSecond((key) => {
    benched.count(events[key]!, added)
    writer.reset()
    benched.rows.add(buffer, starts[key]!, starts[key + 1]!, added, writer)
  })
  const merges = perSecond((key) => {
    writer.reset()
    const [start, end] = [deltas.starts[key]!, deltas.starts[key + 1]!]
    benched.rows.merge(buffer, starts[key]!, starts[key + 1]!, deltas.buffer, start, end, writer)
  })
  const reads = perSecond((key) => {
    benched.read(buffer, starts[key]!, starts[key + 1]!, START_MS + 2 * SPREAD_MS, features, 0)
  })
  const entriesOf = (key: number): number => {
    benched.rows.load(buffer, starts[key]!, starts[key + 1]!, added)
    return added.count
  }
  const entries = older.reduce((sum, _, key) => sum + entriesOf(key), 0) / keys
  const rowBytes = buffer.length / keys
  return {
    columns: benched.columns.length,
    entries_per_row: rounded(entries, 1),
    bytes_per_row: rounded(rowBytes, 1),
    bytes_per_entry: rounded(rowBytes / entries, 2),
    counts_per_s: counts,
    updates_per_s: updates,
    update_us: rounded(1e6 / updates, 3),
    merges_per_s: merges,
    reads_per_s: reads,
  }
}
