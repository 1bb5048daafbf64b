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
  const footer = `${found} posts found, ${eligible} eligible, ${pass1} scored in ${meta.tookMs.toFixed(1)} ms; model ${meta.modelVersion}, configuration ${meta.configVersion}.`
  const degraded = meta.degraded.map(({ stage, reason }) => `Without ${stage}: ${reason}.`)
  if (rows.length === 0) return ['There is nothing to show.', footer, ...degraded].join('\n')
  return [
    ...columns([['#', 'post', 'author', 'kind', 'score', 'why'], ...rows]),
    '',
    footer,
    ...degraded,
  ].join('\n')
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

/** Cells under each other; the last of a line is not padded. */
const columns = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
