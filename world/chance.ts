/** What a stream of draws is for. Each purpose has streams of its own, so that one does not move another. */
export const PURPOSES = {
  people: 1,
  friendships: 2,
  follows: 3,
  memberships: 4,
  drift: 5,
  trends: 6,
  posting: 7,
  reading: 8,
  post: 9,
  text: 10,
  visit: 11,
  meeting: 12,
  afterwards: 13,
  ties: 14,
  rankings: 15,
  pairs: 16,
} as const
export type Purpose = keyof typeof PURPOSES

/**
 * Seeded chance that is addressed, not shared: `of(purpose, a, b, c)` begins the stream that belongs to these
 * numbers. So what someone writes tomorrow does not hang on what somebody else was shown today, and two runs
 * under different rankings meet the same posts.
 *
 * Draws are mulberry32's (Tommy Ettinger, public domain); addresses are mixed by MurmurHash3's finaliser.
 */
export class Chance {
  private readonly seed: number
  private state = 0

  constructor(seed: number) {
    this.seed = mixed(seed >>> 0)
  }

  of(purpose: Purpose, a = 0, b = 0, c = 0): this {
    let state = mixed(this.seed ^ Math.imul(PURPOSES[purpose], 0x9e3779b1))
    state = mixed(state ^ a)
    state = mixed((state + b) | 0)
    this.state = mixed(state ^ Math.imul(c + 1, 0x85ebca6b))
    return this
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let drawn = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    drawn ^= drawn + Math.imul(drawn ^ (drawn >>> 7), drawn | 61)
    return ((drawn ^ (drawn >>> 14)) >>> 0) / 4294967296
  }

  /** Integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  happens(probability: number): boolean {
    return this.next() < probability
  }

  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  pick<Item>(from: readonly Item[]): Item {
    const picked = from[this.below(from.length)]
    if (picked === undefined) throw new RangeError('nothing to pick from')
    return picked
  }

  /** Exponential with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next())
  }

  /** Normal with mean 0 and deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  /** An index into weights that are not negative, each as likely as its weight; −1 when all are 0. */
  weighted(weights: ArrayLike<number>, from = 0, count = weights.length): number {
    let sum = 0
    for (let index = 0; index < count; index++) sum += weights[from + index]!
    let left = this.next() * sum
    for (let index = 0; index < count; index++) {
      left -= weights[from + index]!
      if (left < 0) return index
    }
    return -1
  }

  /**
   * Draws `count` indexes below `size` without replacement, each the likelier the greater its weight; none of
   * weight 0. Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006).
   */
  sample(size: number, count: number, weightOf: (index: number) => number): number[] {
    const keys: { readonly index: number; readonly key: number }[] = []
    for (let index = 0; index < size; index++) {
      const weight = weightOf(index)
      const draw = this.next()
      if (weight > 0) keys.push({ index, key: Math.log(draw) / weight })
    }
    return keys
      .sort((one, other) => other.key - one.key)
      .slice(0, count)
      .map(({ index }) => index)
  }
}

/** Spreads every bit of a 32-bit number over all of them. */
const mixed = (value: number): number => {
  let bits = value | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
