import { Random } from '../../../engine/driver/random.ts'
import { HEAD_NAMES, type HeadName } from '../../../models/heads.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import type { PostId, RequestId, UserId } from '../../../schemas/ids.ts'
import { drawPlace, propensityAt } from '../../../serving/rules/exploration.ts'
import { rankingRow } from '../../../models/ranking-row.ts'
import { packFeatures } from '../../../schemas/impressions/packed-features.ts'
import { exampleOf, labelled } from '../../models/training/sample.ts'

export const EXPLORATION = { share: 0.2, position: 1, depth: 3 }
const POSTS = 6
/** How much the viewer has to do with the author: every model takes it for a good sign. */
const TELLING = rankingRow.indexOf('user_author.engagements.decayed_30d')

interface Post {
  readonly postId: string
  readonly rates: Readonly<Record<'click' | 'like', number>>
  readonly heads: readonly number[]
  readonly features: Buffer
}

/**
 * A log whose truth is known. Posts are ranked by how surely they are clicked, and what is clicked much is liked
 * little; heads foresee both, clicks twice as often as they come; and one feature tells what is liked. A function of
 * the seed.
 */
export const simulatedLog = (requests: number, seed: number) => {
  const random = new Random(seed)
  const examples: Example[] = []
  const slates: (readonly Post[])[] = []
  for (let request = 0; request < requests; request++) {
    const posts = Array.from({ length: POSTS }, (_, index) => postOf(`p${request}-${index}`, random)).sort(
      (one, other) => other.rates.click - one.rates.click,
    )
    const { position, depth } = EXPLORATION
    slates.push(posts.slice(position, position + depth + 1))
    const moved = drawPlace(EXPLORATION, POSTS, () => random.next())
    const shown = [...posts]
    if (moved >= 0) shown.splice(position, 0, ...shown.splice(moved, 1))
    for (const [place, post] of shown.entries())
      examples.push(
        ...examplesOf(request, place, post, propensityAt(place, moved, EXPLORATION, POSTS), random),
      )
  }
  /** What a place earns, were the best by a head's rate put there. */
  const truthOf = (head: 'click' | 'like', by: 'click' | 'like'): number => {
    const best = slates.map((posts) =>
      posts.reduce((one, each) => (each.rates[by] > one.rates[by] ? each : one)),
    )
    return best.reduce((sum, { rates }) => sum + rates[head], 0) / best.length
  }
  return { examples, truthOf }
}

const postOf = (postId: string, random: Random): Post => {
  const click = 0.05 + 0.5 * random.next()
  const rates = { click, like: 0.6 - click }
  const foreseen: Partial<Record<HeadName, number>> = { click: Math.min(1, 2 * click), like: rates.like }
  const row = new Float32Array(rankingRow.width)
  row[TELLING] = 20 * rates.like
  const heads = HEAD_NAMES.map((head) => foreseen[head] ?? 0)
  return { postId, rates, heads, features: packFeatures(row) }
}

/** What settles; a like comes alone, later, and the early part of a click is told twice. */
const examplesOf = (
  request: number,
  place: number,
  { postId, rates, heads, features }: Post,
  propensity: number,
  random: Random,
): Example[] => {
  const base = exampleOf({
    exampleId: `s-${postId}`,
    requestId: `r${request}` as RequestId,
    userId: `u${request % 50}` as UserId,
    postId: postId as PostId,
    position: place,
    propensity,
    heads: [...heads],
    features,
  })
  const click = random.chance(rates.click) ? labelled('click') : []
  const like = random.chance(rates.like) ? labelled('like') : []
  const late = { ...base, phase: 'late' as const }
  return [
    { ...base, labels: click },
    ...(click.length === 0 ? [] : [{ ...late, exampleId: `e-${postId}`, isEarly: true, labels: click }]),
    ...(like.length === 0 ? [] : [{ ...late, exampleId: `l-${postId}`, labels: like }]),
  ]
}
