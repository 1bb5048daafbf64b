import { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { KeyWriter } from '../../engine/key.ts'
import type { AnyHandler, Context, Processor } from '../../engine/processor.ts'
import { isProcessor, type Node } from '../../engine/topology.ts'
import type { Topic, TopicInfo } from '../../engine/topic.ts'
import { millis } from '../../schemas/ids.ts'

/** An event of a topic, as a node gets it. */
export interface Sent {
  readonly topic: TopicInfo
  readonly event: unknown
}

type Rows = Map<string, Buffer>
type Emitted = (topic: Topic<unknown>, key: string, value: Buffer) => void

/** A context that hands on what is emitted as bytes, at once, as the engine does. */
export const contextFor = (emitted: Emitted): Context => ({
  time: millis(0),
  watermark: millis(0),
  late: false,
  timer: () => undefined,
  count: () => undefined,
  emit(topic, value) {
    const key = new KeyWriter()
    const writer = new ByteWriter(1)
    topic.key(value, key)
    topic.codec.encode(value, writer)
    emitted(topic, key.view().toString(), writer.copy())
  },
})

/**
 * Runs the nodes of a view over batches in the order the engine's contracts give: a batch's deltas are added
 * up by key before they are sent on. Answers the rows by key.
 */
export const runNodes = (nodes: readonly Node[], batches: readonly (readonly Sent[])[]): Rows => {
  const rows: Rows = new Map()
  for (const batch of batches) {
    const deltas = new FoldedDeltas()
    for (const sent of batch) for (const each of nodes) run(each, sent, rows, deltas.context)
    for (const sent of deltas.take()) for (const each of nodes) run(each, sent, rows, deltas.context)
  }
  return rows
}

const run = (node: Node, { topic, event }: Sent, rows: Rows, context: Context): void => {
  if (isProcessor(node)) {
    const handler = node.handlers.find(({ input }) => input.name === topic.name)
    if (handler !== undefined) process(node, handler, event, rows, context)
  } else if (node.input.name === topic.name) node.map(event, context)
}

/** Read or create, process, write. */
const process = (
  { state: layout }: Processor<unknown>,
  handler: AnyHandler<unknown>,
  event: unknown,
  rows: Rows,
  context: Context,
): void => {
  const key = new KeyWriter()
  if (!handler.key(event, key)) return
  const name = key.view().toString()
  const known = rows.get(name)
  const state = known ? layout.read(new ByteReader().over(known)) : layout.create()
  if (!handler.process(event, state, context)) return
  const writer = new ByteWriter(1)
  if (layout.write(state, writer)) rows.set(name, writer.copy())
  else rows.delete(name)
}

/** What a batch emits, added up by key. */
export class FoldedDeltas {
  readonly context: Context
  private readonly folded: Rows = new Map()
  private topic: Topic<unknown> | undefined

  constructor() {
    this.context = contextFor((topic, key, value) => {
      this.topic = topic
      const into = this.folded.get(key) ?? Buffer.alloc(0)
      const writer = new ByteWriter(1)
      topic.fold!.merge(into, 0, into.length, value, 0, value.length, writer)
      this.folded.set(key, writer.copy())
    })
  }

  take(): Sent[] {
    const { topic } = this
    if (topic === undefined) return []
    return [...this.folded.values()].map((value) => ({
      topic,
      event: topic.codec.decode(value, 0, value.length),
    }))
  }
}
