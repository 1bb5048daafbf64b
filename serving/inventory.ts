import type { PostId } from '../schemas/ids.ts'
import { bitOf, type Candidate, isFoundBy, type Source, SOURCES } from './candidate.ts'
import type { Finding } from './pipeline/stage.ts'
import { CANDIDATES_MAX, CANDIDATES_MIN, QUOTAS } from './quotas.ts'
import type { Viewer } from './viewer.ts'

/** What became of one source's findings, for those who ask why a post is not there. */
export interface SourceCount {
  /** Posts taken of it, whether or not others found them too. */
  readonly taken: number
  /** It had more than was taken. */
  readonly cut: boolean
  /** Publication of the oldest post taken, milliseconds; Infinity without. */
  readonly oldestAt: number
}

export interface Gathered {
  /** Each post once, by its strongest source. */
  readonly candidates: readonly Candidate[]
  /** Of the sources that answered. */
  readonly counts: ReadonlyMap<Source, SourceCount>
}

export interface Limits {
  readonly quotas: Readonly<Record<Source, number>>
  readonly candidatesMin: number
  readonly candidatesMax: number
}

export const INVENTORY_LIMITS: Limits = {
  quotas: QUOTAS,
  candidatesMin: CANDIDATES_MIN,
  candidatesMax: CANDIDATES_MAX,
}

/**
 * Shares the places out among sources (see quotas.ts) and makes one candidate of each post. `failed` hears of
 * a source that throws; what it gave until then stays.
 */
export const gather = (
  findings: ReadonlyMap<Source, Finding>,
  viewer: Viewer,
  failed: (source: Source, error: unknown) => void,
  limits: Limits,
): Gathered => {
  const inventory = new Inventory(viewer, limits, failed)
  const strongestFirst = SOURCES.filter((source) => findings.has(source))
  for (const source of strongestFirst) {
    inventory.take(source, findings.get(source)!, limits.quotas[source])
  }
  for (const source of strongestFirst) inventory.fill(source, findings.get(source)!)
  return inventory.gathered(findings)
}

class Inventory {
  private readonly candidates: Candidate[] = []
  private readonly byPost = new Map<PostId, Candidate>()
  private readonly taken = new Map<Source, number>()
  private readonly oldestAt = new Map<Source, number>()
  private readonly broken = new Set<Source>()
  private unseen = 0
  private readonly viewer: Viewer
  private readonly limits: Limits
  private readonly failed: (source: Source, error: unknown) => void

  constructor(viewer: Viewer, limits: Limits, failed: (source: Source, error: unknown) => void) {
    this.viewer = viewer
    this.limits = limits
    this.failed = failed
  }

  /** Answers how many came. */
  take(source: Source, finding: Finding, quota: number): number {
    const max = Math.min(quota, this.limits.candidatesMax - this.candidates.length)
    if (max <= 0 || this.broken.has(source)) return 0
    try {
      const found = finding.take(max)
      this.count(source, found)
      for (const candidate of found) this.add(candidate)
      return found.length
    } catch (error) {
      this.broken.add(source)
      this.failed(source, error)
      return 0
    }
  }

  /** Takes more while too few were found that are new to the viewer. */
  fill(source: Source, finding: Finding): void {
    while (this.unseen < this.limits.candidatesMin && !finding.isExhausted) {
      if (this.take(source, finding, this.limits.candidatesMin - this.unseen) === 0) return
    }
  }

  gathered(findings: ReadonlyMap<Source, Finding>): Gathered {
    const counts = new Map<Source, SourceCount>()
    for (const [source, finding] of findings) {
      counts.set(source, {
        taken: this.taken.get(source) ?? 0,
        cut: !finding.isExhausted,
        oldestAt: this.oldestAt.get(source) ?? Infinity,
      })
    }
    return { candidates: this.candidates, counts }
  }

  private count(source: Source, found: readonly Candidate[]): void {
    let oldestAt = this.oldestAt.get(source) ?? Infinity
    for (const { post } of found) if (post.publishedAt < oldestAt) oldestAt = post.publishedAt
    this.oldestAt.set(source, oldestAt)
    this.taken.set(source, (this.taken.get(source) ?? 0) + found.length)
  }

  private add(candidate: Candidate): void {
    const { postId } = candidate.post
    const known = this.byPost.get(postId)
    if (known !== undefined) {
      this.join(known, candidate)
      return
    }
    candidate.seen = this.viewer.seen.has(postId)
    if (isNew(candidate)) this.unseen++
    this.byPost.set(postId, candidate)
    this.candidates.push(candidate)
  }

  /** While places are filled up, a stronger source may come after a weaker one. */
  private join(known: Candidate, again: Candidate): void {
    const wasNew = isNew(known)
    known.sources |= again.sources
    if (again.source === 'comments') {
      known.unseenComments = again.unseenComments
      known.unseenCommentsByFriends = again.unseenCommentsByFriends
      known.commenters = again.commenters
    }
    if (bitOf(again.source) < bitOf(known.source)) known.source = again.source
    if (!wasNew && isNew(known)) this.unseen++
  }
}

/** New to the viewer: not seen, or with something said under it that is new. */
const isNew = (candidate: Candidate): boolean => !candidate.seen || isFoundBy(candidate, 'comments')
