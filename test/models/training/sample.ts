import { Random } from '../../../engine/driver/random.ts'
import { HEADS } from '../../../models/heads.ts'
import { rankingRow } from '../../../models/ranking-row.ts'
import { Batch } from '../../../models/training/batch.ts'
import { KnownExamples } from '../../../models/training/known-examples.ts'
import { LabelAccount } from '../../../models/training/label-account.ts'
import { CONTENT_DIMENSIONS } from '../../../processors/content/direction.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import { millis, type PostId, type RequestId, type UserId } from '../../../schemas/ids.ts'
import { packFeatures } from '../../../schemas/impressions/packed-features.ts'
import type { ReactionKind } from '../../../schemas/reactions/v1.ts'

export const START = 1_700_000_000_000

/** An example about nothing in particular. */
export const exampleOf = (changes: Partial<Example> = {}): Example => ({
  exampleId: 'e1',
  requestId: 'r1' as RequestId,
  userId: 'ana' as UserId,
  postId: 'p1' as PostId,
  authorId: 'bruno' as UserId,
  position: 0,
  at: millis(START),
  propensity: 1,
  modelVersion: 'm1',
  configVersion: 'c1',
  columnsHash: rankingRow.hash,
  features: packFeatures(new Float32Array(rankingRow.width)),
  featuresEncoding: 'packed',
  source: 'friend',
  phase: 'settled',
  labels: [],
  settledLabels: [],
  containerId: null,
  hashtags: [],
  isEarly: false,
  contentVector: null,
  postLanguage: null,
  postKind: null,
  tasteVector: null,
  viewerLanguage: null,
  heads: [],
  experiment: null,
  satisfaction: null,
  ...changes,
})

export const labelled = (
  ...kinds: readonly (ReactionKind | readonly [ReactionKind, number])[]
): Example['labels'] =>
  kinds.map((kind) =>
    typeof kind === 'string'
      ? { label: kind, at: millis(START), value: null }
      : { label: kind[0], at: millis(START), value: kind[1] },
  )

const COLUMN = rankingRow.indexOf('user_author.engagements.decayed_30d')

/**
 * A stream whose truth is known: clicks follow a column and a taste of users for authors that no column tells,
 * dwell follows the taste. A function of the seed.
 */
export const sampleStream = (count: number, seed: number): Example[] => {
  const random = new Random(seed)
  return Array.from({ length: count }, (_, index) => {
    const user = random.below(12)
    const author = random.below(12)
    const likes = (user + author) % 2 === 0
    const features = new Float32Array(rankingRow.width).map(() => (random.chance(0.98) ? 0 : random.next()))
    features[COLUMN] = random.chance(0.5) ? 0 : 10
    const logit = -2.5 + (features[COLUMN] > 0 ? 1.5 : 0) + (likes ? 1.5 : -1.5)
    const isClicked = random.chance(1 / (1 + Math.exp(-logit)))
    const dwell = ['dwell', likes ? 20_000 : 2_000] as const
    return exampleOf({
      exampleId: `e${seed}-${index}`,
      requestId: `r${seed}-${index}` as RequestId,
      userId: `u${user}` as UserId,
      authorId: `a${author}` as UserId,
      postId: `p${index}` as PostId,
      at: millis(START + index * 1_000),
      features: packFeatures(features),
      labels: isClicked ? labelled('click', dwell) : labelled(dwell),
    })
  })
}

/** Rows of such a stream as one full batch. */
export const batchOf = (rows: number, seed: number): Batch => {
  const account = new LabelAccount(HEADS, 1, new KnownExamples())
  const batch = new Batch({ row: rankingRow, heads: HEADS, rowsMax: rows }, account)
  for (const example of sampleStream(rows, seed)) batch.add(example)
  return batch
}

const TOPICS = 6

/**
 * A stream of strangers, each seen once: they click what is about what they took to before, and nothing else tells.
 * A function of the seed.
 */
export const tasteStream = (count: number, seed: number): Example[] => {
  const random = new Random(seed)
  const topics = new Random(1)
  const directions = Array.from({ length: TOPICS }, () =>
    Int8Array.from({ length: CONTENT_DIMENSIONS }, () => (topics.chance(0.5) ? 16 : -16)),
  )
  const about = (topic: number): Buffer =>
    Buffer.from(directions[topic]!.map((value) => value + random.below(7) - 3).buffer)
  return Array.from({ length: count }, (_, index) => {
    const [taste, topic] = [random.below(TOPICS), random.below(TOPICS)]
    const isClicked = random.chance(taste === topic ? 0.9 : 0.02)
    return exampleOf({
      exampleId: `e${seed}-${index}`,
      requestId: `r${seed}-${index}` as RequestId,
      userId: `u${seed}-${index}` as UserId,
      authorId: `a${seed}-${index}` as UserId,
      postId: `p${index}` as PostId,
      at: millis(START + index * 1_000),
      contentVector: about(topic),
      tasteVector: about(taste),
      labels: isClicked ? labelled('click') : [],
    })
  })
}
