import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../../models/embeddings/entities.ts'
import { HEADS } from '../../../models/heads.ts'
import { rankingRow } from '../../../models/ranking-row.ts'
import { Batch } from '../../../models/training/batch.ts'
import { LabelWriter } from '../../../models/training/labels.ts'
import { packFeatures } from '../../../schemas/impressions/packed-features.ts'
import { exampleOf, labelled } from './sample.ts'

const batchOf = (rowsMax: number, negativesKept = 1): Batch =>
  new Batch({ row: rankingRow, heads: HEADS, rowsMax, negativesKept }, new LabelWriter(HEADS, () => true))

const random = new Random(1)
const features = new Float32Array(rankingRow.width).map(() => (random.chance(0.5) ? 0 : random.next()))

describe('a batch', () => {
  test('holds rows as they were logged, however they were packed, with what they are about', () => {
    const batch = batchOf(2)
    const ids = { containerId: 'group', hashtags: ['cats'] }
    expect(batch.add(exampleOf({ features: packFeatures(features), ...ids }))).toBe('taken')
    const plain = Buffer.from(features.buffer)
    expect(batch.add(exampleOf({ features: plain, featuresEncoding: 'float32' }))).toBe('taken')
    expect(batch.rows.subarray(0, rankingRow.width)).toEqual(features)
    expect(batch.rows.subarray(rankingRow.width)).toEqual(features)
    const words = new Uint32Array(2 * ENTITY_WORDS)
    writeEntityIds({ userId: 'ana', authorId: 'bruno', ...ids }, words, 0)
    writeEntityIds({ userId: 'ana', authorId: 'bruno' }, words, ENTITY_WORDS)
    expect(batch.entities).toEqual(words)
    expect(batch.isFull).toBe(true)
    expect(() => batch.add(exampleOf())).toThrow(RangeError)
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

  test('keeps a share of the negatives, the same ones every time, that count for the others', () => {
    const examples = Array.from({ length: 4_000 }, (_, index) =>
      exampleOf({ exampleId: `e${index}`, labels: index % 10 === 0 ? labelled('like') : labelled('view') }),
    )
    const taken = (): { kept: string; weight: number; likes: number } => {
      const batch = batchOf(4_000, 0.25)
      const kept = examples.filter((example) => batch.add(example) === 'taken')
      const like = HEADS.findIndex(({ name }) => name === 'like')
      const total = (values: Float32Array): number =>
        Array.from({ length: batch.count }, (_, row) => values[row * HEADS.length + like]!).reduce(
          (a, b) => a + b,
        )
      return {
        kept: kept.map(({ exampleId }) => exampleId).join(),
        weight: total(batch.weights),
        likes: total(batch.targets),
      }
    }
    const { kept, weight, likes } = taken()
    expect(taken().kept).toBe(kept)
    expect(likes).toBe(400)
    // 3,600 negatives, each kept with a chance of a quarter: 900 ± 26, times 4.
    expect(Math.abs(weight - 4_000)).toBeLessThan(5 * 4 * 26)
    expect(kept.split(',').length).toBeLessThan(400 + 900 + 5 * 26)
  })

  test('is of a length and a share that can be', () => {
    for (const rowsMax of [0, 1.5, 16_385]) expect(() => batchOf(rowsMax)).toThrow(RangeError)
    for (const share of [0, -1, 1.1, Number.NaN]) expect(() => batchOf(1, share)).toThrow(RangeError)
  })
})
