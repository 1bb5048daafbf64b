import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { RestrictionFollower } from '../../../cli/remote/restriction-follower.ts'
import { openData } from '../../../cli/runtime/open.ts'
import { Publisher } from '../../../cli/runtime/publisher.ts'
import type { EngineError } from '../../../engine/errors.ts'
import { partitionOf } from '../../../engine/hash.ts'
import type { InputSchemas } from '../../../engine/input-schemas.ts'
import { keyOf } from '../../../engine/key.ts'
import { FrameWriter } from '../../../engine/log/frame.ts'
import type { AppendEntry } from '../../../engine/log/port.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import { ContractError } from '../../../schemas/rules.ts'
import type { ContainerId, PostId, UserId } from '../../../schemas/ids.ts'
import type { Restriction } from '../../../serving/visibility/accepted.ts'
import { PendingRestrictions } from '../../../serving/visibility/pending-restrictions.ts'
import { post, tie, type PublishedEvent } from '../community.ts'
import { temporaryDirectory } from '../temporary.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const PARTITIONS = 3
const SCHEMA_ID = 77
/** A record by a schema that nobody has loaded; all others are as without a registry. */
const EVOLVED = Buffer.of(0, 0, 0, 0, SCHEMA_ID)

/** A registry that does not answer at first, and then does not know the schema. */
class Registry implements InputSchemas {
  readonly asked = Promise.withResolvers<number>()
  answer = (): Promise<boolean> => Promise.reject(new Error('the registry is away'))

  codecOf: InputSchemas['codecOf'] = (topic) => ({
    encode: (value, writer) => topic.codec.encode(value, writer),
    decode: (buffer, start, end) => {
      if (!buffer.subarray(start, end).equals(EVOLVED)) return topic.codec.decode(buffer, start, end)
      throw new ContractError('SCHEMA_UNKNOWN', topic.name, null, '')
    },
  })

  load(schemaId: number): Promise<boolean> {
    this.asked.resolve(schemaId)
    return this.answer()
  }
}

const evolved = (partition: number): AppendEntry => {
  const writer = new FrameWriter()
  writer.append(0, EVOLVED, 0, EVOLVED.length, EVOLVED, 0, EVOLVED.length)
  return { topic: 'posts', partition, frame: writer.take() }
}

/** Ids of posts that lie in a partition. */
const idsIn = (partition: number): readonly string[] =>
  Array.from({ length: 30 }, (_, index) => `post-${index}`).filter((id) => {
    const key = keyOf(id)
    return partitionOf(key, 0, key.length, PARTITIONS) === partition
  })

interface StartOptions {
  readonly restrictionsMax?: number
  readonly schemas?: InputSchemas
}

/** A process that hears of what others write to a log whose events nobody processes. */
const start = async ({ restrictionsMax, schemas }: StartOptions = {}): Promise<{
  readonly restrictions: PendingRestrictions
  readonly heard: readonly Restriction[]
  readonly errors: readonly EngineError[]
  /** Appends entries right after the events, where any are given. */
  readonly others: (events: readonly PublishedEvent[], then?: readonly AppendEntry[]) => Promise<void>
  readonly processed: () => void
}> => {
  const { embedded } = await openData({ data: await temporaryDirectory(), partitions: PARTITIONS })
  closing.push(() => embedded.close())
  embedded.pause()
  const { log } = embedded
  const others = async (
    events: readonly PublishedEvent[],
    then: readonly AppendEntry[] = [],
  ): Promise<void> => {
    const publisher = new Publisher({
      partitions: (topic) => log.partitions(topic),
      append: (entries) => log.append([...entries, ...then]),
    })
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
    schemas,
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
  return {
    restrictions,
    heard,
    errors,
    others,
    processed: () => (isProcessed = true),
  }
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
  const { restrictions, heard, others, processed } = await start({ restrictionsMax: 5 })
  const block = (reader: number): PublishedEvent => tie('bob', `reader-${reader}`, 'block')
  await others([0, 1, 2, 3, 4].map(block))
  await expect.poll(() => restrictions.size).toBe(5)
  await others([5, 6, 7].map(block))
  await sleep(100)
  expect(heard).toHaveLength(5)
  processed()
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(8)
})

test('what comes before a record that cannot be told yet counts, once; so does what comes after it, in time', async () => {
  const registry = new Registry()
  const { heard, errors, others } = await start({ schemas: registry })
  const [before, after] = idsIn(0)
  await others([post(before!, 'bob', { action: 'deleted' })], [evolved(0)])
  await others([post(after!, 'bob', { action: 'deleted' })])
  const ids = (): readonly string[] => heard.map(({ key }) => key)
  await expect.poll(() => errors.length).toBeGreaterThan(1)
  expect(ids()).toEqual([before])
  registry.answer = () => Promise.resolve(false)
  await expect.poll(ids).toEqual([before, after])
})

test('a partition whose schema is waited for holds up no other', async () => {
  const registry = new Registry()
  const answered = Promise.withResolvers<boolean>()
  registry.answer = () => answered.promise
  const { heard, others } = await start({ schemas: registry })
  await others([], [evolved(0)])
  expect(await registry.asked.promise).toBe(SCHEMA_ID)
  const [elsewhere] = idsIn(1)
  await others([post(elsewhere!, 'bob', { action: 'deleted' })])
  await expect.poll(() => heard.map(({ key }) => key)).toEqual([elsewhere])
  answered.resolve(false)
})
