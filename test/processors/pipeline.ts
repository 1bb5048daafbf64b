import { KeyWriter } from '../../engine/key.ts'
import type { Mapper, Processor } from '../../engine/processor.ts'
import { inputsOf, type Node } from '../../engine/topology.ts'
import type { Topic } from '../../engine/topic.ts'
import { Harness } from './harness.ts'

/** Chooses one of `count` things. */
export type Pick = (count: number) => number

/** A source of choices that a seed decides: xorshift32. */
export const picks = (seed: number): Pick => {
  let state = (seed | 1) >>> 0
  return (count) => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % count
  }
}

interface Record {
  readonly topic: Topic<unknown>
  readonly value: unknown
}

/**
 * Runs processors that feed each other, in any order that a log may give: records of one topic, producer and
 * key stay in order, everything else is up to `pick`.
 */
export class Pipeline {
  private readonly runs: readonly { readonly node: Node; readonly harness: Harness<unknown> }[]
  private readonly queues = new Map<string, Record[]>()

  constructor(nodes: readonly Node[]) {
    this.runs = nodes.map((node) => ({
      node,
      harness: new Harness(node as Processor<unknown> | Mapper<never>),
    }))
  }

  publish<Value>(topic: Topic<Value>, ...values: readonly Value[]): void {
    for (const value of values) this.enqueue('', topic, value)
  }

  /** Runs everything published, and everything that follows from it. */
  drain(pick: Pick): void {
    while (this.queues.size > 0) {
      const names = [...this.queues.keys()]
      const name = names[pick(names.length)]!
      const queue = this.queues.get(name)!
      const { topic, value } = queue.shift()!
      if (queue.length === 0) this.queues.delete(name)
      this.run(topic, value)
    }
  }

  /** Moves the watermark of every processor, and queues what its timers send. */
  advance(watermark: number): void {
    for (const { node, harness } of this.runs) {
      const before = harness.emitted.length
      harness.advance(watermark)
      for (const sent of harness.emitted.slice(before))
        this.enqueue(`${node.name} timers`, sent.topic, sent.value)
    }
  }

  of(name: string): Harness<unknown> {
    return this.runs.find(({ node }) => node.name === name)!.harness
  }

  /** Every row of every processor, in order, in hexadecimal. */
  rows(): string[] {
    return this.runs
      .flatMap(({ node, harness }) =>
        [...harness.rows].map(([key, row]) => `${node.name} ${JSON.stringify(key)} ${row.toString('hex')}`),
      )
      .sort()
  }

  private run(topic: Topic<unknown>, value: unknown): void {
    for (const { node, harness } of this.runs) {
      if (!inputsOf(node).some(({ name }) => name === topic.name)) continue
      const producer = `${node.name} ${keyText(topic, value)}`
      for (const sent of harness.apply(topic, value)) this.enqueue(producer, sent.topic, sent.value)
    }
  }

  private enqueue(producer: string, topic: Topic<unknown>, value: unknown): void {
    const name = `${topic.name} ${keyText(topic, value)} ${producer}`
    const queue = this.queues.get(name)
    if (queue === undefined) this.queues.set(name, [{ topic, value }])
    else queue.push({ topic, value })
  }
}

const keyText = (topic: Topic<unknown>, value: unknown): string => {
  const key = new KeyWriter()
  topic.key(value, key)
  return key.view().toString()
}
