import { columns } from '../columns.ts'
import type { ExplainAnswer } from '../../serving/http/explain-schemas.ts'
import type { FeedAnswer, Trace } from '../../serving/http/feed-schemas.ts'

const SCORE_DIGITS = 4
const shortened = (value: number): string => String(Number(value.toPrecision(SCORE_DIGITS)))

/** A feed for people: a line a post, with the reason it is there. */
export const feedTable = ({ items, meta }: FeedAnswer): string => {
  const rows = items.map(({ position, postId, authorId, score, post, reason }) => [
    String(position + 1),
    postId,
    authorId,
    post.kind,
    shortened(score),
    reason.text,
  ])
  const { found, eligible, pass1 } = meta.candidates
  const footer = `${found} posts found, ${eligible} eligible, ${pass1} scored in ${meta.tookMs.toFixed(1)} ms; model ${meta.modelVersion} (${meta.modelOrigin}), configuration ${meta.configVersion}.`
  const degraded = meta.degraded.map(({ stage, reason }) => `Without ${stage}: ${reason}.`)
  if (rows.length === 0)
    return ['There is nothing to show.', ...removedOf(meta), footer, ...degraded].join('\n')
  return [
    ...columns([['#', 'post', 'author', 'kind', 'score', 'why'], ...rows]),
    '',
    footer,
    ...degraded,
  ].join('\n')
}

/** Why what was found is not shown. */
const removedOf = ({ removed, asOf }: FeedAnswer['meta']): string[] => {
  const counts = Object.entries(removed).filter(([, count]) => count > 0)
  if (counts.length === 0) return []
  const left = `Left out: ${counts.map(([why, count]) => `${count} ${why}`).join(', ')}.`
  const [[main]] = counts.toSorted(([, one], [, other]) => other - one) as [[string, number]]
  const advice = `As of ${new Date(asOf).toISOString()} most are too old: try an earlier --as-of.`
  return main === 'too-old' ? [left, advice] : [left]
}

/** Why a post is in a feed or not, for people. */
export const explainTable = ({ text, sources, passes, trace, features }: ExplainAnswer): string => {
  const passRows = Object.entries(passes).flatMap(([name, pass]) =>
    pass === undefined
      ? []
      : [[name, `place ${pass.rank + 1}`, `score ${shortened(pass.score)}`, pass.kept ? 'kept' : 'dropped']],
  )
  return [
    text,
    ...section(
      'Sources',
      sources.map(({ source, found, text: word }) => [source, found ? 'found it' : '', word]),
    ),
    ...section('Passes', passRows),
    ...(trace === undefined ? [] : traceSections(trace)),
    ...section(
      'Features',
      Object.entries(features ?? {}).map(([name, value]) => [name, shortened(value)]),
    ),
  ].join('\n')
}

const traceSections = ({ expectedValue, heads, multipliers }: Trace): string[] => [
  ...section(
    `Expected value ${shortened(expectedValue)}`,
    heads.map(({ head, probability, weight, value }) => [
      head,
      shortened(probability),
      `× ${shortened(weight)}`,
      `= ${shortened(value)}`,
    ]),
  ),
  ...section(
    'Rules',
    multipliers.map(({ rule, factor }) => [rule, `× ${shortened(factor)}`]),
  ),
]

const section = (title: string, rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : ['', title, ...columns(rows).map((line) => `  ${line}`)]
