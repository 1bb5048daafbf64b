import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { CliError } from '../cli/errors.ts'
import { type Estimate, holds } from '../models/evaluation/interval.ts'
import {
  crossFitted,
  doublyRobust,
  type Expected,
  inversePropensity,
  isTooFew,
  type LoggedDecisions,
  onPolicy,
  selfNormalised,
} from '../models/evaluation/off-policy.ts'

/** Names the directory of the Open Bandit Dataset's small version (CC BY 4.0, ZOZO Research). */
const DIRECTORY_VARIABLE = 'FRESHET_OPEN_BANDIT'
const CAMPAIGNS = ['men', 'women'] as const
const FOLDS = 5
/** What a row counts as beside what was seen of it: clicks are rarer than items × positions. */
const PRIOR_TRIALS = 200

interface Decision {
  readonly item: number
  readonly position: number
  readonly click: number
  readonly propensity: number
}

export const about =
  'Estimates of a policy from what another one logged, beside what it earned (Open Bandit Dataset).'

/**
 * Estimates the value of one policy from what another one logged, and compares with what the first one earned
 * itself: of each campaign, the uniformly random arm by the decisions of Thompson sampling, and the other way round.
 */
export const run = async (): Promise<object> => {
  const directory = process.env[DIRECTORY_VARIABLE]
  if (directory === undefined || !existsSync(join(directory, 'random_men.csv.gz')))
    throw new CliError(
      'FILE_UNREADABLE',
      `${DIRECTORY_VARIABLE} names no directory with random_men.csv.gz: give that of the Open Bandit Dataset (small)`,
    )
  const results = CAMPAIGNS.flatMap((campaign) => {
    const random = read(directory, `random_${campaign}`)
    const sampling = read(directory, `bts_${campaign}`)
    return [
      compared(campaign, 'random', sampling, random, uniformOver(random)),
      compared(campaign, 'bts', random, sampling, frequenciesOf(sampling)),
    ]
  })
  return Object.fromEntries(results.flat())
}

const read = (directory: string, name: string): Decision[] => {
  const text = gunzipSync(readFileSync(join(directory, `${name}.csv.gz`)))
  const rows: Record<string, string>[] = parse(text, { columns: true })
  return rows.map((row) => ({
    item: Number(row['item_id']),
    position: Number(row['position']),
    click: Number(row['click']),
    propensity: Number(row['propensity_score']),
  }))
}

/** Probability that a policy shows an item at a position. */
type Policy = (item: number, position: number) => number

const uniformOver = (decisions: readonly Decision[]): Policy => {
  const items = new Set(decisions.map(({ item }) => item)).size
  return () => 1 / items
}

/** The policy as it acted: it knows nothing of users, so how often it chose an item at a position is what it is. */
const frequenciesOf = (decisions: readonly Decision[]): Policy => {
  const chosen = countsOf(decisions, keyOf)
  const all = countsOf(decisions, ({ position }) => String(position))
  return (item, position) => (chosen.get(keyOf({ item, position })) ?? 0) / all.get(String(position))!
}

const keyOf = ({ item, position }: Pick<Decision, 'item' | 'position'>): string => `${item} ${position}`

const countsOf = (
  decisions: readonly Decision[],
  key: (decision: Decision) => string,
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const decision of decisions) counts.set(key(decision), (counts.get(key(decision)) ?? 0) + 1)
  return counts
}

/** What people read beside numbers: whether the effective decisions are enough for them to say anything. */
type Figure = number | boolean | 'too few' | 'enough'

const compared = (
  campaign: string,
  policy: string,
  logged: readonly Decision[],
  own: readonly Decision[],
  target: Policy,
): [string, Figure][] => {
  const decisions: LoggedDecisions = {
    rewards: Float64Array.from(logged, ({ click }) => click),
    logged: Float64Array.from(logged, ({ propensity }) => propensity),
    target: Float64Array.from(logged, ({ item, position }) => target(item, position)),
  }
  const truth = onPolicy(Float64Array.from(own, ({ click }) => click))
  const name = `${campaign}_${policy}`
  const figures = (estimator: string, estimate: Estimate): [string, Figure][] => [
    [`${name}_${estimator}`, estimate.value],
    [`${name}_${estimator}_low`, estimate.low],
    [`${name}_${estimator}_high`, estimate.high],
    [`${name}_${estimator}_agrees`, agrees(estimate, truth)],
  ]
  const inverse = inversePropensity(decisions)
  return [
    [`${name}_truth`, truth.value],
    [`${name}_truth_low`, truth.low],
    [`${name}_truth_high`, truth.high],
    [`${name}_effective_count`, Math.round(inverse.effectiveCount)],
    [`${name}_decisions`, isTooFew(inverse) ? 'too few' : 'enough'],
    ...figures('ips', inverse),
    ...figures('snips', selfNormalised(decisions)),
    ...figures('dr', doublyRobust(decisions, expectedBy(logged, target))),
  ]
}

/** The truth is an estimate too: they agree where their difference may be 0. */
const agrees = (one: Estimate, other: Estimate): boolean => {
  const error = Math.hypot(one.standardError, other.standardError)
  return holds({ low: one.value - 2 * error, high: one.value + 2 * error }, other.value)
}

/** By a click rate of each item and position, drawn towards the rate of all, which never saw what it is asked about. */
const expectedBy = (logged: readonly Decision[], target: Policy): Expected => {
  const ofTaken = new Float64Array(logged.length)
  const ofTarget = new Float64Array(logged.length)
  const items = [...new Set(logged.map(({ item }) => item))]
  const positions = [...new Set(logged.map(({ position }) => position))]
  crossFitted(
    logged.length,
    FOLDS,
    (isFitted) => {
      const rate = ratesOf(logged.filter((_, decision) => isFitted(decision)))
      const byPosition = positions.map((position): [number, number] => [
        position,
        items.reduce((total, item) => total + target(item, position) * rate(item, position), 0),
      ])
      return { rate, ofPosition: new Map(byPosition) }
    },
    ({ rate, ofPosition }, decision) => {
      const { item, position } = logged[decision]!
      ofTaken[decision] = rate(item, position)
      ofTarget[decision] = ofPosition.get(position)!
    },
  )
  return { ofTaken, ofTarget }
}

const ratesOf = (decisions: readonly Decision[]): Policy => {
  const trials = countsOf(decisions, keyOf)
  const clicks = countsOf(
    decisions.filter(({ click }) => click === 1),
    keyOf,
  )
  const base = decisions.reduce((total, { click }) => total + click, 0) / decisions.length
  return (item, position) => {
    const key = keyOf({ item, position })
    return ((clicks.get(key) ?? 0) + PRIOR_TRIALS * base) / ((trials.get(key) ?? 0) + PRIOR_TRIALS)
  }
}
