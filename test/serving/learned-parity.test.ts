import { expect, test } from 'vitest'
import { Random } from '../../engine/driver/random.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../models/embeddings/entities.ts'
import { EmbeddingTables } from '../../models/embeddings/tables.ts'
import { HEADS } from '../../models/heads.ts'
import { HEAVY_NETWORK } from '../../models/rankers.ts'
import { ScoringSession } from '../../models/scoring/session.ts'
import { writeSnapshot } from '../../models/snapshot/write.ts'
import { Batch } from '../../models/training/batch.ts'
import { KnownExamples } from '../../models/training/known-examples.ts'
import { LabelAccount } from '../../models/training/label-account.ts'
import { type ContainerId, type Hashtag, HOUR_MS } from '../../schemas/ids.ts'
import type { Impression } from '../../schemas/impressions/index.ts'
import { impressionOf } from '../../serving/effects/impression.ts'
import { post, tie } from '../cli/community.ts'
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
const batchOf = ({ candidates, userId, columnsHash, featuresEncoding }: Impression): Batch => {
  const account = new LabelAccount(HEADS, 1, new KnownExamples())
  const { row } = HEAVY_NETWORK
  const batch = new Batch({ row, heads: HEADS, rowsMax: candidates.length }, account)
  for (const { postId, authorId, features, containerId, hashtags } of candidates) {
    const shown = { userId, postId, authorId, containerId, hashtags }
    const example = exampleOf({ ...shown, features, columnsHash, featuresEncoding })
    expect(batch.add(example)).toBe('taken')
  }
  return batch
}

test('a network with embeddings foresees of an example what it foresaw of the post when it was served', async () => {
  const random = new Random(1)
  const parameters = sampleParameters(HEAVY_NETWORK, random)
  const tables = learnedTables(random)
  const root = await temporaryDirectory()
  const { directory } = await writeSnapshot(root, 'heavy', 'trained', parameters, tables)

  const now = Date.now() - HOUR_MS
  const running = await Running.start()
  await running.take([
    ...AUTHORS.map((author) => tie('ada', author, 'friend', { at: now - 3 * HOUR_MS })),
    tie('ada', ABOUT.containerId, 'group', { at: now - 3 * HOUR_MS }),
    ...AUTHORS.map((author) =>
      post(`by-${author}`, author, { at: now - HOUR_MS, audience: 'group', ...ABOUT }),
    ),
  ])
  const pages: Impression[] = []
  running.serving.impressions.add = (page) => void pages.push(impressionOf(page))
  await running.serving.scorers.swap('heavy', directory)
  await running.feed({ userId: 'ada', asOf: now })

  const { candidates } = pages[0]!
  expect(candidates.map(({ authorId }) => authorId).sort()).toEqual(AUTHORS)
  const batch = batchOf(pages[0]!)
  const session = await ScoringSession.open(directory, 'heavy')
  const outputs = new Float32Array(batch.count * HEADS.length)
  const served = candidates.flatMap(({ heads }) => heads)
  await session.score(batch.rows, batch.count, outputs, batch.entities)
  const difference = (): number => Math.max(...served.map((head, index) => Math.abs(head - outputs[index]!)))
  expect(difference()).toBeLessThan(1e-4)
  // It is the vectors that this is about.
  await session.score(batch.rows, batch.count, outputs)
  expect(difference()).toBeGreaterThan(1e-2)
  await session.dispose()
})
