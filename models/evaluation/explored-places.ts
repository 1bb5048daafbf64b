import type { Example } from '../../schemas/examples/index.ts'
import type { RequestId } from '../../schemas/ids.ts'
import { isAbout, rarer } from './explorations.ts'

/** A place of a feed that was left to chance. */
export interface ExploredPlace {
  /** The posts that it may have held; the first is the one that it held. */
  readonly posts: readonly Example[]
}

/**
 * Finds the places that chance was left, in examples as they settle: those of a request come together. Where one post
 * may be drawn to a place from d below it, all d + 1 posts have a propensity below 1, of which the second tells the
 * share that is left to chance and each after it a d-th of that less (see `propensityAt` of serving's exploration): so a
 * place of which not all posts were shown is mostly known by itself, and `Explorations` tells the others. Where they were
 * not, nobody can say what else there was to choose. Two alone may be all of them, or the first two of many: a post below
 * them that nothing was left to tells which.
 */
export class ExploredPlaces {
  /** Requests of which it is known that some posts that chance may have drawn were not shown, on this page. */
  cutShort = 0
  private requestId: RequestId | null = null
  private posts: Example[] = []
  /** The lowest place that was shown. */
  private lowest = 0

  /** Takes an example; answers the place of the request that it ends, as far as there is one. */
  take(example: Example): ExploredPlace | null {
    if (example.phase !== 'settled') return null
    const ended = example.requestId === this.requestId ? null : this.end()
    this.requestId = example.requestId
    if (example.propensity < 1) this.posts.push(example)
    this.lowest = Math.max(this.lowest, example.position)
    return ended
  }

  /** The place of the request that was taken last. */
  end(): ExploredPlace | null {
    const posts = this.posts.sort((one, other) => one.position - other.position)
    const isLast = this.lowest === posts.at(-1)?.position
    this.posts = []
    this.lowest = 0
    if (posts.length === 0) return null
    const propensities = posts.map(({ propensity }) => propensity)
    if (isWhole(propensities) && !(posts.length === 2 && isLast)) return { posts }
    this.cutShort++
    return null
  }
}

const isWhole = ([held, ...below]: readonly number[]): boolean => {
  if (below.length === 0) return false
  const share = rarer(below[0]!)
  const drawn = share / below.length
  if (!isAbout(held!, 1 - share) && !isAbout(held!, drawn)) return false
  return below.every((propensity, index) => isAbout(rarer(propensity), drawn * (below.length - index)))
}
