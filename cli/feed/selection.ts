import type { UserId } from '../../schemas/ids.ts'
import type { Ranked } from './ranking.ts'
import { REPEAT_WEIGHT } from './score.ts'

/**
 * Takes posts one by one, best first, where each post of an author that was taken already costs the next one
 * `REPEAT_WEIGHT` more. Every call takes on from where the last one ended.
 */
export class Selection {
  private readonly left: Ranked[]
  private readonly taken: Map<UserId, number>

  /** `ranked` is in order of score; `taken` counts posts by author, and may be shared. */
  constructor(ranked: readonly Ranked[], taken = new Map<UserId, number>()) {
    this.left = [...ranked]
    this.taken = taken
  }

  get isEmpty(): boolean {
    return this.left.length === 0
  }

  take(count: number): Ranked[] {
    const chosen: Ranked[] = []
    while (chosen.length < count && this.left.length > 0) chosen.push(this.next())
    return chosen
  }

  private next(): Ranked {
    let best = 0
    let bestScore = -Infinity
    for (const [index, { score, candidate }] of this.left.entries()) {
      // The list is in order of score, and repetition only lowers it.
      if (score <= bestScore) break
      const lowered = score + this.repeatOf(candidate.post.authorId)
      if (lowered <= bestScore) continue
      best = index
      bestScore = lowered
    }
    const [chosen] = this.left.splice(best, 1)
    return this.note(chosen!)
  }

  private note(chosen: Ranked): Ranked {
    const { authorId } = chosen.candidate.post
    const repeat = this.repeatOf(authorId)
    this.taken.set(authorId, (this.taken.get(authorId) ?? 0) + 1)
    return { ...chosen, score: chosen.score + repeat, terms: { ...chosen.terms, repeat } }
  }

  private repeatOf(authorId: UserId): number {
    const taken = this.taken.get(authorId) ?? 0
    return taken === 0 ? 0 : -REPEAT_WEIGHT * taken
  }
}
