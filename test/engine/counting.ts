import type { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { on, type Mapper, type Processor, type StateLayout } from '../../engine/processor.ts'
import type { Codec, Fold, Topic } from '../../engine/topic.ts'
import { node, topology } from '../../engine/topology.ts'
import { ByteReader as Reader } from '../../engine/bytes.ts'

/** A small topology that has one of everything: state, a fold over a rekeying, a timer, a sink, a poison value. */
export interface Tap {
  readonly id: string
  readonly user: string
  readonly author: string
  readonly amount: number
  readonly at: number
}

export interface Total {
  readonly author: string
  readonly amount: number
  readonly at: number
}

export interface Closing {
  readonly user: string
  readonly minute: number
  readonly amount: number
}

export const MINUTE_MS = 60_000
export const POISON = 666

export const jsonCodec = <Value>(): Codec<Value> => ({
  encode: (value, writer) => writer.string(JSON.stringify(value)),
  decode: (buffer, start, end) => JSON.parse(new Reader().over(buffer, start, end).string()) as Value,
})

export const taps: Topic<Tap> = {
  name: 'taps',
  about: 'what users do',
  keySpace: 'user',
  visibility: 'public',
  graceMs: 2 * MINUTE_MS,
  codec: jsonCodec(),
  key: (tap, key) => void key.id(tap.user),
  time: (tap) => tap.at,
  eventId: (tap) => tap.id,
}

const addNumbers: Fold = {
  merge: (into, intoStart, intoEnd, from, start, end, writer) => {
    const read = (buffer: Buffer, from: number, to: number): Total =>
      JSON.parse(new Reader().over(buffer, from, to).string()) as Total
    const one = read(into, intoStart, intoEnd)
    const other = read(from, start, end)
    writer.string(
      JSON.stringify({ ...one, amount: one.amount + other.amount, at: Math.max(one.at, other.at) }),
    )
  },
}

export const totals: Topic<Total> = {
  name: 'totals',
  about: 'amounts by author, added up by batch',
  keySpace: 'author',
  visibility: 'internal',
  graceMs: 0,
  codec: jsonCodec(),
  key: (total, key) => void key.id(total.author),
  time: (total) => total.at,
  fold: addNumbers,
}

export const closings: Topic<Closing> = {
  name: 'closings',
  about: 'what a user did in a minute, once it is over',
  keySpace: 'user',
  visibility: 'internal',
  graceMs: 0,
  codec: jsonCodec(),
  key: (closing, key) => void key.id(closing.user),
  time: (closing) => closing.minute,
}

export class Count {
  count = 0
}

export const countLayout: StateLayout<Count> = {
  version: 1,
  create: () => new Count(),
  read: (reader: ByteReader) => Object.assign(new Count(), { count: reader.signedVarint() }),
  write: (state: Count, writer: ByteWriter) => {
    writer.signedVarint(state.count)
    return state.count !== 0
  },
}

export const byPair: Processor<Count> = {
  name: 'by-pair',
  about: 'amount by user and author',
  state: countLayout,
  outputs: [],
  handlers: [
    on<Tap, Count>({
      input: taps,
      key: (tap, key) => key.id(tap.user) && key.id(tap.author),
      process: (tap, state) => {
        state.count += tap.amount
        return true
      },
    }),
  ],
}

export const byMinute: Processor<Count> = {
  name: 'by-minute',
  about: 'amount by user and minute, closed by a timer',
  state: countLayout,
  outputs: [closings],
  handlers: [
    on<Tap, Count>({
      input: taps,
      key: (tap, key) => key.id(tap.user) && key.id(String(Math.floor(tap.at / MINUTE_MS))),
      process: (tap, state, context) => {
        if (tap.amount === POISON) throw new Error('poison')
        state.count += tap.amount
        context.timer((Math.floor(tap.at / MINUTE_MS) * MINUTE_MS + MINUTE_MS) as typeof context.time)
        return true
      },
    }),
  ],
  onTimer: (at, [user], state, context) => {
    context.emit(closings, { user: user!, minute: at, amount: state.count })
    state.count = 0
    return true
  },
}

export const toTotals: Mapper<Tap> = {
  name: 'to-totals',
  about: 'rekeys amounts to their author',
  input: taps,
  outputs: [totals],
  map: (tap, context) => context.emit(totals, { author: tap.author, amount: tap.amount, at: tap.at }),
}

export const byAuthor: Processor<Count> = {
  name: 'by-author',
  about: 'amount by author',
  state: countLayout,
  outputs: [],
  handlers: [
    on<Total, Count>({
      input: totals,
      key: (total, key) => key.id(total.author),
      process: (total, state) => {
        state.count += total.amount
        return true
      },
    }),
  ],
}

export const counting = topology('counting', 'counts what users do', [
  node(byPair),
  node(byMinute),
  node<Tap>(toTotals),
  node(byAuthor),
])

/** Reads a count's row. */
export const countOf = (row: Buffer | undefined): number | undefined =>
  row === undefined ? undefined : countLayout.read(new Reader().over(row, 1)).count
