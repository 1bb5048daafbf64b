import { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { idsOf, KeyWriter } from '../../engine/key.ts'
import type { Context, Mapper, Processor } from '../../engine/processor.ts'
import { isProcessor, type Node } from '../../engine/topology.ts'
import type { Topic } from '../../engine/topic.ts'
import { type Millis, millis } from '../../schemas/ids.ts'

/** A value sent to a topic, as whoever reads the topic gets it. */
export interface Emitted<Value = unknown> {
  readonly topic: Topic<Value>
  readonly key: readonly string[]
  readonly time: number
  readonly value: Value
}

/** Rows and records never lie alone in a buffer: what reads or writes past its own bytes shows here. */
const NEIGHBOUR = Buffer.from([0xff, 0x00, 0x7f])

class RecordingContext implements Context {
  time = millis(0)
  watermark = millis(-Infinity)
  late = false
  readonly emitted: Emitted[] = []
  readonly timers = new Set<number>()
  readonly counts: string[] = []
  private readonly outputs: ReadonlySet<string>

  constructor(node: Node) {
    this.outputs = new Set(node.outputs.map(({ name }) => name))
  }

  emit<Value>(topic: Topic<Value>, value: Value): void {
    if (!this.outputs.has(topic.name)) throw new Error(`emit to "${topic.name}", which is not declared`)
    const key = new KeyWriter()
    topic.key(value, key)
    const bytes = new ByteWriter()
    bytes.bytes(NEIGHBOUR)
    topic.codec.encode(value, bytes)
    const end = bytes.position
    bytes.bytes(NEIGHBOUR)
    const decoded = topic.codec.decode(bytes.copy(), NEIGHBOUR.length, end)
    const time = topic.time(value)
    this.emitted.push({ topic, key: idsOf(key.view()), time, value: decoded })
  }

  timer(at: Millis): void {
    this.timers.add(at)
  }

  count(name: string): void {
    this.counts.push(name)
  }
}

/**
 * Drives one processor or mapper as the engine does, one event at a time: the state is read from its row's
 * bytes before every event and written back after it, and what is emitted goes through its topic's codec.
 */
export class Harness<State> {
  /** Rows with their version byte, by key (ids joined by NUL). */
  readonly rows = new Map<string, Buffer>()
  readonly emitted: Emitted[] = []
  readonly counts = new Map<string, number>()
  watermark = -Infinity
  private readonly node: Processor<State> | Mapper<never>
  private readonly timers = new Map<string, Set<number>>()
  private readonly reader = new ByteReader()

  constructor(node: Processor<State> | Mapper<never>) {
    this.node = node
  }

  /** Runs the event on the handler of its topic; answers what it emitted. */
  apply<In>(topic: Topic<In>, event: In): readonly Emitted[] {
    const context = this.context(topic.time(event))
    const node = this.node as Node
    if (!isProcessor(node)) {
      node.map(event, context)
      return this.keep(context, undefined)
    }
    const handler = node.handlers.find(({ input }) => input.name === topic.name)
    if (handler === undefined) throw new Error(`${node.name} does not read ${topic.name}`)
    const key = new KeyWriter()
    if (!handler.key(event, key)) return []
    const name = key.view().toString()
    const state = this.read(name)
    if (handler.process(event, state, context)) this.write(name, state)
    return this.keep(context, name)
  }

  /** Moves the watermark and fires the timers it makes due, oldest first. */
  advance(watermark: number): void {
    this.watermark = watermark
    for (;;) {
      const due = this.nextTimer()
      if (due === undefined) return
      this.fire(due.key, due.at)
    }
  }

  row(...ids: readonly string[]): Buffer {
    const row = this.rows.get(ids.join('\0'))
    if (row === undefined) throw new Error(`no row of ${ids.join(', ')}`)
    return row
  }

  get pendingTimers(): number {
    return [...this.timers.values()].reduce((sum, times) => sum + times.size, 0)
  }

  /** What was emitted to a topic so far. */
  sent<Value>(topic: Topic<Value>): readonly Value[] {
    return this.emitted.filter((each) => each.topic.name === topic.name).map((each) => each.value as Value)
  }

  private context(time: number): RecordingContext {
    const context = new RecordingContext(this.node)
    context.time = millis(time)
    context.watermark = millis(this.watermark)
    context.late = time < this.watermark
    return context
  }

  private nextTimer(): { key: string; at: number } | undefined {
    let next: { key: string; at: number } | undefined
    for (const [key, times] of this.timers) {
      for (const at of times)
        if (at <= this.watermark && (next === undefined || at < next.at)) next = { key, at }
    }
    return next
  }

  private fire(key: string, at: number): void {
    this.timers.get(key)?.delete(at)
    const context = this.context(at)
    const state = this.read(key)
    const changed = this.processor.onTimer?.(millis(at), key.split('\0'), state, context) ?? false
    if (changed) this.write(key, state)
    this.keep(context, key)
  }

  private keep(context: RecordingContext, key: string | undefined): readonly Emitted[] {
    this.emitted.push(...context.emitted)
    for (const name of context.counts) this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    if (key !== undefined && context.timers.size > 0) {
      this.timers.set(key, new Set([...(this.timers.get(key) ?? []), ...context.timers]))
    }
    return context.emitted
  }

  private get processor(): Processor<State> {
    if ('state' in this.node) return this.node
    throw new Error(`${this.node.name} keeps no state`)
  }

  private read(key: string): State {
    const row = this.rows.get(key)
    const layout = this.processor.state
    if (row === undefined) return layout.create()
    const start = NEIGHBOUR.length + 1
    // One of an older version is migrated, as the engine does.
    const bytes = this.reader.over(Buffer.concat([NEIGHBOUR, row, NEIGHBOUR]), start, start + row.length - 1)
    return row[0] === layout.version ? layout.read(bytes) : layout.migrations![row[0]!]!(bytes)
  }

  private write(key: string, state: State): void {
    const row = this.bytesOf(state)
    if (row === undefined) {
      this.rows.delete(key)
      return
    }
    this.rows.set(key, row)
    const again = this.bytesOf(this.read(key))
    if (again === undefined || !again.equals(row)) {
      throw new Error(`${this.node.name}: a row read and written again differs`)
    }
  }

  private bytesOf(state: State): Buffer | undefined {
    const writer = new ByteWriter()
    writer.u8(this.processor.state.version)
    return this.processor.state.write(state, writer) ? writer.copy() : undefined
  }
}
