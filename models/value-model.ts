import { ModelError } from './errors.ts'
import { HEAD_NAMES, HEADS, type HeadName } from './heads.ts'

/** Largest weight: a reported post may cost as much as a thousand clicks earn. */
export const WEIGHT_MAX = 1_000
export const VERSION_CHARACTERS_MAX = 64

/** Weights by head, none below 0: the value model subtracts those of negative heads itself. */
export type HeadWeights = Readonly<Record<HeadName, number>>

/** What people may change without a restart, per experiment. */
export interface ValueModelConfig {
  readonly version: string
  readonly weights: HeadWeights
}

/**
 * In units of a click. Rare and strong signals weigh more, for they cost the viewer more; negatives weigh
 * most, for one that is shown too much drives people away (as in the weights that X published in 2023, where
 * a reply counts 27 likes and a report −738). With the prior's base rates no head drowns the others: click,
 * like, comment, share and 10 s of dwell are each worth 0.05 to 0.1 a post.
 */
export const DEFAULT_VALUE_MODEL: ValueModelConfig = {
  version: 'default-1',
  weights: {
    click: 1,
    dwell: 0.01,
    like: 1.5,
    comment: 6,
    share: 10,
    save: 8,
    profile_click: 2,
    follow: 12,
    hide: 30,
    see_less: 30,
    report: 200,
    block: 200,
    skip: 0.1,
  },
}

/** What one head adds to a post's expected value: for people who ask why. */
export interface HeadTrace {
  readonly head: HeadName
  /** Of `dwell`: seconds. */
  readonly probability: number
  /** Below 0 for negative heads. */
  readonly weight: number
  /** probability × weight. */
  readonly value: number
}

/** `EV = Σ W·P(task) + W·E(dwell) − W·P(negative)` over the heavy ranker's outputs. */
export class ValueModel {
  readonly config: ValueModelConfig
  /** Weights with their signs, in the order of the heads. */
  private readonly signed: Float64Array

  /** Throws `VALUE_MODEL_INVALID`, naming the field. */
  constructor(config: unknown) {
    this.config = checked(config)
    this.signed = Float64Array.from(HEADS, (head) => head.sign * this.config.weights[head.name])
  }

  /** Fills `values[0..rows)` from `outputs`, which is rows × heads. Makes no objects. */
  evaluate(outputs: Float32Array, rows: number, values: Float32Array): void {
    const { signed } = this
    const heads = signed.length
    for (let row = 0, offset = 0; row < rows; row++) {
      let value = 0
      for (let head = 0; head < heads; head++) value += signed[head]! * outputs[offset++]!
      values[row] = value
    }
  }

  /** How a row's value comes about, in the order of the heads; for rows that are shown only. */
  trace(outputs: Float32Array, row: number): HeadTrace[] {
    return HEAD_NAMES.map((head, index) => {
      const probability = outputs[row * HEAD_NAMES.length + index]!
      const weight = this.signed[index]!
      return { head, probability, weight, value: probability * weight }
    })
  }
}

const VERSION = new RegExp(`^[\\w.:+-]{1,${VERSION_CHARACTERS_MAX}}$`)

const checked = (config: unknown): ValueModelConfig => {
  const { version, weights, ...others } = objectOf('the value model', config)
  refuseUnknown('', others)
  if (typeof version !== 'string' || !VERSION.test(version)) {
    throw invalid(
      `version is ${shown(version)}: use 1 to ${VERSION_CHARACTERS_MAX} letters, digits or . _ : + -`,
    )
  }
  const given = objectOf('weights', weights)
  refuseUnknown('weights.', Object.fromEntries(Object.entries(given).filter(([name]) => !isHead(name))))
  return {
    version,
    weights: Object.fromEntries(HEAD_NAMES.map((head) => [head, weightOf(given, head)])) as HeadWeights,
  }
}

const isHead = (name: string): name is HeadName => HEAD_NAMES.some((head) => head === name)

const weightOf = (weights: Readonly<Record<string, unknown>>, head: HeadName): number => {
  const weight = weights[head]
  if (typeof weight === 'number' && weight >= 0 && weight <= WEIGHT_MAX) return weight
  throw invalid(`weights.${head} is ${shown(weight)}: use a number from 0 to ${WEIGHT_MAX}`)
}

const objectOf = (field: string, value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw invalid(`${field} is ${shown(value)}: use an object`)
}

const refuseUnknown = (prefix: string, others: Readonly<Record<string, unknown>>): void => {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw invalid(`${prefix}${unknown} is no field of a value model: leave it out`)
}

const shown = (value: unknown): string => {
  if (value === undefined) return 'missing'
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

const invalid = (detail: string): ModelError => new ModelError('VALUE_MODEL_INVALID', detail)
