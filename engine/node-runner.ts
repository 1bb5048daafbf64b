import { millis } from '../schemas/ids.ts'
import { ByteReader } from './bytes.ts'
import { Effects, EffectsContext } from './effects.ts'
import { EngineError } from './errors.ts'
import { idsOf } from './key.ts'
import type { Metrics } from './metrics.ts'
import type { Outputs } from './outputs.ts'
import { RECORD_BYTES_MAX } from './log/frame.ts'
import { ABSENT, NO_SLOT } from './state/table.ts'
import { nameOf, type NodeRun, type ProcessorRun } from './task-nodes.ts'
import type { Timers } from './timers.ts'

/** Runs an event, or a due timer, on its nodes: all of its effects take hold, or none. */
export class NodeRunner {
  private readonly outputs: Outputs
  private readonly timers: Timers
  private readonly effects = new Effects()
  private readonly context: EffectsContext
  private readonly reader = new ByteReader()
  private readonly metrics: Metrics
  /** By name, what processors counted since it was told. */
  private readonly counts = new Map<string, number>()
  private readonly counted = (name: string): void => {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }
  private nodes: readonly NodeRun[] = []
  private running = 0

  constructor(outputs: Outputs, timers: Timers, metrics: Metrics) {
    this.outputs = outputs
    this.timers = timers
    this.context = new EffectsContext(this.effects, outputs)
    this.metrics = metrics
  }

  /** Tells what processors counted: once a batch, for a metric costs more than a count. */
  tellCounts(): void {
    for (const [name, count] of this.counts) {
      if (count === 0) continue
      this.metrics.count('processor_counts', { name }, count)
      this.counts.set(name, 0)
    }
  }

  /** The node that ran last: the one that threw, if `event` did. */
  get lastNode(): string {
    return nameOf(this.nodes[this.running]!)
  }

  /** Throws what a node threw, with nothing changed. `slots` holds each node's row from `slotsAt` on. */
  event(
    nodes: readonly NodeRun[],
    event: unknown,
    slots: Int32Array,
    slotsAt: number,
    time: number,
    watermark: number,
    late: boolean,
  ): void {
    this.begin(time, watermark, late)
    this.nodes = nodes
    for (let index = 0; index < nodes.length; index++) {
      this.running = index
      const each = nodes[index]!
      if (each.kind === 'mapper') {
        this.context.store = undefined
        each.mapper.map(event, this.context)
        continue
      }
      const slot = slots[slotsAt + index]!
      if (slot === NO_SLOT) continue
      const state = this.enter(each.run, slot)
      if (each.handler.process(event, state, this.context)) this.stage(each.run, slot, state)
    }
    this.apply()
  }

  timer(run: ProcessorRun, slot: number, key: Buffer, time: number, watermark: number): void {
    this.begin(time, watermark, false)
    const state = this.enter(run, slot)
    const changed = run.processor.onTimer?.(millis(time), idsOf(key), state, this.context) ?? false
    if (changed) this.stage(run, slot, state)
    this.apply()
  }

  /**
   * All that can be refused was refused before: whatever throws here (no memory is left, say) leaves half of an event
   * behind, so that the task must start over from what is committed.
   */
  private apply(): void {
    try {
      this.effects.apply(this.outputs, this.timers, this.counted)
    } catch (error) {
      throw new EngineError('UNEXPECTED', `an event took hold by half: ${String(error)}`, { cause: error })
    }
  }

  private begin(time: number, watermark: number, late: boolean): void {
    this.effects.reset()
    this.context.time = millis(time)
    this.context.watermark = millis(watermark)
    this.context.late = late
  }

  private enter(run: ProcessorRun, slot: number): unknown {
    this.context.processor = run.number
    this.context.store = run.store
    this.context.slot = slot
    const { table } = run.store
    const length = table.valueLength(slot)
    if (length === ABSENT) return run.processor.state.create()
    const start = table.valueStart(slot)
    return readRow(run, this.reader.over(table.buffer(slot), start, start + length))
  }

  private stage(run: ProcessorRun, slot: number, state: unknown): void {
    const bytes = this.effects.bytes
    const start = bytes.position
    bytes.u8(run.processor.state.version)
    const kept = run.processor.state.write(state, bytes)
    if (kept && bytes.position - start > RECORD_BYTES_MAX) {
      const size = `a row of ${bytes.position - start} bytes`
      throw new EngineError(
        'RECORD_TOO_LARGE',
        `${size} for store "${run.store.name}", at most ${RECORD_BYTES_MAX}`,
      )
    }
    this.effects.row(run.store, slot, start, kept ? bytes.position : start - 1)
  }
}

const readRow = ({ processor, store }: ProcessorRun, reader: ByteReader): unknown => {
  const layout = processor.state
  const version = reader.u8()
  if (version === layout.version) return layout.read(reader)
  const migrate = layout.migrations?.[version]
  if (migrate !== undefined) return migrate(reader)
  throw new EngineError(
    'STATE_VERSION',
    `store "${store.name}" holds a row of version ${version}; this build reads ${layout.version}`,
  )
}
