import { ByteWriter } from '../engine/bytes.ts'
import { KeyWriter } from '../engine/key.ts'
import { type AnyHandler, type Mapper, on, type Processor } from '../engine/processor.ts'
import { type Node, node } from '../engine/topology.ts'
import type { Topic } from '../engine/topic.ts'
import { Contributions } from './contributions.ts'
import { beginDelta, copyKey, deltaTopicOf, ViewDelta } from './delta.ts'
import { layoutOf, type ViewRow } from './layout.ts'
import type { View } from './view.ts'

/**
 * What the engine runs for a view. Where rows lie with the source's keys, that is one processor. Elsewhere
 * it is a mapper that turns events into deltas, which the engine adds up by the row's key before they
 * travel, and a processor that adds them to the rows.
 */
export const viewNodes = <In>(view: View<In>): readonly Node[] => {
  if (view.keySpace === view.source.keySpace) return [node(processorOf(view, countEvents(view)))]
  const deltas = deltaTopicOf(view)
  return [node(deltaMapper(view, deltas)), node(processorOf(view, addDeltas(view, deltas)))]
}

const processorOf = <In>(view: View<In>, handler: AnyHandler<ViewRow>): Processor<ViewRow> => ({
  name: view.name,
  about: view.about,
  state: layoutOf(view),
  handlers: [handler],
  outputs: [],
})

const countEvents = <In>(view: View<In>): AnyHandler<ViewRow> =>
  on({
    input: view.source,
    key: (event, key) => view.key(event, key),
    process: (event, row: ViewRow) => view.count(event, row.added),
  })

const addDeltas = <In>(view: View<In>, deltas: Topic<ViewDelta>): AnyHandler<ViewRow> =>
  on({
    input: deltas,
    key(delta, key) {
      copyKey(delta, key)
      return true
    },
    process(delta, row: ViewRow) {
      view.rows.load(delta.buffer, delta.rowStart, delta.end, row.added)
      return true
    },
  })

const deltaMapper = <In>(view: View<In>, deltas: Topic<ViewDelta>): Mapper<In> => {
  const key = new KeyWriter()
  const added = new Contributions()
  const writer = new ByteWriter(1024)
  const delta = new ViewDelta()
  return {
    name: deltas.name,
    about: `Turns events into what they add to rows of ${view.name}.`,
    input: view.source,
    outputs: [deltas],
    map(event, context) {
      key.reset()
      if (!view.key(event, key) || !view.count(event, added)) return
      writer.reset()
      beginDelta(key, writer)
      delta.rowStart = writer.position
      view.rows.add(writer.buffer, 0, 0, added, writer)
      delta.buffer = writer.buffer
      delta.end = writer.position
      delta.time = added.newest
      context.emit(deltas, delta)
    },
  }
}
