import type { Millis } from '../schemas/ids.ts'
import { ByteWriter } from './bytes.ts'
import { KeyWriter } from './key.ts'
import type { Outputs } from './outputs.ts'
import type { Context } from './processor.ts'
import type { Store } from './state/store.ts'
import type { Timers } from './timers.ts'
import type { Topic } from './topic.ts'

interface StagedRow {
  store: Store
  slot: number
  start: number
  /** Below `start` when the row is removed. */
  end: number
}

interface StagedEmit {
  topic: string
  keyStart: number
  keyEnd: number
  valueEnd: number
  time: number
}

interface StagedTimer {
  at: number
  processor: number
  store: Store
  slot: number
}

/**
 * What one event does, held back until every processor has run on it: if one throws, none of its effects are
 * kept. Entries are pooled, and bytes lie in one reused buffer.
 */
export class Effects {
  readonly bytes = new ByteWriter(1 << 16)
  private readonly rows: StagedRow[] = []
  private readonly emits: StagedEmit[] = []
  private readonly timers: StagedTimer[] = []
  private readonly counts: string[] = []
  private rowCount = 0
  private emitCount = 0
  private timerCount = 0

  reset(): void {
    this.bytes.reset()
    this.rowCount = 0
    this.emitCount = 0
    this.timerCount = 0
    this.counts.length = 0
  }

  row(store: Store, slot: number, start: number, end: number): void {
    const staged = this.rows[this.rowCount++]
    if (staged === undefined) this.rows.push({ store, slot, start, end })
    else {
      staged.store = store
      staged.slot = slot
      staged.start = start
      staged.end = end
    }
  }

  emit(topic: string, keyStart: number, keyEnd: number, valueEnd: number, time: number): void {
    const staged = this.emits[this.emitCount++]
    if (staged === undefined) this.emits.push({ topic, keyStart, keyEnd, valueEnd, time })
    else {
      staged.topic = topic
      staged.keyStart = keyStart
      staged.keyEnd = keyEnd
      staged.valueEnd = valueEnd
      staged.time = time
    }
  }

  timer(at: number, processor: number, store: Store, slot: number): void {
    this.timers[this.timerCount++] = { at, processor, store, slot }
  }

  count(name: string): void {
    this.counts.push(name)
  }

  /** Makes it all real: rows into their stores, records into the outputs, timers into the queue. */
  apply(outputs: Outputs, timers: Timers, counted: (name: string) => void): void {
    const { data } = this.bytes
    for (let index = 0; index < this.rowCount; index++) {
      const { store, slot, start, end } = this.rows[index]!
      if (end < start) store.remove(slot)
      else store.setFrom(slot, data, start, end)
    }
    for (let index = 0; index < this.emitCount; index++) {
      const { topic, keyStart, keyEnd, valueEnd, time } = this.emits[index]!
      outputs.add(topic, time, this.bytes, keyStart, keyEnd, valueEnd)
    }
    for (let index = 0; index < this.timerCount; index++) {
      const { at, processor, store, slot } = this.timers[index]!
      const keyStart = store.table.keyStart(slot)
      timers.set(at, processor, store.table.buffer(slot), keyStart, keyStart + store.table.keyLength(slot))
    }
    for (const name of this.counts) counted(name)
  }
}

/** The context handed to processors: writes into the effects of the event at hand. */
export class EffectsContext implements Context {
  time = 0 as Millis
  watermark = 0 as Millis
  late = false
  /** Index of the processor that runs, for its timers. */
  processor = 0
  store: Store | undefined
  slot = 0
  private readonly effects: Effects
  private readonly outputs: Outputs
  private readonly key = new KeyWriter()

  constructor(effects: Effects, outputs: Outputs) {
    this.effects = effects
    this.outputs = outputs
  }

  emit<Value>(topic: Topic<Value>, value: Value): void {
    this.key.reset()
    topic.key(value, this.key)
    const bytes = this.effects.bytes
    const keyStart = bytes.position
    bytes.bytes(this.key.buffer, 0, this.key.length)
    const keyEnd = bytes.position
    topic.codec.encode(value, bytes)
    this.outputs.check(topic.name, bytes.position - keyEnd)
    this.effects.emit(topic.name, keyStart, keyEnd, bytes.position, topic.time(value))
  }

  timer(at: Millis): void {
    if (this.store === undefined) throw new TypeError('a mapper has no key to set a timer for')
    if (!Number.isSafeInteger(at)) throw new RangeError(`timer at ${at}: give integer milliseconds`)
    this.effects.timer(at, this.processor, this.store, this.slot)
  }

  count(name: string): void {
    this.effects.count(name)
  }
}
