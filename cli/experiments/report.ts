import type { Estimate } from '../../models/evaluation/interval.ts'
import { differenceOf, ratioOf } from '../../models/evaluation/ratio.ts'
import {
  NO_MOMENTS,
  RATIOS,
  type RatioName,
  rounded,
  type RoundedMoments,
} from '../../processors/experiments/measures.ts'
import { PASSIVE } from '../../processors/experiments/users.ts'
import type { RowView } from '../inspect/inspection.ts'

/** The store whose rows are read. */
export const TOTALS_STORE = 'experiment-totals'
/** The arm that others are compared with, where there is one of this name; else the first by name. */
const CONTROL = 'control'

const NOTHING = rounded(NO_MOMENTS)

/** What came of some users. */
interface UsersReport {
  readonly users: number
  readonly feeds: number
  /** Null where too few users say anything. */
  readonly figures: Readonly<Record<RatioName, Estimate | null>>
  /** What the figures are above those of the arm that is compared with; null for that arm. */
  readonly above: Readonly<Record<RatioName, Estimate | null>> | null
}

export interface ArmReport extends UsersReport {
  readonly arm: string
  /** Of them, those who look and rarely do more, by what they did in the window; beside those of the other arm. */
  readonly passive: UsersReport
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
    const passive = new Map(arms.filter(({ segment }) => segment === PASSIVE).map((each) => [each.arm, each]))
    const all = arms
      .filter(({ segment }) => segment === undefined)
      .sort((one, other) => (one.arm < other.arm ? -1 : 1))
    const control = all.find(({ arm }) => arm === CONTROL) ?? all[0]!
    const passiveOf = ({ arm }: ArmRow): RoundedMoments => passive.get(arm)?.moments ?? NOTHING
    return {
      experiment,
      window,
      arms: all.map((each) => ({
        arm: each.arm,
        ...usersReport(each.moments, each === control ? null : control.moments),
        passive: usersReport(passiveOf(each), each === control ? null : passiveOf(control)),
      })),
    }
  })
}

const usersReport = (own: RoundedMoments, control: RoundedMoments | null): UsersReport => {
  const figures = figuresOf(own)
  return {
    users: own.users,
    feeds: own.sums.feeds,
    figures,
    above: control && differences(figures, figuresOf(control)),
  }
}

interface ArmRow {
  readonly experiment: string
  readonly arm: string
  readonly window: string
  /** Whose sums these are, where not everybody's. */
  readonly segment: string | undefined
  readonly moments: RoundedMoments
}

/** The store's own decoder made the value. */
const armOf = ({ key, value }: RowView): ArmRow => {
  const [label = '', window = ''] = key
  const [experiment = '', arm = '', segment] = label.split('/')
  return { experiment, arm, window, segment, moments: value as unknown as RoundedMoments }
}

type Figures = Readonly<Record<RatioName, Estimate | null>>

const byRatio = (figureOf: (name: RatioName, index: number) => Estimate | null): Figures =>
  Object.fromEntries(RATIOS.map(({ name }, index) => [name, figureOf(name, index)])) as Figures

const figuresOf = ({ users, sums, squares, products }: RoundedMoments): Figures =>
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
    ...arms.flatMap(({ arm, passive, ...all }) => [
      ...usersText(arm, all),
      ...(passive.users === 0 ? [] : usersText(`${arm}, who look and rarely do more`, passive)),
    ]),
  ].join('\n')

const usersText = (name: string, { users, feeds, figures, above }: UsersReport): readonly string[] => [
  `  ${name}: ${users} users, ${feeds} feeds`,
  ...RATIOS.map(
    (each) => `    ${each.name.padEnd(18)}${figureText(figures[each.name], above?.[each.name] ?? null)}`,
  ),
]

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
