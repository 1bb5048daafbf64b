import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../../models/embeddings/entities.ts'
import { HEADS } from '../../../models/heads.ts'
import { rankingRow } from '../../../models/ranking-row.ts'
import { Batch } from '../../../models/training/batch.ts'
import { KnownExamples } from '../../../models/training/known-examples.ts'
import { LabelAccount } from '../../../models/training/label-account.ts'
import type { ContainerId, Hashtag, PostId } from '../../../schemas/ids.ts'
import { packFeatures } from '../../../schemas/impressions/packed-features.ts'
import { exampleOf, labelled } from './sample.ts'

const batchOf = (rowsMax: number): Batch =>
  new Batch({ row: rankingRow, heads: HEADS, rowsMax }, new LabelAccount(HEADS, 1, new KnownExamples()))

const random = new Random(1)
const features = new Float32Array(rankingRow.width).map(() => (random.chance(0.5) ? 0 : random.next()))

describe('a batch', () => {
  test('holds rows as they were logged, however they were packed, with what they are about', () => {
    const batch = batchOf(2)
    const ids = { containerId: 'group' as ContainerId, hashtags: ['cats' as Hashtag] }
    const about = { contentVector: Buffer.alloc(64, 0x81), tasteVector: Buffer.alloc(64, 5) }
    expect(batch.add(exampleOf({ features: packFeatures(features), ...ids, ...about }))).toBe('taken')
    const plain = Buffer.from(features.buffer)
    const whatever = { contentVector: Buffer.alloc(63, 9), tasteVector: null }
    const second = {
      postId: 'p2' as PostId,
      features: plain,
      featuresEncoding: 'float32',
      ...whatever,
    } as const
    expect(batch.add(exampleOf(second))).toBe('taken')
    expect(batch.rows.subarray(0, rankingRow.width)).toEqual(features)
    expect(batch.rows.subarray(rankingRow.width)).toEqual(features)
    const words = new Uint32Array(2 * ENTITY_WORDS)
    writeEntityIds({ userId: 'ana', authorId: 'bruno', ...ids }, words, 0)
    writeEntityIds({ userId: 'ana', authorId: 'bruno', containerId: null, hashtags: [] }, words, ENTITY_WORDS)
    expect(batch.entities).toEqual(words)
    // A direction of another length is none.
    const contents = [-127, 5, 0, 0].flatMap((value) => Array.from({ length: 64 }, () => value))
    expect(Array.from(batch.contents)).toEqual(contents)
    expect(batch.isFull).toBe(true)
    expect(() => batch.add(exampleOf({ postId: 'p3' as PostId }))).toThrow(RangeError)
  })

  test('refuses rows of other columns, and features that are no row', () => {
    const batch = batchOf(4)
    expect(batch.add(exampleOf({ columnsHash: 'feed' }))).toBe('other-columns')
    const broken = [
      Buffer.alloc(0),
      packFeatures(features.subarray(1)),
      packFeatures(features).subarray(0, -1),
      packFeatures(features.with(3, Number.NaN)),
      packFeatures(features.with(3, Infinity)),
    ]
    for (const each of broken) expect(batch.add(exampleOf({ features: each }))).toBe('broken-features')
    const short = { features: Buffer.alloc(4), featuresEncoding: 'float32' } as const
    expect(batch.add(exampleOf(short))).toBe('broken-features')
    expect(batch.count).toBe(0)
  })

  test('gives the parts of one example one row, until it is learned', () => {
    const batch = batchOf(4)
    const part = { features: packFeatures(features), phase: 'late', isEarly: true } as const
    expect(batch.add(exampleOf({ ...part, labels: labelled('view') }))).toBe('taken')
    expect(batch.add(exampleOf({ ...part, labels: labelled('like') }))).toBe('taken')
    expect(batch.add(exampleOf({ ...part, labels: labelled('like') }))).toBe('no-news')
    const like = HEADS.findIndex(({ name }) => name === 'like')
    expect([batch.count, batch.weights[like], batch.targets[like]]).toEqual([1, 1, 1])
    batch.clear()
    expect(batch.add(exampleOf({ ...part, labels: labelled('click') }))).toBe('taken')
    const click = HEADS.findIndex(({ name }) => name === 'click')
    expect([batch.count, batch.weights[click], batch.targets[click]]).toEqual([1, 0, 1])
  })

  test('is of a length that can be', () => {
    for (const rowsMax of [0, 1.5, 16_385]) expect(() => batchOf(rowsMax)).toThrow(RangeError)
  })
})
