import { describe, expect, test } from 'vitest'
import { encodeTables } from '../../../models/embeddings/bytes.ts'
import { EmbeddingTables } from '../../../models/embeddings/tables.ts'
import { HEADS } from '../../../models/heads.ts'
import { withoutEmbeddings } from '../../../models/network/definition.ts'
import { priorParameters } from '../../../models/prior/prior.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import type { Batch } from '../../../models/training/batch.ts'
import { Intercepts, noDoubts } from '../../../models/training/intercepts.ts'
import { beginLearning, type Learned, TrainStep } from '../../../models/training/train-step.ts'
import { batchOf } from './sample.ts'

const newTables = (): EmbeddingTables => new EmbeddingTables({ dimensions: 16, rows: [64, 64, 8, 8] })

describe('a training step', () => {
  test('that is not finite is not taken: the next one goes on as if it had not been', async () => {
    const steps = await Promise.all(
      [1, 2].map(() => TrainStep.create(beginLearning(HEAVY_NETWORK, priorParameters('heavy'), newTables()))),
    )
    const [one, other] = steps as [TrainStep, TrainStep]
    for (const step of steps) await step.run(batchOf(32, 1))
    const broken = batchOf(32, 2)
    broken.rows[7] = Number.NaN
    await expect(other.run(broken)).rejects.toMatchObject({ code: 'TRAINING_DIVERGED', recovery: 'stop' })
    // Batches of several lengths may come in any order.
    for (const step of steps) for (const rows of [8, 64]) await step.run(batchOf(rows, 3))
    expect(other.learned.steps).toBe(3)
    expect(other.parameters()).toEqual(one.parameters())
    expect(encodeTables(other.learned.tables!)).toEqual(encodeTables(one.learned.tables!))
    await expect(one.run(emptyBatch())).rejects.toThrow(RangeError)
    for (const step of steps) await step.dispose()
  })

  test('counts a row alike in a full batch and in one of a few rows, whatever follows', async () => {
    const moved = await Promise.all([1, ROWS_FULL].map((rows) => movedByOneRow(rows)))
    const [inShort, inFull] = moved as [number, number]
    expect(inFull).toBeGreaterThan(0)
    expect(inShort / inFull).toBeGreaterThan(0.8)
    expect(inShort / inFull).toBeLessThan(1.05)
  })

  test('moves the intercepts beside what the rates move', async () => {
    const begun = (): Learned => beginLearning(HEAVY_NETWORK, priorParameters('heavy'), newTables())
    const batch = batchOf(64, 6)
    const expected = begun().parameters
    const step = await TrainStep.create(begun(), { network: 0, embeddings: 0 })
    const { logits } = await step.run(batch)
    new Intercepts(HEAVY_NETWORK).move(batch, logits, expected, noDoubts(HEADS.length))
    expect(expected).not.toEqual(begun().parameters)
    expect(step.learned.parameters).toEqual(expected)
    await step.dispose()
  })

  test('needs no tables where the network has no embeddings, and tables and contents of its size where it has', async () => {
    const step = await TrainStep.create(
      beginLearning(withoutEmbeddings(HEAVY_NETWORK), priorParameters('heavy')),
    )
    const { losses } = await step.run(batchOf(16, 5))
    expect(losses.length).toBe(HEADS.length)
    await step.dispose()
    const narrow = new EmbeddingTables({ dimensions: 8, rows: [1, 1, 1, 1] })
    for (const tables of [undefined, narrow]) {
      expect(() => beginLearning(HEAVY_NETWORK, priorParameters('heavy'), tables)).toThrow('NETWORK_INVALID')
    }
    const embeddings = { ...HEAVY_NETWORK.embeddings!, contents: { dimensions: 32 } }
    expect(() =>
      beginLearning({ ...HEAVY_NETWORK, embeddings }, priorParameters('heavy'), newTables()),
    ).toThrow('reads contents of 64, examples have 128')
  })
})

const ROWS_FULL = 64
/** Until nothing of a batch is left in Adam's average of gradients. */
const STEPS_AFTER = 60

/** How far parameters move for the likes of one row, in a batch of so many rows of which the others teach nothing. */
const movedByOneRow = async (rows: number): Promise<number> => {
  const learnt = async (isTaught: boolean): Promise<Float32Array> => {
    const step = await TrainStep.create(beginLearning(HEAVY_NETWORK, priorParameters('heavy'), newTables()))
    for (let seed = 0; seed < 8; seed++) await step.run(batchOf(ROWS_FULL, seed))
    const batch = batchOf(ROWS_FULL, 9)
    batch.count = rows
    silence(batch)
    if (isTaught) batch.targets.fill(1, 0, HEADS.length)
    await step.run(batch)
    const after = batchOf(ROWS_FULL, 10)
    silence(after)
    for (let steps = 0; steps < STEPS_AFTER; steps++) await step.run(after)
    await step.dispose()
    return step.learned.parameters
  }
  const [taught, untaught] = [await learnt(true), await learnt(false)]
  return Math.hypot(...taught.map((value, index) => value - untaught[index]!))
}

/** Rows without weights and targets have no gradient. */
const silence = ({ weights, targets }: Batch): void => {
  weights.fill(0)
  targets.fill(0)
}

const emptyBatch = (): Batch => {
  const batch = batchOf(1, 1)
  batch.clear()
  return batch
}
