import { expect, test } from 'vitest'
import { Random } from '../../engine/driver/random.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../models/embeddings/entities.ts'
import { EmbeddingTables } from '../../models/embeddings/tables.ts'
import { HEADS } from '../../models/heads.ts'
import { HEAVY_NETWORK } from '../../models/rankers.ts'
import { openSession } from '../../models/scoring/open-session.ts'
import { writeSnapshot } from '../../models/snapshot/write.ts'
import { Batch } from '../../models/training/batch.ts'
import { KnownExamples } from '../../models/training/known-examples.ts'
import { LabelAccount } from '../../models/training/label-account.ts'
import { type ContainerId, type Hashtag, HOUR_MS, millis, type Millis } from '../../schemas/ids.ts'
import type { Impression } from '../../schemas/impressions/index.ts'
import { impressionOf, type ServedPage } from '../../serving/effects/impression.ts'
import type { ScoredPost } from '../../serving/scorers/given-scorer.ts'
import { ShadowScoring } from '../../serving/shadow/shadow-scoring.ts'
import { post, reaction, tie } from '../cli/community.ts'
import { Running } from '../cli/running.ts'
import { temporaryDirectory } from '../cli/temporary.ts'
import { sampleParameters } from '../models/network/sample.ts'
import { exampleOf } from '../models/training/sample.ts'

const AUTHORS = ['bea', 'cem', 'dan']
/** What the posts are in and about: vectors of these count too. */
const ABOUT = { containerId: 'allotments' as ContainerId, hashtags: ['peas', 'beans'] as Hashtag[] }

/** Tables in which something was learned of everybody. */
const learnedTables = (random: Random): EmbeddingTables => {
  const tables = new EmbeddingTables({ dimensions: 16, rows: [64, 64, 64, 64] })
  const words = new Uint32Array(AUTHORS.length * ENTITY_WORDS)
  for (const [row, authorId] of AUTHORS.entries())
    writeEntityIds({ ...ABOUT, userId: 'ada', authorId }, words, row * ENTITY_WORDS)
  const gradients = new Float32Array(AUTHORS.length * tables.width).map(() => random.next() - 0.5)
  tables.learn(words, AUTHORS.length, gradients, { rate: 1, at: 1 })
  return tables
}

/** What a learner makes of a page, once its labels are in. */
const batchOf = ({ candidates, userId, columnsHash, featuresEncoding, tasteVector }: Impression): Batch => {
  const account = new LabelAccount(HEADS, 1, new KnownExamples())
  const { row } = HEAVY_NETWORK
  const batch = new Batch({ row, heads: HEADS, rowsMax: candidates.length }, account)
  for (const { postId, authorId, features, containerId, hashtags, contentVector } of candidates) {
    const shown = { userId, postId, authorId, containerId, hashtags, contentVector, tasteVector }
    const example = exampleOf({ ...shown, features, columnsHash, featuresEncoding })
    expect(batch.add(example)).toBe('taken')
  }
  return batch
}

interface Served {
  readonly running: Running
  readonly page: ServedPage
  /** Of the snapshot that it was served by. */
  readonly directory: string
  readonly now: Millis
}

/** A page by a network that learned of everybody, for somebody whose taste is known. */
const served = async (): Promise<Served> => {
  const random = new Random(1)
  const parameters = sampleParameters(HEAVY_NETWORK, random)
  const tables = learnedTables(random)
  const root = await temporaryDirectory()
  const { directory } = await writeSnapshot(root, 'heavy', 'trained', parameters, tables)

  const now = millis(Date.now() - HOUR_MS)
  const running = await Running.start()
  await running.take([
    ...AUTHORS.map((author) => tie('ada', author, 'friend', { at: now - 3 * HOUR_MS })),
    tie('ada', ABOUT.containerId, 'group', { at: now - 3 * HOUR_MS }),
    // Not theirs to be shown, and liked all the same.
    post('liked', 'eva', { at: now - 3 * HOUR_MS, audience: 'group', containerId: 'orchards' }),
    reaction('ada', 'liked', 'eva', 'like', { at: now - 2 * HOUR_MS }),
    ...AUTHORS.map((author) =>
      post(`by-${author}`, author, { at: now - HOUR_MS, audience: 'group', ...ABOUT }),
    ),
  ])
  const pages: ServedPage[] = []
  running.serving.impressions.add = (page) => void pages.push(page)
  await running.serving.scorers.swap('heavy', directory)
  await running.feed({ userId: 'ada', asOf: now })
  return { running, page: pages[0]!, directory, now }
}

test('a network with embeddings foresees of an example what it foresaw of the post when it was served', async () => {
  const { page, directory } = await served()
  const impression = impressionOf(page)
  const { candidates, tasteVector } = impression
  expect(tasteVector).not.toBeNull()
  expect(new Set(candidates.map(({ contentVector }) => contentVector!.toString('hex'))).size).toBe(
    AUTHORS.length,
  )
  expect(candidates.map(({ authorId }) => authorId).sort()).toEqual(AUTHORS)
  const batch = batchOf(impression)
  const session = await openSession(directory, 'heavy')
  const outputs = new Float32Array(batch.count * HEADS.length)
  const foreseen = candidates.flatMap(({ heads }) => heads)
  await session.score(batch.rows, batch.count, outputs, batch)
  // By their size: dwell is in log-milliseconds, and a network of random weights foresees hundreds of them.
  const difference = (): number =>
    Math.max(...foreseen.map((head, index) => Math.abs(head - outputs[index]!) / (1 + Math.abs(head))))
  expect(difference()).toBeLessThan(1e-4)
  // It is the vectors that this is about, and contents as well as entities, of posts and of tastes.
  const { entities, contents } = batch
  for (const changed of [
    undefined,
    { entities: new Uint32Array(entities.length), contents },
    { entities, contents: contents.map((value, at) => (at % 128 < 64 ? 0 : value)) },
    { entities, contents: contents.map((value, at) => (at % 128 < 64 ? value : 0)) },
  ]) {
    await session.score(batch.rows, batch.count, outputs, changed)
    expect(difference()).toBeGreaterThan(1e-3)
  }
  await session.dispose()
})

test('a shadow of the very snapshot foresees of a page what was foreseen', async () => {
  const { running, page } = await served()
  const failures: unknown[] = []
  const shadow = new ShadowScoring((error) => failures.push(error))
  shadow.use(running.serving.scorers)
  shadow.take(page)
  await shadow.settled()
  expect(failures).toEqual([])
  const { posts, ratios, concordance } = shadow.report()
  expect(posts).toBe(AUTHORS.length)
  expect(concordance).toBe(1)
  for (const ratio of Object.values(ratios!)) expect(ratio).toBeCloseTo(1, 4)
})

test('posts that somebody else chose are scored by the contents that an impression would log', async () => {
  const { running, page, now } = await served()
  const { candidates, tasteVector, userId } = impressionOf(page)
  const posts = candidates.map(({ postId }) => postId)
  const heard: ScoredPost[] = []
  const values = await running.serving.given.score(userId, posts, now, (scored) => heard.push(...scored))
  expect(heard.map(({ contentVector }) => contentVector)).toEqual(
    candidates.map(({ contentVector }) => contentVector),
  )
  expect(heard.map((each) => each.tasteVector)).toEqual(candidates.map(() => tasteVector))
  for (const [place, { expectedValue }] of candidates.entries())
    expect(values[place]! / expectedValue).toBeCloseTo(1, 3)
})
