import type { Estimate } from '../../models/evaluation/interval.ts'
import { differenceOf, ratioOf } from '../../models/evaluation/ratio.ts'
import { type Moments, RATIOS, type RatioName } from '../../processors/experiments/measures.ts'
import type { RowView } from '../inspect/inspection.ts'

/** The store whose rows are read. */
export const TOTALS_STORE = 'experiment-totals'
/** The arm that others are compared with, where there is one of this name; else the first by name. */
const CONTROL = 'control'

export interface ArmReport {
  readonly arm: string
  readonly users: number
  readonly feeds: number
  /** Null where too few users say anything. */
  readonly figures: Readonly<Record<RatioName, Estimate | null>>
  /** What the figures are above those of the arm that is compared with; null for that arm. */
  readonly above: Readonly<Record<RatioName, Estimate | null>> | null
}

export interface ExperimentReport {
  readonly experiment: string
  /** A UTC day such as 2026-11-26, or `all`. */
  readonly window: string
  readonly arms: readonly ArmReport[]
}

/** Reports of the experiments whose rows these are, by name and window. */
export const experimentReports = (rows: readonly RowView[]): ExperimentReport[] => {
  const groups = Map.groupBy(rows.map(armOf), ({ experiment, window }) => `${experiment}\0${window}`)
  return [...groups.values()].map((arms) => {
    const { experiment, window } = arms[0]!
    const figures = arms
      .map(({ arm, moments }) => ({ arm, moments, figures: figuresOf(moments) }))
      .sort((one, other) => (one.arm < other.arm ? -1 : 1))
    const control = figures.find(({ arm }) => arm === CONTROL) ?? figures[0]!
    return {
      experiment,
      window,
      arms: figures.map((each) => ({
        arm: each.arm,
        users: each.moments.users,
        feeds: each.moments.sums.feeds,
        figures: each.figures,
        above: each === control ? null : differences(each.figures, control.figures),
      })),
    }
  })
}

interface ArmRow {
  readonly experiment: string
  readonly arm: string
  readonly window: string
  readonly moments: Moments
}

/** The store's own decoder made the value. */
const armOf = ({ key, value }: RowView): ArmRow => {
  const [label = '', window = ''] = key
  const [experiment = '', arm = ''] = label.split('/')
  return { experiment, arm, window, moments: value as unknown as Moments }
}

type Figures = Readonly<Record<RatioName, Estimate | null>>

const byRatio = (figureOf: (name: RatioName, index: number) => Estimate | null): Figures =>
  Object.fromEntries(RATIOS.map(({ name }, index) => [name, figureOf(name, index)])) as Figures

const figuresOf = ({ users, sums, squares, products }: Moments): Figures =>
  byRatio((_name, index) => {
    const { of, per } = RATIOS[index]!
    return ratioOf({
      count: users,
      y: sums[of],
      x: sums[per],
      yy: squares[of],
      xx: squares[per],
      xy: products[index]!,
    })
  })

const differences = (own: Figures, control: Figures): Figures =>
  byRatio((name) => {
    const [one, other] = [own[name], control[name]]
    return one === null || other === null ? null : differenceOf(one, other)
  })

/** As a table for people; a star is on what is above or below the other arm for sure. */
export const reportText = ({ experiment, window, arms }: ExperimentReport): string =>
  [
    `${experiment}, ${window === 'all' ? 'in all' : `on ${window}`}`,
    ...arms.flatMap(({ arm, users, feeds, figures, above }) => [
      `  ${arm}: ${users} users, ${feeds} feeds`,
      ...RATIOS.map(
        ({ name }) => `    ${name.padEnd(18)}${figureText(figures[name], above?.[name] ?? null)}`,
      ),
    ]),
  ].join('\n')

const DIGITS = 4
const DIGITS_WIDTH = 10

const figureText = (figure: Estimate | null, above: Estimate | null): string => {
  if (figure === null) return '-'.padStart(DIGITS_WIDTH)
  const own = `${shown(figure.value).padStart(DIGITS_WIDTH)} (${shown(figure.low)} to ${shown(figure.high)})`
  if (above === null) return own
  const isSure = above.low > 0 || above.high < 0
  return `${own}  ${above.value < 0 ? '' : '+'}${shown(above.value)} (${shown(above.low)} to ${shown(above.high)})${isSure ? ' *' : ''}`
}

const shown = (value: number): string => value.toFixed(DIGITS)
