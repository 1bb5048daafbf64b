import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { EngineError } from '../../engine/errors.ts'
import { KeyWriter } from '../../engine/key.ts'
import type { Context, Mapper, Processor } from '../../engine/processor.ts'
import type { Topic } from '../../engine/topic.ts'
import { isProcessor, type Node } from '../../engine/topology.ts'
import { backfill } from '../../features/backfill.ts'
import { viewNodes } from '../../features/nodes.ts'
import { millis } from '../../schemas/ids.ts'
import { touchLists } from './oracle.ts'
import { type Touch, touch, touches, touchView } from './sample.ts'

const users = fc.constantFrom('ann', 'bea', null)
const authors = fc.constantFrom('bob', 'čeněk', 'dee')
const touchesOfMany = touchLists.chain((events) =>
  fc
    .array(fc.tuple(users, authors), { minLength: events.length, maxLength: events.length })
    .map((pairs) =>
      events.map((event, index) => touch({ ...event, user: pairs[index]![0], author: pairs[index]![1] })),
    ),
)

/** A context that hands on what is emitted as bytes, the way the engine does. */
const contextFor = (emitted: (topic: string, key: string, value: Buffer) => void): Context => ({
  time: millis(0),
  watermark: millis(0),
  late: false,
  timer() {},
  count() {},
  emit(topic, value) {
    const key = new KeyWriter()
    const writer = new ByteWriter(1)
    topic.key(value, key)
    topic.codec.encode(value, writer)
    emitted(topic.name, key.view().toString(), writer.copy())
  },
})

/** Runs events through a processor's first handler as the engine does: read or create, process, write. */
const runProcessor = (processor: Processor<unknown>, rows: Map<string, Buffer>, event: unknown): void => {
  const handler = processor.handlers[0]!
  const key = new KeyWriter()
  if (!handler.key(event, key)) return
  const name = key.view().toString()
  const known = rows.get(name)
  const state = known ? processor.state.read(new ByteReader().over(known)) : processor.state.create()
  if (
    !handler.process(
      event,
      state,
      contextFor(() => {}),
    )
  )
    return
  const writer = new ByteWriter(1)
  if (processor.state.write(state, writer)) rows.set(name, writer.copy())
}

/** One batch: events to deltas, added up by key. */
const foldBatch = (mapper: Mapper<unknown>, batch: readonly Touch[]): Map<string, Buffer> => {
  const folded = new Map<string, Buffer>()
  const { fold } = mapper.outputs[0]!
  const context = contextFor((_, key, value) => {
    const into = folded.get(key) ?? Buffer.alloc(0)
    const writer = new ByteWriter(1)
    fold!.merge(into, 0, into.length, value, 0, value.length, writer)
    folded.set(key, writer.copy())
  })
  for (const event of batch) mapper.map(event, context)
  return folded
}

const runNodes = (nodes: readonly Node[], batches: readonly (readonly Touch[])[]): Map<string, Buffer> => {
  const rows = new Map<string, Buffer>()
  const processor = nodes.find(isProcessor)!
  const mapper = nodes.find((each) => !isProcessor(each)) as Mapper<unknown> | undefined
  for (const batch of batches) {
    if (mapper === undefined) for (const event of batch) runProcessor(processor, rows, event)
    else {
      const deltas = mapper.outputs[0] as Topic<unknown>
      const folded = [...foldBatch(mapper, batch).values()]
      const decoded = folded.map((value) => deltas.codec.decode(value, 0, value.length))
      for (const delta of decoded) runProcessor(processor, rows, delta)
    }
  }
  return rows
}

const hexOf = (rows: Map<string, Buffer>): [string, string][] =>
  [...rows].map(([key, row]): [string, string] => [key, row.toString('hex')]).sort()

const batched = (events: readonly Touch[], size: number): Touch[][] =>
  Array.from({ length: Math.ceil(events.length / size) }, (_, index) =>
    events.slice(index * size, (index + 1) * size),
  )

const views = {
  direct: touchView(),
  rekeyed: touchView('author', (event, key) => key.id(event.author)),
}

test.each(['direct', 'rekeyed'] as const)('the %s stream makes the rows that the backfill makes', (kind) => {
  const view = views[kind]
  fc.assert(
    fc.property(touchesOfMany, fc.integer({ min: 1, max: 50 }), (events, size) => {
      const rows = runNodes(viewNodes(view), batched(events, size))
      expect(hexOf(rows)).toEqual(hexOf(backfill(view, events.toReversed())))
    }),
  )
})

test('a view on its source’s keys is one processor, and elsewhere a mapper, a topic of deltas and a processor', () => {
  expect(viewNodes(views.direct).map(({ name }) => name)).toEqual(['user-author'])
  const [mapper, processor] = viewNodes(views.rekeyed)
  expect([mapper!.name, processor!.name]).toEqual(['by-author-deltas', 'by-author'])
  expect(mapper!.outputs[0]).toMatchObject({
    name: 'by-author-deltas',
    keySpace: 'author',
    visibility: 'internal',
  })
  expect(mapper!.outputs[0]!.graceMs).toBe(touches.graceMs)
})

test('an event that counts nowhere leaves no row', () => {
  const ignored = [touch({ kind: 'profile' }), touch({ user: null }), touch({ kind: 'dwell', ms: 0 })]
  expect(runNodes(viewNodes(views.direct), [ignored]).size).toBe(0)
})

test('what is no delta is refused, to be dead-lettered', () => {
  const deltas = viewNodes(views.rekeyed)[0]!.outputs[0] as Topic<unknown>
  for (const bytes of [[], [3], [0, 0], [4, 0, 97], [255, 255, 97]]) {
    const refused = (): unknown => deltas.codec.decode(Buffer.from(bytes), 0, bytes.length)
    expect(refused).toThrow(EngineError)
    expect(refused).toThrow(/DECODE_FAILED.*ends within its key/)
  }
})
