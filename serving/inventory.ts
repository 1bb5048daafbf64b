import type { PostId } from '../schemas/ids.ts'
import { bitOf, type Candidate, isFoundBy, OUT_OF_NETWORK, type Source, SOURCES } from './candidate.ts'
import { sourceByTie } from './network.ts'
import type { Finding } from './pipeline/stage.ts'
import { CANDIDATES_MAX, CANDIDATES_MIN, QUOTAS } from './quotas.ts'
import type { Viewer } from './viewer.ts'
import { mayBeFor } from './visibility/audience.ts'

/** What became of one source's findings, for those who ask why a post is not there. */
export interface SourceCount {
  /** Posts taken of it, whether or not others found them too. */
  readonly taken: number
  /** It had more than was taken. */
  readonly cut: boolean
  /** Publication of the oldest post taken, milliseconds; Infinity without. */
  readonly oldestAt: number
  /** The model that it was searched by; null where by none. */
  readonly modelVersion: string | null
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
 * Shares the places out among sources (see quotas.ts) and makes one candidate of each post. Sources may come in parts,
 * and candidates be handed out between them.
 */
export class Inventory {
  private readonly candidates: Candidate[] = []
  private readonly byPost = new Map<PostId, Candidate>()
  private readonly findings = new Map<Source, Finding>()
  private readonly taken = new Map<Source, number>()
  private readonly oldestAt = new Map<Source, number>()
  private readonly broken = new Set<Source>()
  private unseen = 0
  private handedOut = 0
  private changed = false
  private readonly viewer: Viewer
  private readonly limits: Limits
  private readonly failed: (source: Source, error: unknown) => void

  /** `failed` hears of a source that throws; what it gave until then stays. */
  constructor(viewer: Viewer, limits: Limits, failed: (source: Source, error: unknown) => void) {
    this.viewer = viewer
    this.limits = limits
    this.failed = failed
  }

  /** Takes each source's quota, the strongest first. */
  take(findings: ReadonlyMap<Source, Finding>): void {
    for (const source of SOURCES) {
      const finding = findings.get(source)
      if (finding === undefined) continue
      this.findings.set(source, finding)
      this.takeOf(source, finding, this.limits.quotas[source])
    }
  }

  /** Takes more of all sources, the strongest first, while too few were found that are new to the viewer. */
  fill(): void {
    for (const source of SOURCES) {
      const finding = this.findings.get(source)
      if (finding !== undefined) this.fillFrom(source, finding)
    }
  }

  /** Fewer were found that are new to the viewer than a feed is made of, and there is room for more. */
  get isShort(): boolean {
    const { candidatesMin, candidatesMax } = this.limits
    return this.unseen < candidatesMin && this.candidates.length < candidatesMax
  }

  /** Fills up from what comes after the findings of some sources. */
  goOn(findings: ReadonlyMap<Source, Finding>): void {
    for (const [source, finding] of findings) this.findings.set(source, finding)
    this.fill()
  }

  /** The candidates that came since the last time. */
  handOut(): readonly Candidate[] {
    const fresh = this.candidates.slice(this.handedOut)
    this.handedOut = this.candidates.length
    return fresh
  }

  get size(): number {
    return this.candidates.length
  }

  /** Whether since the first were handed out a post was found again by a source that makes another candidate of it. */
  get isChanged(): boolean {
    return this.changed
  }

  /** Of the sources that answered. */
  get counts(): ReadonlyMap<Source, SourceCount> {
    const counts = new Map<Source, SourceCount>()
    for (const [source, finding] of this.findings) {
      counts.set(source, {
        taken: this.taken.get(source) ?? 0,
        cut: !finding.isExhausted,
        oldestAt: this.oldestAt.get(source) ?? Infinity,
        modelVersion: finding.modelVersion ?? null,
      })
    }
    return counts
  }

  /** Answers how many came. */
  private takeOf(source: Source, finding: Finding, quota: number): number {
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

  private fillFrom(source: Source, finding: Finding): void {
    while (this.unseen < this.limits.candidatesMin && !finding.isExhausted) {
      if (this.takeOf(source, finding, this.limits.candidatesMin - this.unseen) === 0) return
    }
  }

  private count(source: Source, found: readonly Candidate[]): void {
    let oldestAt = this.oldestAt.get(source) ?? Infinity
    for (const { post } of found) if (post.publishedAt < oldestAt) oldestAt = post.publishedAt
    this.oldestAt.set(source, oldestAt)
    this.taken.set(source, (this.taken.get(source) ?? 0) + found.length)
  }

  private add(candidate: Candidate): void {
    const { postId } = candidate.post
    if (OUT_OF_NETWORK.has(candidate.source))
      candidate.source = sourceByTie(candidate.post, this.viewer) ?? candidate.source
    const known = this.byPost.get(postId)
    if (known !== undefined) {
      this.join(known, candidate)
      return
    }
    candidate.seen = this.viewer.seen.has(postId)
    if (this.isNew(candidate)) this.unseen++
    this.byPost.set(postId, candidate)
    this.candidates.push(candidate)
  }

  /** While places are filled up, a stronger source may come after a weaker one. */
  private join(known: Candidate, again: Candidate): void {
    const wasNew = this.isNew(known)
    known.sources |= again.sources
    const isStronger = bitOf(again.source) < bitOf(known.source)
    if (isStronger && this.handedOut > 0) this.changed = true
    if (again.source === 'comments') {
      known.unseenComments = again.unseenComments
      known.unseenCommentsByFriends = again.unseenCommentsByFriends
      known.commenters = again.commenters
      known.otherCommenters = again.otherCommenters
    }
    if (isStronger) known.source = again.source
    if (!wasNew && this.isNew(known)) this.unseen++
  }

  /** New to the viewer: for them, and not seen, or with something said under it that is new. */
  private isNew(candidate: Candidate): boolean {
    const isUnread = !candidate.seen || isFoundBy(candidate, 'comments')
    return isUnread && mayBeFor(candidate.post, this.viewer)
  }
}
