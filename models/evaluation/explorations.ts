import type { ExploredPlace } from './explored-places.ts'

/** What a place tells of the configuration that left it to chance, if all that chance may have put there was shown. */
export interface PlaceOutline {
  readonly configVersion: string
  readonly share: number
  /** How many posts might have been drawn to it. */
  readonly drawable: number
  /** Chance moved a post to it. */
  readonly isMoved: boolean
}

/** Between a share, which is below it, and what is left to the post that was ranked there. */
const HALF = 0.5
/** Propensities are products and quotients of a few numbers. */
const ROUNDING = 1e-9

/** Of two numbers that propensities tell. */
export const isAbout = (one: number, other: number): boolean => Math.abs(one - other) < ROUNDING

/** A share is below a half: of a probability and its opposite, the smaller is that of the draw. */
export const rarer = (propensity: number): number => Math.min(propensity, 1 - propensity)

export const outlineOf = ({ posts }: ExploredPlace): PlaceOutline => {
  const [held, first] = posts
  return {
    configVersion: held!.configVersion,
    share: rarer(first!.propensity),
    drawable: posts.length - 1,
    isMoved: held!.propensity < HALF,
  }
}

/**
 * Says of places that look whole whether they are, once all of a log were met. Where the post right below is withheld
 * and another was moved up, what is left looks like a whole place of a smaller share; where every second post from there
 * on is withheld and none was moved up, like one of half the depth. To take the one and leave its like would take places
 * by what chance did. So a place counts only if its share is the configuration's, as places tell where nothing was moved
 * (there nothing else looks like it), and if it is of more than half the posts that any place of it chose from.
 */
export class Explorations {
  private readonly shares = new Map<string, number>()
  private readonly depths = new Map<string, number>()

  meet({ configVersion, share, drawable, isMoved }: PlaceOutline): void {
    if (!isMoved) this.shares.set(configVersion, share)
    this.depths.set(configVersion, Math.max(drawable, this.depths.get(configVersion) ?? 0))
  }

  isWhole({ configVersion, share, drawable }: PlaceOutline): boolean {
    const known = this.shares.get(configVersion)
    return known !== undefined && isAbout(share, known) && 2 * drawable > this.depths.get(configVersion)!
  }
}
