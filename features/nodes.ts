import { ByteWriter } from '../engine/bytes.ts'
import { EngineError } from '../engine/errors.ts'
import { KeyWriter } from '../engine/key.ts'
import { type AnyHandler, type Context, type Mapper, on, type Processor } from '../engine/processor.ts'
import { type Node, node } from '../engine/topology.ts'
import type { Topic } from '../engine/topic.ts'
import { millis } from '../schemas/ids.ts'
import { Contributions } from './contributions.ts'
import type { ErasedBy } from './declaration.ts'
import { beginDelta, copyKey, deltaTopicOf, ViewDelta } from './delta.ts'
import { layoutOf, type ViewRow } from './layout.ts'
import type { View } from './view.ts'

/**
 * What the engine runs for a view. Where rows lie with the source's keys, that is one processor. Elsewhere
 * it is a mapper a source that turns events into deltas, which the engine adds up by the row's key before
 * they travel, and a processor that adds them to the rows.
 */
export const viewNodes = <In>(view: View<In>): readonly Node[] => {
  const sources = sourcesOf(view)
  if (view.keySpace === view.source.keySpace) return [node(directProcessorOf(view, sources))]
  const emitter = new DeltaEmitter(view)
  return [...sources.map((source) => node(deltaMapper(view, emitter, source))), emitter.node]
}

interface Source<In> {
  readonly topic: Topic<In>
  counts(event: In): boolean
}

const sourcesOf = <In>(view: View<In>): Source<In>[] => {
  const { source, undone } = view
  if (!('codec' in source)) {
    const detail = `view "${view.name}" has no source topic: emit its events by hand, with a DeltaEmitter`
    throw new EngineError('TOPOLOGY_INVALID', detail)
  }
  if (undone === undefined) return [{ topic: source, counts: () => true }]
  return [
    { topic: source, counts: (event) => !view.takesBack(event) },
    { topic: undone, counts: (event) => view.takesBack(event) },
  ]
}

const processorOf = <In>(view: View<In>, handlers: readonly AnyHandler<ViewRow>[]): Processor<ViewRow> => ({
  name: view.name,
  about: view.about,
  state: layoutOf(view),
  handlers,
  outputs: [],
})

/** Of a view whose rows lie with the source's keys. */
const directProcessorOf = <In>(view: View<In>, sources: readonly Source<In>[]): Processor<ViewRow> => {
  const { erasedBy } = view
  if (erasedBy === undefined)
    return processorOf(
      view,
      sources.map((source) => countEvents(view, source)),
    )
  const counting = sources.map((source) => countNewEvents(view, source))
  return {
    ...processorOf(view, [...counting, eraseRows(erasedBy)]),
    onTimer(at, _key, row) {
      const { erasedAt } = row
      if (erasedAt === 0 || erasedAt + erasedBy.rememberedMs > at) return false
      row.forgetErasure()
      return true
    },
  }
}

const countEvents = <In>(view: View<In>, source: Source<In>): AnyHandler<ViewRow> =>
  on({
    input: source.topic,
    key: (event, key) => source.counts(event) && view.key(event, key),
    process: (event, row: ViewRow) => view.count(event, row.added),
  })

/** As `countEvents`, less what is no newer than the erasure that the row remembers. */
const countNewEvents = <In>(view: View<In>, source: Source<In>): AnyHandler<ViewRow> =>
  on({
    ...countEvents(view, source),
    process: (event: In, row: ViewRow) => view.count(event, row.added) && row.added.newest > row.erasedAt,
  })

const eraseRows = ({ topic, rememberedMs }: ErasedBy): AnyHandler<ViewRow> =>
  on({
    input: topic,
    key(erasure, key) {
      topic.key(erasure, key)
      return true
    },
    process(erasure, row: ViewRow, context) {
      const at = topic.time(erasure)
      if (at <= row.erasedAt) return false
      row.erase(at)
      context.timer(millis(at + rememberedMs))
      return true
    },
  })

const addDeltas = <In>(view: View<In>, deltas: Topic<ViewDelta>): AnyHandler<ViewRow> =>
  on({
    input: deltas,
    key(delta, key) {
      copyKey(delta, key)
      return true
    },
    process(delta, row: ViewRow, context) {
      if (delta.version !== view.version) {
        context.count('views.deltas_of_other_versions')
        return false
      }
      view.rows.load(delta.buffer, delta.rowStart, delta.end, row.added)
      return true
    },
  })

/**
 * Sends what events add to a view's rows to where the rows lie; the engine adds deltas of one key up before
 * they are written. For nodes that find the events themselves, such as a join; `node` keeps the rows.
 */
export class DeltaEmitter<In> {
  readonly topic: Topic<ViewDelta>
  readonly node: Node
  private readonly view: View<In>
  private readonly key = new KeyWriter()
  private readonly added = new Contributions()
  private readonly writer = new ByteWriter(1024)
  private readonly delta = new ViewDelta()

  constructor(view: View<In>) {
    this.view = view
    this.topic = deltaTopicOf(view)
    this.node = node(processorOf(view, [addDeltas(view, this.topic)]))
  }

  emit(event: In, context: Context): void {
    const { view, key, added, writer, delta } = this
    key.reset()
    if (!view.key(event, key) || !view.count(event, added)) return
    writer.reset()
    delta.version = view.version
    delta.keyStart = beginDelta(view.version, key, writer)
    delta.rowStart = writer.position
    view.rows.add(writer.buffer, 0, 0, added, writer)
    delta.buffer = writer.buffer
    delta.end = writer.position
    delta.time = added.newest
    context.emit(this.topic, delta)
  }
}

const deltaMapper = <In>(view: View<In>, emitter: DeltaEmitter<In>, source: Source<In>): Mapper<In> => ({
  name: source.topic === view.undone ? `${view.name}-undone-deltas` : emitter.topic.name,
  about: `Turns events into what they add to rows of ${view.name}.`,
  input: source.topic,
  outputs: [emitter.topic],
  map: (event, context) => {
    if (source.counts(event)) emitter.emit(event, context)
  },
})
