import { DAY_MS } from '../schemas/ids.ts'

/** Most users of a world: ties and what was seen are kept for each pair that matters, in memory. */
export const USERS_MAX = 20_000
export const USERS_MIN = 20
/** Most posts of a world. A bit is kept for each user and post. */
export const POSTS_MAX = 4_000_000
/** Bits of what users have seen, in bytes, beyond which a world takes no more posts. */
export const SEEN_BYTES_MAX = 1 << 30

/** A feed holds no more posts than this. */
export const POSTS_PER_FEED_MAX = 100

/** Older posts are no candidates of the oracle's. */
export const FRESH_MS = 14 * DAY_MS

/** What a world is a function of, beside what it is shown. */
export interface WorldParameters {
  readonly seed: number
  /** `USERS_MIN` to `USERS_MAX`. */
  readonly users: number
  /** When people begin to post and read: milliseconds since 1970. Ties are older. */
  readonly startAt: number
  /** Posts a user and day on average; a few write most of them. */
  readonly postsPerUserDay: number
  /** Feeds a user and day on average, in sessions by hour and habit. */
  readonly feedsPerUserDay: number
  /** Share of users who only look. */
  readonly passiveShare: number
  /** Share of users whose posts are spam. */
  readonly spammerShare: number
  /** Chance a day that a user's favourite subject changes; tastes wander a little besides. */
  readonly driftPerDay: number
  /** What event ids begin with; two worlds on one log need different ones. */
  readonly eventPrefix: string
}

export const WORLD_DEFAULTS = {
  seed: 1,
  users: 300,
  startAt: Date.UTC(2026, 0, 5),
  postsPerUserDay: 1,
  feedsPerUserDay: 2.5,
  passiveShare: 0.35,
  spammerShare: 0.01,
  driftPerDay: 0.02,
  eventPrefix: 'world',
} as const satisfies WorldParameters

/** Throws a `RangeError` that names the field. */
export const checkParameters = (parameters: WorldParameters): void => {
  const { users, postsPerUserDay, feedsPerUserDay, passiveShare, spammerShare, driftPerDay } = parameters
  within('users', users, USERS_MIN, USERS_MAX)
  within('postsPerUserDay', postsPerUserDay, 0, 100)
  within('feedsPerUserDay', feedsPerUserDay, 0, 1_000)
  within('passiveShare', passiveShare, 0, 1)
  within('spammerShare', spammerShare, 0, 1)
  within('driftPerDay', driftPerDay, 0, 1)
  if (!Number.isInteger(users)) throw new RangeError(`users: ${users} is no whole number`)
}

const within = (field: string, value: number, min: number, max: number): void => {
  if (!(value >= min && value <= max))
    throw new RangeError(`${field}: ${value} is not from ${min} to ${max}; choose one that is`)
}
