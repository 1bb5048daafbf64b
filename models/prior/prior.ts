import { Random } from '../../engine/driver/random.ts'
import { ModelError } from '../errors.ts'
import type { HeadName } from '../heads.ts'
import { inputColumns, type NetworkDefinition } from '../network/definition.ts'
import { initialParameters, type Parameters } from '../network/parameters.ts'
import { HEAVY_NETWORK, LIGHT_NETWORK } from '../rankers.ts'
import type { ModelName } from '../snapshot/manifest.ts'
import { PRIOR_TASKS } from './tasks.ts'
import { LIGHT_DISLIKE, LIGHT_WEIGHTS, PRIOR_WEIGHTS, type PriorWeight } from './weights.ts'

/** A fixed seed: the prior's deep part is the same everywhere, and so is its version. */
const SEED = 1

/** Parameters to serve, and to start learning from, before anything is learned. */
export const priorParameters = (model: ModelName): Parameters =>
  model === 'heavy' ? heavyPrior(PRIOR_WEIGHTS) : lightPrior(PRIOR_WEIGHTS)

/**
 * The wide part set by the weights; the deep part random up to its last layer, which is zero. Throws
 * `ROW_INVALID` for a weight on a column that the network does not read.
 */
export const heavyPrior = (weights: readonly PriorWeight[]): Parameters => {
  const wide = new WidePart(HEAVY_NETWORK)
  for (const head of HEAVY_NETWORK.heads.map(({ name }) => name as HeadName)) {
    const task = PRIOR_TASKS[head]
    wide.bias(head, head === 'dwell' ? Math.log(task.base * 1_000) : logOdds(task.base))
    for (const { column, interest = 0, dislike = 0, heads = {}, typical = 0 } of weights) {
      const weight = task.interest * interest + task.dislike * dislike + (heads[head] ?? 0)
      wide.add(column, head, weight, typical)
    }
  }
  return wide.parameters
}

/** The same weights, as far as the light row holds their columns. */
export const lightPrior = (weights: readonly PriorWeight[]): Parameters => {
  const wide = new WidePart(LIGHT_NETWORK)
  for (const { column, interest = 0, dislike = 0, typical = 0 } of weights) {
    if (wide.reads(column)) wide.add(column, 'keep', interest - LIGHT_DISLIKE * dislike, typical)
  }
  for (const { column, keep } of LIGHT_WEIGHTS) wide.add(column, 'keep', keep, 0)
  return wide.parameters
}

const logOdds = (probability: number): number => Math.log(probability / (1 - probability))

/** Sets wide weights by the names of columns and heads. */
class WidePart {
  readonly parameters: Parameters
  private readonly network: string
  private readonly columns: readonly string[]
  private readonly heads: readonly string[]
  private readonly weights: Float32Array
  private readonly biases: Float32Array

  constructor(definition: NetworkDefinition) {
    const random = new Random(SEED)
    this.parameters = initialParameters(definition, () => random.next())
    this.network = definition.name
    this.columns = inputColumns(definition).map((column) => column.name)
    this.heads = definition.heads.map((head) => head.name)
    this.weights = this.parameters.get('wide.weights')!
    this.biases = this.parameters.get('wide.bias')!
  }

  reads(column: string): boolean {
    return this.columns.includes(column)
  }

  bias(head: string, value: number): void {
    this.biases[this.heads.indexOf(head)]! += value
  }

  /** Says nothing at the typical value, so that base rates stay what they are. */
  add(column: string, head: string, weight: number, typical: number): void {
    const index = this.columns.indexOf(column)
    if (index === -1) throw new ModelError('ROW_INVALID', `network ${this.network} reads no column ${column}`)
    this.weights[index * this.heads.length + this.heads.indexOf(head)]! += weight
    this.bias(head, -weight * typical)
  }
}
