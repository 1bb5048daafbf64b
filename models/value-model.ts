import { ModelError } from './errors.ts'
import { HEAD_NAMES, HEADS, type HeadName } from './heads.ts'
import { PRIOR_TASKS } from './prior/tasks.ts'

/** Largest weight: a reported post may cost as much as a thousand clicks earn. */
export const WEIGHT_MAX = 1_000
export const VERSION_CHARACTERS_MAX = 64

/** Weights by head, none below 0: the value model subtracts those of negative heads itself. */
export type HeadWeights = Readonly<Record<HeadName, number>>

/**
 * What a weight counts. event: each time that the task is done (of dwell: each second). typical: as often as it is
 * done on a typical post, so that weights say what heads are worth beside each other, however rare their tasks are.
 */
export const WEIGHT_UNITS = ['event', 'typical'] as const
export type WeightUnit = (typeof WEIGHT_UNITS)[number]

/** Largest factor on a weight for passive viewers, and smallest as its inverse. */
export const PASSIVE_FACTOR_MAX = 20
export const PIVOT_MAX = 10_000

/**
 * How weights shift for viewers who look and rarely do more: what heads of deeds say of them is next to nothing.
 * A viewer with `pivot` engagements in the last 30 days (decayed) has half the shift, one with none all of it.
 */
export interface PassiveShift {
  readonly pivot: number
  /** What weights are multiplied by where the shift is whole; 1 for heads left out. */
  readonly factors: Readonly<Partial<Record<HeadName, number>>>
}

/** What people may change without a restart, per experiment. */
export interface ValueModelConfig {
  readonly version: string
  readonly weights: HeadWeights
  /** `event` where absent. */
  readonly unit?: WeightUnit
  /** None where absent. */
  readonly passive?: PassiveShift
}

/** Weights with their signs, in the order of the heads: what a viewer's posts are valued by. */
export type SignedWeights = Float64Array

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
    // Nothing until surveys have said what it is worth.
    satisfaction: 0,
    // Every second counts already; for who would rather count long looks.
    dwell_8s: 0,
    dwell_15s: 0,
    dwell_25s: 0,
    dwell_30s: 0,
  },
}

/** What one head adds to a post's expected value: for people who ask why. */
export interface HeadTrace {
  readonly head: HeadName
  /** Of `dwell`: seconds expected of whoever looks, whether they stay or skip. */
  readonly probability: number
  /** Below 0 for negative heads. */
  readonly weight: number
  /** probability × weight. */
  readonly value: number
}

const DWELL = HEAD_NAMES.indexOf('dwell')
const SKIP = HEAD_NAMES.indexOf('skip')

/**
 * `EV = Σ W·P(task) + W·E(dwell) − W·P(negative)` over what the heads say of a row, which begins at `offset`. The dwell
 * head says how long people stay who do, so `E(dwell) = (1 − P(skip)) · stay`; `stay` is a geometric mean, which is
 * shorter than the mean by a factor that hardly varies from post to post and is the weight's to hold.
 */
export const expectedValue = (
  weights: SignedWeights,
  outputs: ArrayLike<number>,
  offset: number = 0,
): number => {
  let value = -weights[DWELL]! * skippedOf(outputs, offset)
  for (let head = 0; head < weights.length; head++) value += weights[head]! * outputs[offset + head]!
  return value
}

/** Of `stay`, what is lost to skips. */
const skippedOf = (outputs: ArrayLike<number>, offset: number): number =>
  outputs[offset + DWELL]! * outputs[offset + SKIP]!

/** Values posts by the weights that it is configured with. */
export class ValueModel {
  readonly config: ValueModelConfig
  /** Of active viewers. */
  private readonly signed: SignedWeights
  /** By head: what is added to its weight, as a share of it, where the shift for passive viewers is whole. */
  private readonly shifts: Float64Array | null

  /** Throws `VALUE_MODEL_INVALID`, naming the field. */
  constructor(config: unknown) {
    this.config = checked(config)
    const { weights, unit, passive } = this.config
    this.signed = Float64Array.from(HEADS, ({ name, sign }) =>
      unit === 'typical' ? (sign * weights[name]) / PRIOR_TASKS[name].base : sign * weights[name],
    )
    this.shifts =
      passive === undefined ? null : Float64Array.from(HEAD_NAMES, (head) => (passive.factors[head] ?? 1) - 1)
  }

  /**
   * The weights for a viewer with so many engagements in the last 30 days, decayed. Not to be changed: those of
   * several viewers may be one array.
   */
  weightsFor(engagements: number): SignedWeights {
    const { signed, shifts } = this
    if (shifts === null) return signed
    const { pivot } = this.config.passive!
    const passivity = pivot / (pivot + Math.max(0, engagements))
    return signed.map((weight, head) => weight * (1 + passivity * shifts[head]!))
  }

  /** Fills `values[0..rows)` from `outputs`, which is rows × heads. Makes no objects. */
  evaluate(outputs: Float32Array, rows: number, values: Float32Array, weights: SignedWeights): void {
    const heads = weights.length
    for (let row = 0; row < rows; row++) values[row] = expectedValue(weights, outputs, row * heads)
  }

  /** How a row's value comes about, in the order of the heads; for rows that are shown only. */
  trace(outputs: Float32Array, row: number, weights: SignedWeights): HeadTrace[] {
    return HEAD_NAMES.map((head, index) => {
      const offset = row * HEAD_NAMES.length
      const probability = outputs[offset + index]! - (index === DWELL ? skippedOf(outputs, offset) : 0)
      const weight = weights[index]!
      return { head, probability, weight, value: probability * weight }
    })
  }
}

const VERSION = new RegExp(`^[\\w.:+-]{1,${VERSION_CHARACTERS_MAX}}$`)

const checked = (config: unknown): ValueModelConfig => {
  const { version, weights, unit, passive, ...others } = objectOf('the value model', config)
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
    ...(unit !== undefined && { unit: unitOf(unit) }),
    ...(passive !== undefined && { passive: passiveOf(passive) }),
  }
}

const unitOf = (unit: unknown): WeightUnit => {
  const known = WEIGHT_UNITS.find((each) => each === unit)
  if (known === undefined) throw invalid(`unit is ${shown(unit)}: use ${WEIGHT_UNITS.join(' or ')}`)
  return known
}

const passiveOf = (passive: unknown): PassiveShift => {
  const { pivot, factors, ...others } = objectOf('passive', passive)
  refuseUnknown('passive.', others)
  if (!(typeof pivot === 'number' && pivot > 0 && pivot <= PIVOT_MAX))
    throw invalid(`passive.pivot is ${shown(pivot)}: use a number above 0 and up to ${PIVOT_MAX}`)
  const given = objectOf('passive.factors', factors)
  refuseUnknown(
    'passive.factors.',
    Object.fromEntries(Object.entries(given).filter(([name]) => !isHead(name))),
  )
  for (const [head, factor] of Object.entries(given)) {
    if (typeof factor === 'number' && factor >= 1 / PASSIVE_FACTOR_MAX && factor <= PASSIVE_FACTOR_MAX)
      continue
    const allowed = `use a number from 1/${PASSIVE_FACTOR_MAX} to ${PASSIVE_FACTOR_MAX}`
    throw invalid(`passive.factors.${head} is ${shown(factor)}: ${allowed}`)
  }
  return { pivot, factors: given }
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
