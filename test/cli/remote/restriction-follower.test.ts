import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { RestrictionFollower } from '../../../cli/remote/restriction-follower.ts'
import { openData } from '../../../cli/runtime/open.ts'
import { Publisher } from '../../../cli/runtime/publisher.ts'
import type { EngineError } from '../../../engine/errors.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import type { ContainerId, PostId, UserId } from '../../../schemas/ids.ts'
import type { Restriction } from '../../../serving/visibility/accepted.ts'
import { PendingRestrictions } from '../../../serving/visibility/pending-restrictions.ts'
import { post, tie, type PublishedEvent } from '../community.ts'
import { temporaryDirectory } from '../temporary.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A process that hears of what others write to a log whose events nobody processes. */
const start = async (
  restrictionsMax?: number,
): Promise<{
  readonly restrictions: PendingRestrictions
  readonly heard: readonly Restriction[]
  readonly errors: readonly EngineError[]
  readonly others: (events: readonly PublishedEvent[]) => Promise<void>
  readonly processed: () => void
}> => {
  const { embedded } = await openData({ data: await temporaryDirectory(), partitions: 3 })
  closing.push(() => embedded.close())
  embedded.pause()
  const { log } = embedded
  const others = async (events: readonly PublishedEvent[]): Promise<void> => {
    const publisher = new Publisher(log)
    for (const event of events) publisher.add(openEnvelope(event))
    await publisher.flush()
  }
  let isProcessed = false
  const restrictions = new PendingRestrictions(
    {
      partitions: (topic) => log.partitions(topic),
      endOffset: (topic, partition) => log.endOffset(topic, partition),
      committedOffset: () => (isProcessed ? Infinity : 0),
      losses: () => 0,
    },
    restrictionsMax,
  )
  const heard: Restriction[] = []
  const errors: EngineError[] = []
  const follower = new RestrictionFollower({
    log,
    schemas: undefined,
    restrictions: {
      hasRoom: () => restrictions.hasRoom(),
      accept: (some) => {
        heard.push(...some)
        restrictions.accept(some)
      },
    },
    failed: (error) => errors.push(error),
  })
  closing.push(() => follower.close())
  return { restrictions, heard, errors, others, processed: () => (isProcessed = true) }
}

const of = (
  postId: string,
  authorId: string,
): { postId: PostId; authorId: UserId; containerId: ContainerId | null } => ({
  postId: postId as PostId,
  authorId: authorId as UserId,
  containerId: null,
})

test('a block that another process takes counts for both sides before anything is processed, and until it is', async () => {
  const { restrictions, errors, others, processed } = await start()
  const ann = 'ann' as UserId
  expect(restrictions.removalOf(ann, of('p', 'bob'))).toBeNull()
  await others([tie('bob', 'ann', 'block')])
  await expect.poll(() => restrictions.removalOf(ann, of('p', 'bob'))).toBe('kept-apart')
  expect(restrictions.removalOf('bob' as UserId, of('q', 'ann'))).toBe('kept-apart')
  expect(restrictions.removalOf(ann, of('r', 'eve'))).toBeNull()
  processed()
  restrictions.settle()
  expect(restrictions.removalOf(ann, of('p', 'bob'))).toBeNull()
  expect(errors).toEqual([])
})

test('so do deletions and narrowed audiences, in whatever partition they lie', async () => {
  const { restrictions, others } = await start()
  const posts = Array.from({ length: 12 }, (_, index) => `post-${index}`)
  await others(
    posts.map((id, index) => post(id, 'bob', { audience: index % 2 === 0 ? 'friends' : 'public' })),
  )
  const eve = 'eve' as UserId
  const narrowed = (): unknown[] => posts.map((id) => restrictions.removalOf(eve, of(id, 'bob')))
  await expect.poll(narrowed).toEqual(posts.map((_, index) => (index % 2 === 0 ? 'audience' : null)))
  await others(posts.map((id) => post(id, 'bob', { action: 'deleted' })))
  await expect.poll(() => restrictions.removalOf('bob' as UserId, of('post-1', 'bob'))).toBe('deleted')
})

test('no more is read while there is no room: the rest is heard when some is processed', async () => {
  const { restrictions, heard, others, processed } = await start(5)
  const block = (reader: number): PublishedEvent => tie('bob', `reader-${reader}`, 'block')
  await others([0, 1, 2, 3, 4].map(block))
  await expect.poll(() => restrictions.size).toBe(5)
  await others([5, 6, 7].map(block))
  await sleep(100)
  expect(heard).toHaveLength(5)
  processed()
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(8)
})
