/**
 * Everybody, whether their feeds were served under an experiment or not, as an arm of one that is no experiment: so all
 * traffic has the same figures.
 */
export const EVERYBODY = { experiment: 'everyone', arm: 'all' } as const
export const EVERYBODY_ARM = `${EVERYBODY.experiment}/${EVERYBODY.arm}`

/**
 * What is counted of a user's feeds under an experiment, whole numbers all. shown: posts; clicks: posts clicked;
 * reactions and negatives: deeds for and against posts; seconds: dwell and watch, rounded a slate; satisfaction:
 * the sum of what surveys answered, from 1 to 5.
 */
export const MEASURES = [
  'feeds',
  'shown',
  'clicks',
  'reactions',
  'negatives',
  'seconds',
  'surveys',
  'satisfaction',
] as const
export type Measure = (typeof MEASURES)[number]
export type Measures = Readonly<Record<Measure, number>>

export const NO_MEASURES: Measures = {
  feeds: 0,
  shown: 0,
  clicks: 0,
  reactions: 0,
  negatives: 0,
  seconds: 0,
  surveys: 0,
  satisfaction: 0,
}

/** Figures that experiments are compared by: a sum over users by another. */
export const RATIOS = [
  { name: 'click_through', of: 'clicks', per: 'shown', about: 'Posts clicked, by posts shown.' },
  { name: 'reaction_rate', of: 'reactions', per: 'shown', about: 'Deeds for posts, by posts shown.' },
  { name: 'negative_rate', of: 'negatives', per: 'shown', about: 'Deeds against posts, by posts shown.' },
  { name: 'seconds_per_feed', of: 'seconds', per: 'feeds', about: 'Time spent looking, by pages of feeds.' },
  { name: 'satisfaction', of: 'satisfaction', per: 'surveys', about: 'What surveys answered, on average.' },
] as const satisfies readonly {
  readonly name: string
  readonly of: Measure
  readonly per: Measure
  readonly about: string
}[]
export type RatioName = (typeof RATIOS)[number]['name']

/** Posts that somebody was shown, below which nobody can tell whether they do more than look. */
export const PASSIVE_SHOWN_MIN = 50
/** Who did something on less than one in so many of them is passive. */
export const PASSIVE_ONE_IN = 25

/** Whether somebody who met so many posts did so little beside looking at them. */
export const rarelyDoesMore = (posts: number, deeds: number): boolean => deeds * PASSIVE_ONE_IN < posts

/** Whether somebody looks and rarely does more, by what they did. */
export const isPassive = ({ shown, clicks, reactions, negatives }: Measures): boolean =>
  shown >= PASSIVE_SHOWN_MIN && rarelyDoesMore(shown, clicks + reactions + negatives)

export const added = (one: Measures, other: Measures): Measures => combined(one, other, 1)
const combined = (one: Measures, other: Measures, sign: 1 | -1): Measures => ({
  feeds: one.feeds + sign * other.feeds,
  shown: one.shown + sign * other.shown,
  clicks: one.clicks + sign * other.clicks,
  reactions: one.reactions + sign * other.reactions,
  negatives: one.negatives + sign * other.negatives,
  seconds: one.seconds + sign * other.seconds,
  surveys: one.surveys + sign * other.surveys,
  satisfaction: one.satisfaction + sign * other.satisfaction,
})

/**
 * Sums over users, of which the ratios and how sure they are follow: how many there are, each measure, its square,
 * and each ratio's measures multiplied. Users, not impressions, are what an experiment deals out: what one of them
 * does hangs together, so variances are over users.
 */
export interface Moments {
  readonly users: number
  readonly sums: Measures
  readonly squares: Measures
  /** In the order of `RATIOS`. */
  readonly products: readonly number[]
}

export const NO_MOMENTS: Moments = {
  users: 0,
  sums: NO_MEASURES,
  squares: NO_MEASURES,
  products: RATIOS.map(() => 0),
}

/** What a user whose measures change adds to the sums; null stands for a user that is not counted. */
export const change = (before: Measures | null, after: Measures | null): Moments => {
  const [from, to] = [before ?? NO_MEASURES, after ?? NO_MEASURES]
  return {
    users: (after === null ? 0 : 1) - (before === null ? 0 : 1),
    sums: combined(to, from, -1),
    squares: combined(squared(to), squared(from), -1),
    products: RATIOS.map(({ of, per }) => to[of] * to[per] - from[of] * from[per]),
  }
}

export const summed = (one: Moments, other: Moments): Moments => ({
  users: one.users + other.users,
  sums: added(one.sums, other.sums),
  squares: added(one.squares, other.squares),
  products: one.products.map((product, index) => product + other.products[index]!),
})

const squared = (measures: Measures): Measures => ({
  feeds: measures.feeds ** 2,
  shown: measures.shown ** 2,
  clicks: measures.clicks ** 2,
  reactions: measures.reactions ** 2,
  negatives: measures.negatives ** 2,
  seconds: measures.seconds ** 2,
  surveys: measures.surveys ** 2,
  satisfaction: measures.satisfaction ** 2,
})
