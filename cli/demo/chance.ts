import { Random } from '../../engine/driver/random.ts'

/** Seeded draws from the few distributions that the demo's people follow. */
export class Chance extends Random {
  /** Exponential with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next())
  }

  /** Normal with mean 0 and deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  /**
   * Draws `count` items without replacement, each the likelier the greater its weight; none of weight 0.
   * Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006).
   */
  sample<Item>(items: readonly Item[], count: number, weightOf: (item: Item) => number): readonly Item[] {
    return items
      .map((item) => ({ item, weight: weightOf(item), draw: this.next() }))
      .filter(({ weight }) => weight > 0)
      .map(({ item, weight, draw }) => ({ item, key: Math.log(draw) / weight }))
      .sort((one, other) => other.key - one.key)
      .slice(0, count)
      .map(({ item }) => item)
  }
}
