import {
  type ChosenPost,
  PLACE_MEASURES,
  type PlaceEstimates,
  placeEstimates,
  type PlaceMeasure,
} from '../../models/evaluation/chosen-posts.ts'
import { isTooFew, type OffPolicyEstimate } from '../../models/evaluation/off-policy.ts'
import { columns } from '../columns.ts'
import { grouped } from '../terminal.ts'
import type { ReadPlaces } from './places.ts'

/** An estimate with its 95% interval. */
export interface EstimateReport {
  readonly value: number
  readonly low: number
  readonly high: number
}

type EstimatorReports = Readonly<Record<keyof PlaceEstimates, EstimateReport>>

/** What `freshet off-policy --json` prints. */
export interface OffPolicyReport {
  /** Versions of what was asked: of the value model, and of the model; null where heads are as they were served. */
  readonly value_model: string
  readonly model: string | null
  readonly examples: number
  /** Places that were left to chance and count. */
  readonly places: number
  readonly left_out: ReadPlaces['leftOut']
  /** Whether there were more places than are read at once. */
  readonly cut: boolean
  /** Share of the places that the ranking would have given to the same post. */
  readonly same_share: number | null
  /** Places that the weighted ones are worth. */
  readonly effective_count: number
  readonly too_few: boolean
  /** A place, by what it is judged by; null for fewer than two places. */
  readonly figures: Readonly<Record<PlaceMeasure, EstimatorReports>> | null
}

export const reportOf = (
  { places, examples, leftOut, isCut }: ReadPlaces,
  asked: Pick<OffPolicyReport, 'value_model' | 'model'>,
): OffPolicyReport => {
  const estimates = places.length < 2 ? null : placeEstimates(places)
  const effectiveCount = estimates?.clicks.ips.effectiveCount ?? 0
  return {
    ...asked,
    examples,
    places: places.length,
    left_out: leftOut,
    cut: isCut,
    same_share: sameShare(places),
    effective_count: effectiveCount,
    too_few: isTooFew({ effectiveCount }),
    figures: estimates && byMeasure((measure) => reportsOf(estimates[measure])),
  }
}

const sameShare = (places: readonly ChosenPost[]): number | null =>
  places.length === 0 ? null : places.filter(({ isSame }) => isSame).length / places.length

const byMeasure = <Value>(valueOf: (measure: PlaceMeasure) => Value): Record<PlaceMeasure, Value> =>
  Object.fromEntries(MEASURES.map((measure) => [measure, valueOf(measure)])) as Record<PlaceMeasure, Value>

const MEASURES = Object.keys(PLACE_MEASURES) as PlaceMeasure[]

const reportsOf = ({ logged, ips, snips, dr }: PlaceEstimates): EstimatorReports => ({
  logged: shortOf(logged),
  ips: shortOf(ips),
  snips: shortOf(snips),
  dr: shortOf(dr),
})

const shortOf = ({ value, low, high }: OffPolicyEstimate): EstimateReport => ({ value, low, high })

const DIGITS = 4
const TITLES = ['a place', 'as shown', 'IPS', 'self-normalised', 'doubly robust']
const TOO_FEW = 'too few'

/** As a table for people. */
export const reportText = (report: OffPolicyReport): string => {
  const { places, left_out, same_share, effective_count, too_few, figures, value_model, model } = report
  const others = Object.entries(left_out).filter(([, count]) => count > 0)
  return [
    `${grouped(report.examples)} examples: ${grouped(places)} places were left to chance${report.cut ? ', and there are more' : ''}`,
    ...(others.length === 0
      ? []
      : [
          `left out: ${others.map(([why, count]) => `${why.replace('_', ' ')} ${grouped(count)}`).join(', ')}`,
        ]),
    `asked: value model ${value_model}, ${model === null ? 'heads as they were served' : `model ${model}`}`,
    ...(same_share === null
      ? []
      : [
          `It would have shown the same in ${(same_share * 100).toFixed(1)}%; weighted, they are worth ${grouped(effective_count)} places${too_few ? `: ${TOO_FEW}` : ''}.`,
        ]),
    ...(figures === null
      ? []
      : columns([TITLES, ...MEASURES.map((name) => rowOf(name, figures[name], too_few))])),
  ].join('\n')
}

const rowOf = (
  name: PlaceMeasure,
  { logged, ips, snips, dr }: EstimatorReports,
  isFew: boolean,
): readonly string[] => [
  name,
  shown(logged),
  ...(isFew ? [TOO_FEW, TOO_FEW, TOO_FEW] : [ips, snips, dr].map(shown)),
]

const shown = ({ value, low, high }: EstimateReport): string =>
  `${value.toFixed(DIGITS)} (${low.toFixed(DIGITS)} to ${high.toFixed(DIGITS)})`
