import { Batch } from './batch.ts'
import type { Clock } from './clock.ts'
import type { DeadLetters } from './dead-letters.ts'
import { failureOf } from './dead-letters.ts'
import { EngineError } from './errors.ts'
import { Input, oldestReady } from './input.ts'
import { KeyWriter } from './key.ts'
import type { Log } from './log/port.ts'
import type { Metrics } from './metrics.ts'
import type { Outputs } from './outputs.ts'
import { NO_SLOT } from './state/table.ts'
import type { NodeRun, TopicRun } from './task-nodes.ts'

interface Services {
  readonly log: Log
  readonly clock: Clock
  readonly metrics: Metrics
}

/**
 * Takes records from a task's inputs, oldest event time first, decodes them into a batch and finds the row of
 * every key that they touch. What cannot be decoded goes to the dead letters.
 */
export class BatchReader {
  readonly batch: Batch
  readonly inputs: readonly Input[]
  private readonly topics: readonly TopicRun[]
  private readonly services: Services
  private readonly outputs: Outputs
  private readonly deadLetters: DeadLetters
  private readonly futureMsMax: number
  private readonly key = new KeyWriter()

  constructor(
    topics: readonly TopicRun[],
    partition: number,
    services: Services,
    outputs: Outputs,
    deadLetters: DeadLetters,
    limits: { readonly batchEventsMax: number; readonly futureMsMax: number },
  ) {
    this.topics = topics
    this.services = services
    this.outputs = outputs
    this.deadLetters = deadLetters
    this.futureMsMax = limits.futureMsMax
    this.inputs = topics.map(({ topic }) => new Input(topic.name, partition, 0))
    this.batch = new Batch(limits.batchEventsMax, Math.max(1, ...topics.map(({ nodes }) => nodes.length)))
  }

  /** Fills the batch and fetches the rows it needs; answers how many records were taken, dead letters included. */
  async read(): Promise<number> {
    const batch = this.batch
    batch.reset()
    const futureMs = this.services.clock.now() + this.futureMsMax
    let taken = 0
    for (const input of this.inputs) await input.fill(this.services.log)
    for (; taken < batch.capacity; taken++) {
      const index = oldestReady(this.inputs)
      if (index === -1) break
      this.take(index, futureMs)
      const input = this.inputs[index]!
      if (!input.ready) await input.fill(this.services.log)
    }
    if (batch.length > 0) await this.prefetch()
    return taken
  }

  /** Writes the batch's event to the dead letters. */
  putAside(at: number, error: unknown): void {
    const batch = this.batch
    this.writeDeadLetter(
      batch.inputs[at]!,
      batch.offsets[at]!,
      batch.buffers[at]!,
      batch.keyStarts[at]!,
      batch.keyEnds[at]!,
      batch.valueEnds[at]!,
      error,
    )
  }

  private take(index: number, futureMs: number): void {
    const input = this.inputs[index]!
    const { topic } = this.topics[index]!
    const { cursor } = input
    try {
      const event = topic.codec.decode(cursor.buffer, cursor.valueStart, cursor.valueEnd)
      const time = topic.time(event)
      if (topic.visibility === 'public' && time > futureMs) {
        throw new EngineError(
          'TIME_IN_FUTURE',
          `"at" is ${time}, later than ${futureMs}: correct the sender's clock`,
        )
      }
      this.addToBatch(index, input, event, time)
    } catch (error) {
      this.writeDeadLetter(
        index,
        input.offset,
        cursor.buffer,
        cursor.keyStart,
        cursor.keyEnd,
        cursor.valueEnd,
        error,
      )
    }
    input.take()
  }

  private addToBatch(index: number, input: Input, event: unknown, time: number): void {
    const batch = this.batch
    const at = batch.length++
    batch.inputs[at] = index
    batch.times[at] = time
    batch.offsets[at] = input.offset
    batch.events[at] = event
    batch.buffers[at] = input.cursor.buffer
    batch.keyStarts[at] = input.cursor.keyStart
    batch.keyEnds[at] = input.cursor.keyEnd
    batch.valueEnds[at] = input.cursor.valueEnd
  }

  private async prefetch(): Promise<void> {
    const batch = this.batch
    for (let at = 0; at < batch.length; at++) {
      const { nodes } = this.topics[batch.inputs[at]!]!
      for (let index = 0; index < nodes.length; index++) {
        batch.slots[at * batch.nodesMax + index] = this.slotOf(nodes[index]!, batch.events[at])
      }
    }
    for (const { nodes } of this.topics) {
      for (const each of nodes)
        if (each.kind === 'handler' && each.run.store.hasMissing) await each.run.store.fetch()
    }
  }

  private slotOf(node: NodeRun, event: unknown): number {
    if (node.kind === 'mapper') return NO_SLOT
    const key = this.key
    key.reset()
    if (!node.handler.key(event, key) || key.length === 0) return NO_SLOT
    return node.run.store.want(key.buffer, 0, key.length)
  }

  private writeDeadLetter(
    input: number,
    offset: number,
    buffer: Buffer,
    keyStart: number,
    keyEnd: number,
    valueEnd: number,
    error: unknown,
  ): void {
    const { name } = this.topics[input]!.topic
    const failure = failureOf(error)
    const { partition } = this.inputs[input]!
    this.deadLetters.write(
      this.outputs,
      name,
      { partition, offset, buffer, keyStart, keyEnd, valueEnd },
      failure,
    )
    this.services.metrics.count('dead_letters', { topic: name, code: failure.code }, 1)
  }
}
