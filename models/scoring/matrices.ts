import { ENTITY_WORDS } from '../embeddings/entities.ts'
import type { ModelName } from '../snapshot/manifest.ts'
import { NETWORKS } from '../rankers.ts'
import type { Matrix } from './types.ts'

const FLOAT_BYTES = 4
const WORD_BYTES = 4
/** More candidates than any feed has. */
export const ROWS_MAX = 65_536

export type Matrices = Readonly<Record<ModelName, Matrix>>

/** Matrices of both models on shared memory, all zeros. */
export const newMatrices = (rowsMax: Readonly<Record<ModelName, number>>): Matrices => ({
  heavy: newMatrix('heavy', rowsMax.heavy),
  light: newMatrix('light', rowsMax.light),
})

const newMatrix = (model: ModelName, rowsMax: number): Matrix => {
  if (!Number.isInteger(rowsMax) || rowsMax < 1 || rowsMax > ROWS_MAX) {
    throw new RangeError(`rowsMax.${model} is ${rowsMax}: use a whole number from 1 to ${ROWS_MAX}`)
  }
  const width = NETWORKS[model].row.width
  const heads = NETWORKS[model].heads.length
  const words = NETWORKS[model].embeddings === undefined ? 0 : rowsMax * ENTITY_WORDS
  return {
    rowsMax,
    width,
    heads,
    rows: shared(rowsMax * width),
    entities: new Uint32Array(new SharedArrayBuffer(words * WORD_BYTES)),
    outputs: shared(rowsMax * heads),
    filled: new Int32Array(new SharedArrayBuffer(WORD_BYTES)),
  }
}

const shared = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(length * FLOAT_BYTES))
