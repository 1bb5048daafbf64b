import { expect, test } from 'vitest'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { Embedded, EMBEDDED_DEFAULTS } from '../../../cli/runtime/embedded.ts'
import { Publisher } from '../../../cli/runtime/publisher.ts'
import { openData } from '../../../cli/runtime/open.ts'
import { StateRows, TaskRows } from '../../../serving/state-rows.ts'
import { EngineError } from '../../../engine/errors.ts'
import { keyOf } from '../../../engine/key.ts'
import { NO_METRICS } from '../../../engine/metrics.ts'
import { topology } from '../../../engine/topology.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import { readConnections } from '../../../processors/connections/index.ts'
import { post } from '../../../processors/views/post.ts'
import { user } from '../../../processors/views/user.ts'
import { userAuthor } from '../../../processors/views/user-author.ts'
import { affinity } from '../../../topologies/affinity.ts'
import type { PostId, UserId } from '../../../schemas/ids.ts'
import { post as aPost, reaction, tie } from '../community.ts'
import { temporaryDirectory } from '../temporary.ts'

const PARTITIONS = 3
const POSTS = 6

test('once settled, everything accepted is counted, though its rows came from disk', async () => {
  const data = await temporaryDirectory()
  for (let round = 1; round <= 4; round++) {
    const { embedded, counts } = await openData({ data, partitions: PARTITIONS })
    const likes = Array.from({ length: POSTS }, (_, index) =>
      reaction(`u${index}`, `p${index}`, 'bea', 'like'),
    )
    for (const [index, like] of likes.entries()) {
      await embedded.publish([openEnvelope(like)])
      await embedded.settled()
      expect(counts.totals.processed).toBe(index + 1)
    }
    const rows = new StateRows(new TaskRows(embedded.worker, PARTITIONS))
    const stored = await rows.readMany(
      'post',
      likes.map((_, index) => keyOf(`p${index}`)),
    )
    for (const row of stored) {
      expect(post.describe(row!.subarray(1), Date.now())['post.likes.total']).toBe(round)
    }
    await embedded.close()
  }
})

test('what forbids to show something counts from the moment it is accepted until rows of both sides know', async () => {
  const { embedded } = await openData({ data: await temporaryDirectory(), partitions: PARTITIONS })
  const { restrictions } = embedded
  const removal = (viewer: string, postId: string, authorId: string): string | null =>
    restrictions.removalOf(viewer as UserId, {
      postId: postId as PostId,
      authorId: authorId as UserId,
      containerId: null,
    })
  embedded.pause()
  const forbidding = [
    tie('ann', 'bob', 'block'),
    aPost('gone', 'cyd', { action: 'deleted' }),
    aPost('narrowed', 'cyd', { action: 'edited', audience: 'friends' }),
  ]
  const accepted = embedded.publish(forbidding.map((each) => openEnvelope(each)))
  expect(restrictions.size).toBe(0)
  await accepted
  expect(removal('ann', 'any', 'bob')).toBe('kept-apart')
  expect(removal('bob', 'any', 'ann')).toBe('kept-apart')
  expect(removal('ann', 'gone', 'cyd')).toBe('deleted')
  expect(removal('ann', 'narrowed', 'cyd')).toBe('audience')
  embedded.resume()
  await embedded.settled()
  restrictions.settle()
  await embedded.settled()
  restrictions.settle()
  expect(restrictions.size).toBe(0)
  const rows = await new StateRows(new TaskRows(embedded.worker, PARTITIONS)).readMany('connections', [
    keyOf('ann'),
    keyOf('bob'),
  ])
  const [ann, bob] = rows.map((row) => readConnections(row))
  expect([[...ann!.blocks], [...bob!.blockedBy]]).toEqual([['bob'], ['ann']])
  await embedded.close()
})

test('what was refused by the log forbids nothing', async () => {
  const { embedded } = await openData({ data: await temporaryDirectory() })
  const publisher = new Publisher(
    {
      partitions: (topic) => embedded.log.partitions(topic),
      append: async () => {
        throw new EngineError('DISK_FULL', 'no space left')
      },
    },
    (restrictions) => embedded.restrictions.accept(restrictions),
  )
  publisher.add(openEnvelope(tie('ann', 'bob', 'block')))
  await expect(publisher.flush()).rejects.toThrow('DISK_FULL')
  expect(embedded.restrictions.size).toBe(0)
  await embedded.close()
})

test('after a crash nobody is shown anything before rows know of every block that was accepted', async () => {
  const data = await temporaryDirectory()
  const { embedded: first } = await openData({ data, partitions: PARTITIONS })
  first.pause()
  await first.publish([openEnvelope(tie('ann', 'bob', 'block'))])
  await first.abandon()
  const { embedded } = await openData({ data, partitions: PARTITIONS })
  const rows = new StateRows(new TaskRows(embedded.worker, PARTITIONS))
  const isReady = (): boolean => {
    try {
      embedded.restrictions.hold()()
      return true
    } catch {
      return false
    }
  }
  while (!isReady()) await embedded.settled()
  const [ann, bob] = (await rows.readMany('connections', [keyOf('ann'), keyOf('bob')])).map((row) =>
    readConnections(row),
  )
  expect([[...ann!.blocks], [...bob!.blockedBy]]).toEqual([['bob'], ['ann']])
  await embedded.close()
})

test('a view that is new in a data directory begins empty, and counts what comes from then on', async () => {
  const directory = await temporaryDirectory()
  const countsAfterOneMore = async (hasUser: boolean): Promise<(number | undefined)[]> => {
    const nodes = affinity.nodes.filter(({ name }) => hasUser || name !== 'user')
    const embedded = await Embedded.open({
      ...EMBEDDED_DEFAULTS,
      directory,
      topology: topology('grows', 'Gets a view later.', nodes),
      clock: systemClock,
      metrics: NO_METRICS,
    })
    await embedded.publish([openEnvelope(reaction('ann', 'p1', 'bea', 'like'))])
    await embedded.settled()
    const pair = await embedded.rows.read('user-author', keyOf('ann', 'bea'))
    const own = hasUser ? await embedded.rows.read('user', keyOf('ann')) : undefined
    await embedded.close()
    return [
      pair && userAuthor.describe(pair.subarray(1), Date.now())['user_author.engagements.total'],
      own && user.describe(own.subarray(1), Date.now())['user.engagements.total'],
    ]
  }
  expect(await countsAfterOneMore(false)).toEqual([1, undefined])
  expect(await countsAfterOneMore(true)).toEqual([2, 1])
})
