import { expect, test } from 'vitest'
import { keyOf } from '../../engine/key.ts'
import { topology, type Topology } from '../../engine/topology.ts'
import type { Topic } from '../../engine/topic.ts'
import type { Worker } from '../../engine/worker.ts'
import { total } from '../../features/aggregates.ts'
import { days } from '../../features/durations.ts'
import { viewNodes } from '../../features/nodes.ts'
import { view } from '../../features/view.ts'
import { Rig } from '../engine/rig.ts'
import { type Touch, touch, touches } from './sample.ts'

const likes = { of: ['like'] } as const
const views = { of: ['view'] } as const

/** Erases whoever it names. */
const goodbyes: Topic<Touch> = { ...touches, name: 'goodbyes' }

/** What lies in another place of a row in each version. */
const sample = (version: number, keySpace: 'user' | 'author') =>
  view({
    name: 'sample',
    version,
    about: 'A view whose version is raised.',
    source: touches,
    keySpace,
    key: (event, key) => key.id(keySpace === 'author' ? event.author : (event.user ?? '')),
    by: (event) => event.kind,
    series: version % 2 === 1 ? { likes, views } : { views, likes },
    aggregates: [total(version % 2 === 1 ? ['likes', 'views'] : ['views', 'likes'])],
    ...(keySpace === 'user' && { erasedBy: { topic: goodbyes, rememberedMs: 1_000_000 } }),
    timeToLive: days(400),
  })

const running = (version: number, keySpace: 'user' | 'author'): Topology =>
  topology('one', 'One view.', viewNodes(sample(version, keySpace)))

const columnsIn = async (worker: Worker, version: number, keySpace: 'user' | 'author', id: string) => {
  const store = await worker.storeOf('sample', keyOf(id))
  const [row] = (await store?.readMany([keyOf(id)])) ?? []
  return sample(version, keySpace).describe(row?.subarray(1) ?? Buffer.alloc(0), touch().at + 1)
}

test('a view whose version is raised counts anew: rows of older versions read as empty', async () => {
  const rig = await Rig.start(running(1, 'user'))
  const older = await rig.worker()
  await rig.publish(touches, touch(), touch())
  await rig.settle(older)
  expect(await columnsIn(older, 1, 'user', 'ann')).toMatchObject({ 'sample.likes.total': 2 })
  await older.release(older.taskIds())

  const newer = await rig.workerOf(running(2, 'user'))
  await rig.publish(touches, touch())
  await rig.settle(newer)
  expect(await columnsIn(newer, 2, 'user', 'ann')).toEqual({
    'sample.views.total': 0,
    'sample.likes.total': 1,
  })
})

test('an erasure is remembered when the version is raised', async () => {
  const rig = await Rig.start(running(1, 'user'))
  const older = await rig.worker()
  await rig.publish(goodbyes, touch())
  await rig.settle(older)
  await older.release(older.taskIds())

  const newer = await rig.workerOf(running(2, 'user'))
  await rig.publish(touches, touch({ at: touch().at - 1 }), touch({ at: touch().at + 1 }))
  await rig.settle(newer)
  expect(await columnsIn(newer, 2, 'user', 'ann')).toMatchObject({ 'sample.likes.total': 1 })
})

test.each([
  [1, 2],
  [2, 3],
])('deltas that version %i sent are passed over and counted by version %i', async (before, after) => {
  const rig = await Rig.start(running(before, 'author'))
  const older = await rig.worker()
  await older.release(older.taskIds().filter((id) => id.startsWith('author')))
  await rig.publish(touches, touch())
  await rig.settle(older)
  await older.release(older.taskIds())

  const newer = await rig.workerOf(running(after, 'author'))
  await rig.publish(touches, touch({ kind: 'view' }))
  await rig.settle(newer)
  expect(await columnsIn(newer, after, 'author', 'bob')).toEqual({
    'sample.views.total': 1,
    'sample.likes.total': 0,
  })
  const passedOver = [...rig.metrics.counts].filter(([name]) => name.includes('deltas_of_other_versions'))
  expect(passedOver.map(([, count]) => count)).toEqual([1])
})
