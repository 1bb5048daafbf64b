import type { PostAttributes } from '../../processors/post-attributes.ts'
import type { UserId } from '../../schemas/ids.ts'
import type { Removal } from '../candidate.ts'
import { REQUIRED_MS } from '../pipeline/deadlines.ts'
import { always, type WaitingStage } from '../pipeline/stage.ts'
import type { FeedQuery } from '../query.ts'
import type { RankedItem } from '../sessions/ranked-items.ts'
import type { Session } from '../sessions/session.ts'
import type { Visibility } from '../visibility/index.ts'

/** A post of a page, as it is now. */
export interface Shown {
  readonly candidate: RankedItem
  readonly attributes: PostAttributes
  /** Those of its commenters who may be named. */
  readonly commenters: readonly UserId[]
}

/** A post of the order that may not be shown any more, or that its viewer refused since. */
export interface Withheld {
  readonly candidate: RankedItem
  readonly removal: Removal
}

export interface Page {
  readonly shown: readonly Shown[]
  /** From where the next page goes on; null at the end of the order. */
  readonly next: number | null
  /** What the order held for this page, but may not be seen any more or was refused. */
  readonly removed: readonly Withheld[]
}

/** Required, for it decides who may see what. It ends at the answer: `nextPage` reads, `stillShown` has the last word. */
export const selector: WaitingStage = {
  name: 'selector',
  about: 'The next posts of the order that the viewer may still see, without what they refused since.',
  deadlineMs: REQUIRED_MS,
  required: true,
  enable: always,
}

/** Looked at beside what the page needs: a few are gone more often than not one is. */
const SPARE = 4

/**
 * The next posts of a session's order that its viewer may still see and has not refused by now: from `offset` on, each
 * once, no other left out. A session is kept for half an hour, and what its viewer says meanwhile counts for the pages
 * that follow. Whoever builds an answer of them asks `stillShown` last.
 */
export const nextPage = async (
  session: Session,
  offset: number,
  { limit, asOf }: Pick<FeedQuery, 'limit' | 'asOf'>,
  visibility: Visibility,
): Promise<Page> => {
  const { items } = session
  const { userId } = session.query
  const shown: Shown[] = []
  const removed: Withheld[] = []
  let next = offset
  while (shown.length < limit && next < items.length) {
    const batch = items.slice(next, next + limit - shown.length + SPARE)
    const checked = await visibility.recheckPage({ userId, asOf }, batch)
    const visibleOf = new Map(checked.kept.map((each) => [each.candidate, each]))
    const removalOf = new Map(checked.removed.map((each) => [each.candidate, each]))
    for (const candidate of batch) {
      if (shown.length === limit) break
      const visible = visibleOf.get(candidate)
      if (visible === undefined) removed.push(removalOf.get(candidate)!)
      else if (hasLostItsReason(visible)) removed.push({ candidate, removal: 'kept-apart' })
      else shown.push(visible)
      next++
    }
  }
  return { shown, next: next < items.length ? next : null, removed }
}

/** Without what was restricted since it was read: synchronous, to be asked right before answering. */
export const stillShown = (page: Page, { query }: Session, visibility: Visibility): Page => {
  const shown: Shown[] = []
  const removed = [...page.removed]
  for (const each of page.shown) {
    const { candidate } = each
    const now = { ...each, commenters: visibility.nameable(query.userId, each.commenters) }
    const removal = visibility.removalOf(query.userId, each) ?? (hasLostItsReason(now) ? 'kept-apart' : null)
    if (removal === null) shown.push(now)
    else removed.push({ candidate, removal })
  }
  return { ...page, shown, removed }
}

/** It is there for comments alone, and all are by people whom the viewer is kept apart from by now. */
const hasLostItsReason = ({ candidate, commenters }: Shown): boolean =>
  candidate.source === 'comments' &&
  candidate.commenters.length > 0 &&
  commenters.length === 0 &&
  candidate.otherCommenters === 0
