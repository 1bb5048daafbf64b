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
interface MomentsOf<Wide extends number | bigint> {
  readonly users: number
  readonly sums: Measures
  readonly squares: Readonly<Record<Measure, Wide>>
  /** In the order of `RATIOS`. */
  readonly products: readonly Wide[]
}

/**
 * As they are kept. A user who looks for half an hour a day is at 657,000 seconds after a year, and the squares of
 * 10,433 of them are beyond what a signed varint holds (2^52): so squares and products are bigints. Sums are far from there:
 * 2^52 seconds are seven billion such years.
 */
export type Moments = MomentsOf<bigint>
/** As figures are made of them: rounded to 53 bits. */
export type RoundedMoments = MomentsOf<number>

const NO_SQUARES: Moments['squares'] = {
  feeds: 0n,
  shown: 0n,
  clicks: 0n,
  reactions: 0n,
  negatives: 0n,
  seconds: 0n,
  surveys: 0n,
  satisfaction: 0n,
}

export const NO_MOMENTS: Moments = {
  users: 0,
  sums: NO_MEASURES,
  squares: NO_SQUARES,
  products: RATIOS.map(() => 0n),
}

/** What a user whose measures change adds to the sums; null stands for a user that is not counted. */
export const change = (before: Measures | null, after: Measures | null): Moments => {
  const [from, to] = [before ?? NO_MEASURES, after ?? NO_MEASURES]
  return {
    users: (after === null ? 0 : 1) - (before === null ? 0 : 1),
    sums: combined(to, from, -1),
    squares: bySquare((measure) => grown(from, to, measure, measure)),
    products: RATIOS.map(({ of, per }) => grown(from, to, of, per)),
  }
}

export const summed = (one: Moments, other: Moments): Moments => ({
  users: one.users + other.users,
  sums: added(one.sums, other.sums),
  squares: bySquare((measure) => one.squares[measure] + other.squares[measure]),
  products: one.products.map((product, index) => product + other.products[index]!),
})

export const rounded = ({ users, sums, squares, products }: Moments): RoundedMoments => ({
  users,
  sums,
  squares: bySquare((measure) => Number(squares[measure])),
  products: products.map(Number),
})

const bySquare = <Wide extends number | bigint>(
  squareOf: (measure: Measure) => Wide,
): Readonly<Record<Measure, Wide>> => ({
  feeds: squareOf('feeds'),
  shown: squareOf('shown'),
  clicks: squareOf('clicks'),
  reactions: squareOf('reactions'),
  negatives: squareOf('negatives'),
  seconds: squareOf('seconds'),
  surveys: squareOf('surveys'),
  satisfaction: squareOf('satisfaction'),
})

/** How much larger the product of two measures is than it was. */
const grown = (from: Measures, to: Measures, one: Measure, other: Measure): bigint =>
  from[one] === to[one] && from[other] === to[other]
    ? 0n
    : product(to[one], to[other]) - product(from[one], from[other])

/** A product that is no safe integer may have been rounded; multiplied as bigints it is not. */
const product = (one: number, other: number): bigint => {
  const narrow = one * other
  return Number.isSafeInteger(narrow) ? BigInt(narrow) : BigInt(one) * BigInt(other)
}
