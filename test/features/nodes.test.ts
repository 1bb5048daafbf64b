import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EngineError } from '../../engine/errors.ts'
import type { Topic } from '../../engine/topic.ts'
import { backfill } from '../../features/backfill.ts'
import { DeltaEmitter, viewNodes } from '../../features/nodes.ts'
import { touchLists } from './oracle.ts'
import { FoldedDeltas, runNodes, type Sent } from './run-nodes.ts'
import { type Touch, touch, touches, touchView } from './sample.ts'

const users = fc.constantFrom('ann', 'bea', null)
const authors = fc.constantFrom('bob', 'čeněk', 'dee')
const touchesOfMany = touchLists.chain((events) =>
  fc
    .array(fc.tuple(users, authors), { minLength: events.length, maxLength: events.length })
    .map((pairs) =>
      events.map((event, at) => touch({ ...event, user: pairs[at]![0], author: pairs[at]![1] })),
    ),
)

const undoneTouches: Topic<Touch> = { ...touches, name: 'undone-touches' }

const views = {
  direct: touchView(),
  rekeyed: touchView({ keySpace: 'author', key: (event, key) => key.id(event.author) }),
  'direct with undos apart': touchView({ undone: undoneTouches }),
  'rekeyed with undos apart': touchView({
    keySpace: 'author',
    key: (event, key) => key.id(event.author),
    undone: undoneTouches,
  }),
}
const kinds = Object.keys(views) as (keyof typeof views)[]

const sentOn = (topic: Topic<Touch>, event: Touch): Sent => ({ topic, event })

const batched = (events: readonly Sent[], size: number): Sent[][] =>
  Array.from({ length: Math.ceil(events.length / size) }, (_, index) =>
    events.slice(index * size, (index + 1) * size),
  )

const hexOf = (rows: Map<string, Buffer>): string[] =>
  [...rows]
    .map(([key, row]) => `${key} ${row.toString('hex')}`)
    .toSorted((one, other) => (one < other ? -1 : 1))

const batchSizes = fc.integer({ min: 1, max: 50 })

test.each(kinds)('the stream (%s) makes the rows that the backfill makes', (kind) => {
  const view = views[kind]
  fc.assert(
    fc.property(touchesOfMany, batchSizes, (events, size) => {
      const sent = events.map((event) => sentOn(view.undone && event.undo ? view.undone : touches, event))
      const rows = runNodes(viewNodes(view), batched(sent, size))
      expect(hexOf(rows)).toEqual(hexOf(backfill(view, events.toReversed())))
    }),
  )
})

test.each(['direct with undos apart', 'rekeyed with undos apart'] as const)(
  'each event counts from its own topic alone (%s)',
  (kind) => {
    const events = [touch(), touch({ undo: true }), touch({ kind: 'comment' })]
    const wrongWay = events.map((event) => sentOn(event.undo ? touches : undoneTouches, event))
    expect(runNodes(viewNodes(views[kind]), [wrongWay]).size).toBe(0)
  },
)

test('events that another node finds and emits by hand make the same rows', () => {
  const view = touchView({ source: { keySpace: 'post', graceMs: 0, time: (event) => event.at } })
  expect(() => viewNodes(view)).toThrow(/TOPOLOGY_INVALID.*emit its events by hand/)
  const emitter = new DeltaEmitter(view)
  fc.assert(
    fc.property(touchesOfMany, batchSizes, (events, size) => {
      const batches: Sent[][] = []
      for (let start = 0; start < events.length; start += size) {
        const deltas = new FoldedDeltas()
        for (const event of events.slice(start, start + size)) emitter.emit(event, deltas.context)
        batches.push(deltas.take())
      }
      expect(hexOf(runNodes([emitter.node], batches))).toEqual(hexOf(backfill(view, events)))
    }),
  )
})

test('a view on its source’s keys is one processor, and elsewhere mappers, a topic of deltas and a processor', () => {
  const namesOf = (kind: keyof typeof views): string[] => viewNodes(views[kind]).map(({ name }) => name)
  expect(namesOf('direct')).toEqual(['user-author'])
  expect(namesOf('rekeyed')).toEqual(['by-author-deltas', 'by-author'])
  expect(namesOf('rekeyed with undos apart')).toEqual([
    'by-author-deltas',
    'by-author-undone-deltas',
    'by-author',
  ])
  const deltas = viewNodes(views.rekeyed)[0]!.outputs[0]
  const { graceMs } = touches
  expect(deltas).toMatchObject({
    name: 'by-author-deltas',
    keySpace: 'author',
    visibility: 'internal',
    graceMs,
  })
})

test('an event that counts nowhere leaves no row', () => {
  const ignored = [touch({ kind: 'profile' }), touch({ user: null }), touch({ kind: 'dwell', ms: 0 })]
  const sent = ignored.map((event) => sentOn(touches, event))
  expect(runNodes(viewNodes(views.direct), [sent]).size).toBe(0)
})

test('what is no delta is refused, to be dead-lettered', () => {
  const deltas = viewNodes(views.rekeyed)[0]!.outputs[0] as Topic<unknown>
  for (const bytes of [[], [3], [0, 0], [4, 0, 97], [255, 255, 97]]) {
    const refused = (): unknown => deltas.codec.decode(Buffer.from(bytes), 0, bytes.length)
    expect(refused).toThrow(EngineError)
    expect(refused).toThrow(/DECODE_FAILED.*ends within its key/)
  }
})
