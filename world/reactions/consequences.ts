import { HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import type { Chance } from '../chance.ts'
import type { Journal } from '../events/journal.ts'
import type { Requests } from '../events/requests.ts'
import { COMMENTERS_KEPT, type PostTable } from '../posts/post-table.ts'
import type { Seen } from '../posts/seen.ts'
import type { TieChanges } from '../society/tie-changes.ts'
import type { Standpoint } from '../standpoint.ts'
import type { Agenda, Due } from '../time/agenda.ts'
import { HAPPENING, kindIndex, UNDO } from '../time/happenings.ts'
import { kindOfOutcome, outcomeIndex, POSITIVE_OUTCOMES, type Outcome } from '../value-weights.ts'

const COMES_BACK_SHARE = 0.35
const COMES_BACK_AFTER_MS = 25 * MINUTE_MS
const GRANTED_SHARE = 0.4
const GRANTED_AFTER_MS = 2 * HOUR_MS

const KIND = {
  comment: kindIndex('comment'),
  hide: kindIndex('hide'),
  see_less: kindIndex('see_less'),
  follow_author: kindIndex('follow_author'),
  connect_request: kindIndex('connect_request'),
  block_author: kindIndex('block_author'),
  dwell: kindIndex('dwell'),
  watch: kindIndex('watch'),
} as const

const isPositive = new Uint8Array(UNDO)
for (const outcome of POSITIVE_OUTCOMES)
  isPositive[kindOfOutcome[outcomeIndex[outcome satisfies Outcome]]!] = 1

export interface Affected {
  readonly posts: PostTable
  readonly seen: Seen
  readonly standpoint: Standpoint
  readonly tieChanges: TieChanges
  readonly journal: Journal
  readonly requests: Requests
  readonly agenda: Agenda
  readonly chance: Chance
}

/** Lets reactions take effect when they are due: on counts, ties and moods; and writes them down. */
export class Consequences {
  private readonly affected: Affected
  private comments = 0

  constructor(affected: Affected) {
    this.affected = affected
  }

  /** A reaction, or an undo, of `due.who` to the post `due.what`. */
  react(due: Due): void {
    const { journal, requests, posts } = this.affected
    const { who, what: post, at } = due
    const isUndo = due.type >= UNDO
    const kind = isUndo ? due.type - UNDO : due.type
    journal.reaction(who, post, kind, at, requests.contextOf(due.slot) + this.furtherFields(due, kind))
    requests.release(due.slot)
    if (isPositive[kind] === 1) posts.engage(post, at, isUndo ? -1 : 1)
    if (!isUndo) this.follows(who, post, kind, at)
  }

  private furtherFields(due: Due, kind: number): string {
    if (due.type >= UNDO) return '"undo":true,'
    if (kind === KIND.dwell || kind === KIND.watch) return `"value":${due.value},`
    if (kind === KIND.comment) return `"commentId":"comment-${this.comments++}",`
    return ''
  }

  private follows(who: number, post: number, kind: number, at: number): void {
    const { posts, standpoint, tieChanges, agenda, chance } = this.affected
    const author = posts.author[post]!
    switch (kind) {
      case KIND.comment:
        return this.comment(who, post, at)
      case KIND.hide:
        return standpoint.annoy(who, author, 'hide')
      case KIND.see_less:
        return standpoint.annoy(who, author, 'see_less')
      case KIND.follow_author:
        return tieChanges.follow(who, author, at)
      case KIND.block_author:
        return tieChanges.keepAway(who, author, 'block', at)
      case KIND.connect_request:
        if (!chance.of('afterwards', who, author).happens(GRANTED_SHARE)) return
        agenda.add(Math.round(at + chance.exponential(GRANTED_AFTER_MS)), HAPPENING.befriend, who, author)
        return
      default:
    }
  }

  /** Whoever wrote the post, or commented on it of late, may come back for it. */
  private comment(who: number, post: number, at: number): void {
    const { posts, seen, agenda, chance } = this.affected
    const first = post * COMMENTERS_KEPT
    chance.of('afterwards', who, post, posts.comments[post]! + 1)
    for (let index = -1; index < COMMENTERS_KEPT; index++) {
      const other = index === -1 ? posts.author[post]! : posts.commenters[first + index]!
      if (other === -1 || other === who || !chance.happens(COMES_BACK_SHARE)) continue
      agenda.add(Math.round(at + chance.exponential(COMES_BACK_AFTER_MS)), HAPPENING.comeBack, other, post)
    }
    posts.comment(post, who)
    seen.takePart(who, post, posts.comments[post]!)
  }
}
