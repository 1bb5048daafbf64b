import { InferenceSession, Tensor } from 'onnxruntime-node'
import { GraphBuilder } from '../graph/builder.ts'
import { inputColumns, type NetworkDefinition } from '../network/definition.ts'
import { INPUT, ROWS } from '../network/forward.ts'
import { transformed } from '../network/transform-graph.ts'
import { onnxModel } from '../onnx/model.ts'
import type { Batch } from './batch.ts'
import { normalise, renormalise } from './renormalise.ts'
import type { Learned } from './train-step.ts'

/** Rows after which means and deviations are no longer measured: they are then good to a third of a percent. */
export const MEASURED_ROWS_MAX = 100_000

/**
 * Rows that means and deviations must rest on before weights are carried over to the next ones. A column that is the same
 * in the first few rows seems to vary by next to nothing, and the weights that layers begin with, which were never
 * learned, would be carried over as many times too large when it does vary.
 */
export const CARRIED_ROWS_MIN = 2_048

/** Added to each variance: what is nearly always 0 would otherwise be blown up where it is not. */
const VARIANCE_FLOOR = 0.01

const SUMS = 'sums'
const SQUARES = 'squares'

/** Sums over rows, as far as they were measured. */
export interface MomentSums {
  rows: number
  /** Rows at the last change of the parameters. */
  usedRows: number
  readonly sums: Float64Array
  readonly squares: Float64Array
}

export const noMoments = (definition: NetworkDefinition): MomentSums => {
  const columns = inputColumns(definition).length
  return { rows: 0, usedRows: 0, sums: new Float64Array(columns), squares: new Float64Array(columns) }
}

/**
 * Means and deviations of a network's columns, as its transforms read them, measured on the first rows that it
 * learns from and frozen then. The network reads its columns by them anew whenever the rows have doubled and, once they
 * rest on enough rows, answers as it did (see `renormalise`).
 */
export class ColumnMoments {
  private readonly session: InferenceSession
  private readonly width: number
  private readonly totals: MomentSums

  private constructor(session: InferenceSession, width: number, totals: MomentSums) {
    this.session = session
    this.width = width
    this.totals = totals
  }

  static async create(definition: NetworkDefinition, totals: MomentSums): Promise<ColumnMoments> {
    const { width } = definition.row
    const graph = new GraphBuilder(`${definition.name}-columns`)
    const columns = transformed(graph, definition, graph.input(INPUT, [ROWS, width]))
    const outputs = [
      graph.named(graph.sum(columns, [0]), SUMS),
      graph.named(graph.sum(graph.multiply(columns, columns), [0]), SQUARES),
    ]
    const session = await InferenceSession.create(onnxModel(graph.build(outputs)), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    })
    return new ColumnMoments(session, width, totals)
  }

  /** Measured so far. */
  get rows(): number {
    return this.totals.rows
  }

  /** Measures a batch, and renormalises what learns from it where it is time. */
  async measure({ rows, count }: Pick<Batch, 'rows' | 'count'>, learned: Learned): Promise<void> {
    const { totals, width } = this
    if (totals.rows >= MEASURED_ROWS_MAX) return
    const input = new Tensor('float32', rows.subarray(0, count * width), [count, width])
    const answers = await this.session.run({ [INPUT]: input })
    addTo(totals.sums, answers[SUMS]!.data as Float32Array)
    addTo(totals.squares, answers[SQUARES]!.data as Float32Array)
    totals.rows += count
    if (totals.rows < 2 * totals.usedRows && totals.rows < MEASURED_ROWS_MAX) return
    const move = totals.usedRows < CARRIED_ROWS_MIN ? normalise : renormalise
    totals.usedRows = totals.rows
    move(learned, meansOf(totals), scalesOf(totals))
  }

  async dispose(): Promise<void> {
    await this.session.release()
  }
}

const addTo = (totals: Float64Array, values: Float32Array): void => {
  for (let index = 0; index < totals.length; index++) totals[index]! += values[index]!
}

const meansOf = ({ rows, sums }: MomentSums): Float32Array => Float32Array.from(sums, (sum) => sum / rows)

/** (x − mean) · scale has a mean of 0 and a deviation of 1, where the columns vary at all. */
const scalesOf = ({ rows, sums, squares }: MomentSums): Float32Array =>
  Float32Array.from(squares, (square, column) => {
    const variance = Math.max(0, square / rows - (sums[column]! / rows) ** 2)
    return 1 / Math.sqrt(variance + VARIANCE_FLOOR)
  })
