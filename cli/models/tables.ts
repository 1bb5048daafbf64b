import type { HeadReports } from '../../models/metrics/progressive.ts'
import type { ModelRecord } from '../../models/registry/record.ts'
import type { ModelList } from './admin.ts'
import { columns } from '../columns.ts'
import { grouped } from '../terminal.ts'

/** Figures that are compared, by the kind of head. */
const FIGURES = ['auc', 'normalisedEntropy', 'calibration', 'meanAbsoluteError', 'loss', 'kept'] as const
type Figure = (typeof FIGURES)[number]

const LABELS: Readonly<Record<Figure, string>> = {
  auc: 'AUC',
  normalisedEntropy: 'normalised entropy',
  calibration: 'calibration',
  meanAbsoluteError: 'error of ln(ms)',
  loss: 'loss',
  kept: 'share of the first kept',
}

export const listText = ({ records, held }: ModelList): string => {
  const rows = records
    .toSorted(byUse)
    .map((each) => [
      each.model,
      each.version,
      each.state,
      each.origin,
      grouped(each.examples),
      dateOf(each.offeredAt),
      each.promotedAt === null ? '-' : dateOf(each.promotedAt),
      clipped(each.reason),
    ])
  const holds = Object.entries(held).map(
    ([model, { at, reason }]) => `Promotion of ${model} is held since ${dateOf(at)}: ${reason}`,
  )
  const head = ['model', 'version', 'state', 'origin', 'examples', 'offered', 'live since', 'why']
  return [...columns([head, ...rows]), ...holds].join('\n')
}

/** By model; what serves first, then the newest. */
const byUse = (one: ModelRecord, other: ModelRecord): number =>
  one.model.localeCompare(other.model) ||
  Number(other.state === 'live') - Number(one.state === 'live') ||
  other.offeredAt - one.offeredAt

export const recordText = (record: ModelRecord): string => {
  const { model, version, state, parent, origin, columnsHash, examples, trainedUntil, reason } = record
  const facts = [
    ['state', state],
    ['why', reason],
    ['origin', origin],
    ['parent', parent ?? '-'],
    ['columns', columnsHash],
    ['examples', grouped(examples)],
    ['trained until', trainedUntil === null ? '-' : dateOf(trainedUntil)],
    ['offered', dateOf(record.offeredAt)],
    ['live since', record.promotedAt === null ? '-' : dateOf(record.promotedAt)],
    ['files', record.hasFiles ? 'there' : 'deleted'],
  ]
  const beside =
    record.against === null ? [] : ['', `beside ${record.against.version}, on the same examples:`]
  return [
    `${model} ${version}`,
    ...columns(facts),
    ...beside,
    ...(record.metrics === null ? [] : metricsTable(record.metrics, record.against?.metrics ?? {})),
  ].join('\n')
}

export interface FigureDifference {
  readonly head: string
  readonly figure: Figure
  readonly one: number | null
  readonly other: number | null
}

/** What two versions were judged by, head by head. Each on its own examples, unless one was offered against the other. */
export const differences = (one: ModelRecord, other: ModelRecord): FigureDifference[] => {
  const own = metricsBeside(one, other)
  const theirs = metricsBeside(other, one)
  return [...new Set([...Object.keys(own), ...Object.keys(theirs)])].flatMap((head) =>
    FIGURES.map((figure) => ({
      head,
      figure,
      one: figureOf(own, head, figure),
      other: figureOf(theirs, head, figure),
    })).filter((each) => each.one !== null || each.other !== null),
  )
}

/** Of a version: on the examples of the other one, where that was offered against it. */
const metricsBeside = ({ version, metrics }: ModelRecord, { against }: ModelRecord): HeadReports =>
  (against?.version === version ? against.metrics : metrics) ?? {}

export const differenceText = (one: ModelRecord, other: ModelRecord): string =>
  [
    `${one.model} ${one.version} (${one.state}) and ${other.version} (${other.state})`,
    ...columns([
      ['', shortOf(one), shortOf(other)],
      ['columns', one.columnsHash, other.columnsHash],
      ['examples', grouped(one.examples), grouped(other.examples)],
    ]),
    ...figureTable(differences(one, other), shortOf(one), shortOf(other)),
  ].join('\n')

const SHORT_CHARACTERS = 12

const shortOf = ({ version, state }: ModelRecord): string =>
  `${version.slice(0, SHORT_CHARACTERS)} (${state})`

const metricsTable = (own: HeadReports, live: HeadReports): string[] =>
  figureTable(
    Object.keys(own).flatMap((head) =>
      FIGURES.map((figure) => ({
        head,
        figure,
        one: figureOf(live, head, figure),
        other: figureOf(own, head, figure),
      })).filter(({ other }) => other !== null),
    ),
    'beside',
    'its own',
  )

const figureTable = (figures: readonly FigureDifference[], one: string, other: string): string[] =>
  columns([
    ['head', 'figure', one, other],
    ...figures.map((each) => [each.head, LABELS[each.figure], shown(each.one), shown(each.other)]),
  ])

const figureOf = (reports: HeadReports, head: string, figure: Figure): number | null => {
  const report = reports[head]
  if (report === undefined || !(figure in report)) return null
  return report[figure as keyof typeof report] as number | null
}

const shown = (value: number | null): string => (value === null ? '-' : value.toFixed(4))

const dateOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`

const REASON_CHARACTERS_MAX = 80

const clipped = (reason: string): string =>
  reason.length <= REASON_CHARACTERS_MAX ? reason : `${reason.slice(0, REASON_CHARACTERS_MAX - 1)}…`
