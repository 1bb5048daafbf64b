import { schemaIdOf } from '../schemas/codec.ts'
import { ContractError } from '../schemas/rules.ts'
import { Batch } from './batch.ts'
import type { Clock } from './clock.ts'
import type { DeadLetters } from './dead-letters.ts'
import { failureOf, type FailedStep, type RawRecord } from './dead-letters.ts'
import { EngineError } from './errors.ts'
import { partitionOf } from './hash.ts'
import type { InputSchemas } from './input-schemas.ts'
import { Input, oldestReady } from './input.ts'
import { KeyWriter } from './key.ts'
import type { Log } from './log/port.ts'
import type { Metrics } from './metrics.ts'
import type { Outputs } from './outputs.ts'
import { RowFinder } from './row-finder.ts'
import { NO_SLOT } from './state/table.ts'
import { nameOf, type NodeRun, type ProcessorRun, type TopicRun } from './task-nodes.ts'

interface Services {
  readonly log: Log
  readonly clock: Clock
  readonly metrics: Metrics
  readonly schemas?: InputSchemas
  readonly batchEvents?: () => number
}

/** Ids that no schema has, kept so that the registry is asked once; faulty clients may make up any number. */
const UNKNOWN_SCHEMAS_MAX = 10_000

/**
 * Takes records from a task's inputs, oldest event time first, decodes them into a batch and finds the row of
 * every key that they touch. What cannot be decoded goes to the dead letters.
 */
export class BatchReader {
  readonly batch: Batch
  readonly inputs: readonly Input[]
  private readonly topics: readonly TopicRun[]
  private readonly partition: number
  /** By topic: how many partitions it has. */
  private readonly partitions: readonly number[]
  private readonly services: Services
  private readonly outputs: Outputs
  private readonly deadLetters: DeadLetters
  private readonly futureMsMax: number
  private readonly key = new KeyWriter()
  private readonly finder: RowFinder
  private readonly unknownSchemas = new Set<number>()
  /** What the registry gave last. A record that still cannot be read must not be tried for ever. */
  private learntSchema: number | undefined

  constructor(
    topics: readonly TopicRun[],
    partition: number,
    services: Services,
    outputs: Outputs,
    deadLetters: DeadLetters,
    limits: { readonly batchEventsMax: number; readonly futureMsMax: number },
  ) {
    this.topics = topics
    this.partition = partition
    this.partitions = topics.map(({ topic }) => services.log.partitions(topic.name))
    this.services = services
    this.outputs = outputs
    this.deadLetters = deadLetters
    this.futureMsMax = limits.futureMsMax
    this.inputs = topics.map(({ topic }) => new Input(topic.name, partition, 0))
    this.batch = new Batch(limits.batchEventsMax, Math.max(1, ...topics.map(({ nodes }) => nodes.length)))
    this.finder = new RowFinder(this.batch.slots)
  }

  /** Fills the batch and fetches the rows it needs; answers how many records were taken, dead letters included. */
  async read(): Promise<number> {
    const batch = this.batch
    batch.reset()
    const futureMs = this.services.clock.now() + this.futureMsMax
    const room = Math.min(batch.capacity, this.services.batchEvents?.() ?? batch.capacity)
    let taken = 0
    for (const input of this.inputs) if (input.wants(this.services.log)) await input.fill(this.services.log)
    for (; taken < room; taken++) {
      const index = oldestReady(this.inputs, futureMs)
      if (index === -1) break
      if (!this.take(index, futureMs)) {
        if (!(await this.learnSchema(index))) break
        taken--
        continue
      }
      const input = this.inputs[index]!
      if (!input.ready) await input.fill(this.services.log)
    }
    if (batch.length > 0) await this.prefetch()
    return taken
  }

  /** Writes the batch's event, on which a node failed, to the dead letters. */
  putAside(at: number, error: unknown, node: string): void {
    const batch = this.batch
    const record = {
      offset: batch.offsets[at]!,
      buffer: batch.buffers[at]!,
      keyStart: batch.keyStarts[at]!,
      keyEnd: batch.keyEnds[at]!,
      valueEnd: batch.valueEnds[at]!,
    }
    this.writeDeadLetter(batch.inputs[at]!, record, error, 'PROCESS_FAILED', node)
  }

  /**
   * Writes a timer, on which its processor failed, to the dead letters of the processor's first topic: its key,
   * no value, and as its offset how far that topic was read.
   */
  putTimerAside({ processor }: ProcessorRun, key: Buffer, time: number, error: unknown): void {
    const index = this.topics.findIndex(({ topic }) => topic.name === processor.handlers[0]!.input.name)
    const { offset } = this.inputs[index]!
    const record = { offset, buffer: key, keyStart: 0, keyEnd: key.length, valueEnd: key.length }
    this.writeDeadLetter(index, record, error, 'TIMER_FAILED', processor.name, `timer at ${time}: `)
  }

  /** False when the record is written with a schema that the registry may know. */
  private take(index: number, futureMs: number): boolean {
    const input = this.inputs[index]!
    const { topic, codec } = this.topics[index]!
    const { cursor } = input
    try {
      const event = codec.decode(cursor.buffer, cursor.valueStart, cursor.valueEnd)
      const time = topic.time(event)
      if (topic.visibility === 'public') {
        assertPast(time, futureMs)
        this.assertPlace(index, event)
      }
      this.addToBatch(index, input, event, time)
    } catch (error) {
      if (this.mayBeLearnt(error, index)) return false
      const { buffer, keyStart, keyEnd, valueEnd } = cursor
      const record = { offset: input.offset, buffer, keyStart, keyEnd, valueEnd }
      this.writeDeadLetter(index, record, error, 'DECODE_FAILED', null)
    }
    this.learntSchema = undefined
    input.take()
    return true
  }

  /** Others publish to public topics, and clients of Kafka do not all share a partitioner. */
  private assertPlace(index: number, event: unknown): void {
    const partitions = this.partitions[index]!
    if (partitions === 1) return
    const { key } = this
    key.reset()
    this.topics[index]!.topic.key(event, key)
    const place = partitionOf(key.buffer, 0, key.length, partitions)
    if (place === this.partition) return
    throw new EngineError(
      'WRONG_PARTITION',
      `its id belongs to partition ${place} of ${partitions}, not ${this.partition}: key records by it, with the murmur2 partitioner`,
    )
  }

  /** Only public topics are read by the registry's ids; those of others are this code's own. */
  private mayBeLearnt(error: unknown, index: number): boolean {
    const { topic } = this.topics[index]!
    const { buffer, valueStart } = this.inputs[index]!.cursor
    return (
      this.services.schemas !== undefined &&
      topic.visibility === 'public' &&
      error instanceof ContractError &&
      error.rule === 'SCHEMA_UNKNOWN' &&
      !this.unknownSchemas.has(schemaIdOf(buffer, valueStart))
    )
  }

  /** Answers whether the record can be dealt with now; otherwise its input waits until the registry answers. */
  private async learnSchema(index: number): Promise<boolean> {
    const { buffer, valueStart } = this.inputs[index]!.cursor
    const schemaId = schemaIdOf(buffer, valueStart)
    try {
      if (schemaId !== this.learntSchema && (await this.services.schemas!.load(schemaId))) {
        this.learntSchema = schemaId
        return true
      }
    } catch {
      this.services.metrics.count('task_failures', { code: 'LOG_UNAVAILABLE' }, 1)
      return false
    }
    if (this.unknownSchemas.size >= UNKNOWN_SCHEMAS_MAX) this.unknownSchemas.clear()
    this.unknownSchemas.add(schemaId)
    return true
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
      for (let index = 0; index < nodes.length && batch.refused[at] === 0; index++) {
        this.want(nodes[index]!, at, at * batch.nodesMax + index)
      }
    }
    this.finder.find()
    for (const { nodes } of this.topics) {
      for (const each of nodes)
        if (each.kind === 'handler' && each.run.store.hasMissing) await each.run.store.fetch()
    }
  }

  private want(node: NodeRun, at: number, place: number): void {
    const { batch, key } = this
    batch.slots[place] = NO_SLOT
    if (node.kind === 'mapper') return
    key.reset()
    try {
      if (!node.handler.key(batch.events[at], key)) return
    } catch (error) {
      batch.refused[at] = 1
      this.putAside(at, error, nameOf(node))
      return
    }
    if (key.length > 0) this.finder.add(node.run.store, key, place)
  }

  private writeDeadLetter(
    input: number,
    record: Omit<RawRecord, 'partition'>,
    error: unknown,
    step: FailedStep,
    node: string | null,
    prefix = '',
  ): void {
    const { name } = this.topics[input]!.topic
    const { code, field, reason } = failureOf(error, step)
    const { partition } = this.inputs[input]!
    const failure = { code, field, reason: prefix + reason }
    this.deadLetters.write(this.outputs, name, { partition, ...record }, failure, node)
    this.services.metrics.count('dead_letters', { topic: name, code }, 1)
  }
}

const assertPast = (time: number, futureMs: number): void => {
  if (time <= futureMs) return
  throw new EngineError(
    'TIME_IN_FUTURE',
    `"at" is ${time}, later than ${futureMs}: correct the sender's clock`,
  )
}
