import { SECOND_MS } from '../schemas/ids.ts'
import type { ReactionKind } from '../schemas/reactions/v1.ts'

/** What a head answers: a probability from 0 to 1, a time in seconds, or a number that only orders. */
export type Output = 'probability' | 'seconds' | 'score'

/** One task of the heavy ranker: something a viewer may do with a post that is shown. */
export interface Head {
  readonly name: string
  /** Whether doing it speaks for the post or against it. */
  readonly sign: 1 | -1
  readonly output: Output
  /** Reactions that are its label, within the label join's windows. */
  readonly labels: readonly ReactionKind[]
  /** Its label is a look of at least so long: its labels' milliseconds, added up. Any look where absent. */
  readonly atLeastMs?: number
  /** Its label is what a survey said, 4 and 5 of 5 being a yes; nothing is learned of who was not asked. */
  readonly isSurveyed?: true
  readonly about: string
}

/** What a survey says at least where it counts as a yes. */
export const SATISFIED_MIN = 4

/** A head of looks of at least so many seconds. */
const dwellOf = <Seconds extends number>(seconds: Seconds) =>
  ({
    name: `dwell_${seconds}s`,
    sign: 1,
    output: 'probability',
    labels: ['dwell', 'watch'],
    atLeastMs: seconds * SECOND_MS,
    about: `Looks at it for ${seconds} s or longer, dwell and watch added up.`,
  }) as const

/**
 * The heads, in the order of the heavy ranker's outputs. Multi-label: one post may be clicked, liked and
 * hidden. `dwell` learns the logarithm of milliseconds, m = E[ln(1 + t)], and answers e^m in seconds: the
 * geometric mean, which a few very long looks do not carry away as they would the arithmetic one. How likely looks are
 * that are long is what heads of their own answer, at four lengths.
 */
export const HEADS = [
  { name: 'click', sign: 1, output: 'probability', labels: ['click'], about: 'Opens the post.' },
  {
    name: 'dwell',
    sign: 1,
    output: 'seconds',
    labels: ['dwell', 'watch'],
    about: 'Looks at it: for how long, dwell and watch added up.',
  },
  { name: 'like', sign: 1, output: 'probability', labels: ['like'], about: 'Likes it.' },
  { name: 'comment', sign: 1, output: 'probability', labels: ['comment'], about: 'Comments on it.' },
  { name: 'share', sign: 1, output: 'probability', labels: ['share'], about: 'Shares it.' },
  { name: 'save', sign: 1, output: 'probability', labels: ['save'], about: 'Saves it.' },
  {
    name: 'profile_click',
    sign: 1,
    output: 'probability',
    labels: ['profile_click'],
    about: "Opens the author's profile.",
  },
  {
    name: 'follow',
    sign: 1,
    output: 'probability',
    labels: ['follow_author', 'connect_request'],
    about: 'Follows the author or asks to connect.',
  },
  { name: 'hide', sign: -1, output: 'probability', labels: ['hide'], about: 'Hides it.' },
  { name: 'see_less', sign: -1, output: 'probability', labels: ['see_less'], about: 'Asks for less of it.' },
  { name: 'report', sign: -1, output: 'probability', labels: ['report'], about: 'Reports it.' },
  { name: 'block', sign: -1, output: 'probability', labels: ['block_author'], about: 'Blocks the author.' },
  { name: 'skip', sign: -1, output: 'probability', labels: ['skip'], about: 'Scrolls past at once.' },
  {
    name: 'satisfaction',
    sign: 1,
    output: 'probability',
    labels: [],
    isSurveyed: true,
    about: 'Says, when asked, that they are satisfied.',
  },
  dwellOf(8),
  dwellOf(15),
  dwellOf(25),
  dwellOf(30),
] as const satisfies readonly Head[]

export type HeadName = (typeof HEADS)[number]['name']

export const HEAD_NAMES: readonly HeadName[] = HEADS.map((head) => head.name)

/** The light ranker's only head: larger for what the heavy ranker would keep. */
export const KEEP_HEAD = { name: 'keep', output: 'score' } as const satisfies Pick<Head, 'name' | 'output'>
