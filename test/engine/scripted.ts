import { ByteReader } from '../../engine/bytes.ts'
import { RECORD_BYTES_MAX } from '../../engine/log/frame.ts'
import { on, type Context, type Mapper, type Processor } from '../../engine/processor.ts'
import type { Fold, Topic } from '../../engine/topic.ts'
import { node, topology } from '../../engine/topology.ts'
import { millis } from '../../schemas/ids.ts'
import { closings, countLayout, jsonCodec, type Count } from './counting.ts'

/** Events that say what is to go wrong with them, after others have done their part. */
export type Act =
  | 'go'
  | 'throw'
  | 'throw text'
  | 'throw nothing'
  | 'key throws'
  | 'key too long'
  | 'row too large'
  | 'timer not a number'
  | 'timer of half a millisecond'
  | 'emit too large'
  | 'emit what does not encode'
  | 'emit undeclared'
  | 'emit at no time'
  | 'mapper throws'
  | 'timer throws'
  | 'fold throws'

/** Each is refused alone: the task goes on. */
export const REFUSED_ACTS: readonly Act[] = [
  'throw',
  'throw text',
  'throw nothing',
  'key throws',
  'key too long',
  'row too large',
  'timer not a number',
  'timer of half a millisecond',
  'emit too large',
  'emit what does not encode',
  'mapper throws',
]

export interface Order {
  readonly id: string
  readonly user: string
  readonly at: number
  readonly act: Act
}

export const orders: Topic<Order> = {
  name: 'orders',
  about: 'what to do',
  keySpace: 'user',
  visibility: 'public',
  graceMs: 0,
  codec: jsonCodec(),
  key: (order, key) => void key.id(order.user),
  time: (order) => order.at,
  eventId: (order) => order.id,
}

/** As large as its text says. */
export const texts: Topic<{ readonly user: string; readonly text: string }> = {
  name: 'texts',
  about: 'texts',
  keySpace: 'user',
  visibility: 'internal',
  graceMs: 0,
  codec: {
    encode: ({ text }, writer) => {
      if (text === 'broken') throw new TypeError('does not encode')
      writer.string(text)
    },
    decode: (buffer, start, end) => ({ user: '', text: new ByteReader().over(buffer, start, end).string() }),
  },
  key: (value, key) => void key.id(value.user),
  time: () => 0,
}

const brokenFold: Fold = {
  merge: () => {
    throw new TypeError('cannot add')
  },
}
export const folded: Topic<{ readonly user: string; readonly text: string }> = {
  ...texts,
  name: 'folded',
  fold: brokenFold,
}

const MINUTE_MS = 60_000

/** Changes a row, emits and sets a timer for every event. */
export const before: Processor<Count> = {
  name: 'before',
  about: 'counts',
  state: countLayout,
  outputs: [closings],
  handlers: [
    on<Order, Count>({
      input: orders,
      key: (order, key) => key.id(order.user),
      process: (order, state, context) => {
        state.count++
        context.emit(closings, { user: order.user, minute: order.at, amount: 1 })
        context.timer(millis(order.at + MINUTE_MS))
        context.count('before.seen')
        return true
      },
    }),
  ],
  onTimer: (at, [user], state, context) => {
    context.emit(closings, { user: user!, minute: at, amount: -state.count })
    return false
  },
}

class Row {
  bytes = 1
}

/** JavaScript may throw anything. */
const throwAny = (thrown: unknown): never => {
  throw thrown
}

/** No number: what takes it for one throws, as late as where records are written. */
const NO_TIME = 1n as unknown as number

const doAct = (act: Act, row: Row, order: Order, context: Context): void => {
  const { user } = order
  if (act === 'throw') throw new Error('told to')
  if (act === 'throw text') throwAny('told to')
  if (act === 'throw nothing') throwAny(Object.create(null))
  if (act === 'row too large') row.bytes = 5 << 20
  if (act === 'timer not a number') context.timer(millis(NaN))
  if (act === 'timer of half a millisecond') context.timer(millis(order.at + 0.5))
  if (act === 'timer throws') context.timer(millis(order.at + 1))
  if (act === 'emit too large') context.emit(texts, { user, text: 'x'.repeat(RECORD_BYTES_MAX) })
  if (act === 'emit what does not encode') context.emit(texts, { user, text: 'broken' })
  if (act === 'fold throws') for (const text of ['one', 'two']) context.emit(folded, { user, text })
  if (act === 'emit at no time') context.emit({ ...texts, time: () => NO_TIME }, { user, text: '' })
  if (act === 'emit undeclared') context.emit({ ...texts, name: 'undeclared' }, { user, text: '' })
}

/** Does what the event says; a row of so many bytes. */
export const acting: Processor<Row> = {
  name: 'acting',
  about: 'does as told',
  state: {
    version: 1,
    create: () => new Row(),
    read: (reader) => Object.assign(new Row(), { bytes: reader.left }),
    write: (row, writer) => {
      writer.reserve(row.bytes)
      writer.position += row.bytes
      return true
    },
  },
  outputs: [texts, folded],
  handlers: [
    on<Order, Row>({
      input: orders,
      key: (order, key) => {
        if (order.act === 'key throws') throw new Error('told to')
        if (order.act === 'key too long') for (let id = 0; id < 6; id++) key.id('k'.repeat(64))
        return key.id(order.user)
      },
      process: (order, row, context) => {
        doAct(order.act, row, order, context)
        return true
      },
    }),
  ],
  onTimer: () => {
    throw new Error('told to')
  },
}

export const mapping: Mapper<Order> = {
  name: 'mapping',
  about: 'does as told',
  input: orders,
  outputs: [],
  map: (order) => {
    if (order.act === 'mapper throws') throw new Error('told to')
  },
}

export const scripted = topology('scripted', 'does as told', [
  node(before),
  node(acting),
  node<Order>(mapping),
])
