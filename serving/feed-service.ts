import type { Clock } from '../engine/clock.ts'
import type { Millis, PostId, RequestId } from '../schemas/ids.ts'
import type { ImpressionLog } from './effects/impression-log.ts'
import type { ServedRequests } from './explain/served-requests.ts'
import { accountOf, counted } from './feed-account.ts'
import { answerItems } from './feed-items.ts'
import type { FeedPipeline, RankedFeed } from './feed-pipeline.ts'
import type { FeedAnswer } from './http/feed-schemas.ts'
import type { Degraded, StageTime } from './pipeline/run.ts'
import { Turns } from './pipeline/turns.ts'
import { rankingSampleOf } from './sampling/ranking-sample.ts'
import type { SampleLog } from './sampling/sample-log.ts'
import type { FeedQuery } from './query.ts'
import type { Ranking } from './scorers/ranking.ts'
import { nextPage, type Page, stillShown } from './selector/page.ts'
import type { Cursors } from './sessions/cursor.ts'
import { PassedPosts } from './sessions/passed-posts.ts'
import { Session } from './sessions/session.ts'
import type { SessionStore } from './sessions/session-store.ts'
import type { ShadowScoring } from './shadow/shadow-scoring.ts'
import type { Visibility } from './visibility/index.ts'

export interface FeedServiceParts {
  readonly pipeline: FeedPipeline<Ranking>
  readonly visibility: Visibility
  readonly sessions: SessionStore
  readonly cursors: Cursors
  readonly impressions: ImpressionLog
  readonly shadow: Pick<ShadowScoring, 'take'>
  readonly requests: ServedRequests
  readonly samples: Pick<SampleLog, 'add'>
  readonly clock: Clock
  /** A new id each time, never given before. */
  readonly ids: () => string
  /** Does what nobody waits for, once the answer is on its way. */
  readonly later: (work: () => void) => void
  /** Time of the newest event that features know of; null before the first. */
  readonly newestEventAt: () => Millis | null
  /** What answers of this moment go without, beside stages that were dropped. */
  readonly degraded?: () => readonly Degraded[]
}

/** Where a page begins, and what was done to come there. */
interface Turn {
  readonly session: Session
  /** The ranking of a first page; null for those after it. */
  readonly feed: RankedFeed | null
  readonly offset: number
  readonly position: number
  readonly stages: readonly StageTime[]
}

/** Answers requests for feeds: ranks, cuts pages, logs what was shown. */
export class FeedService {
  private readonly parts: FeedServiceParts
  private readonly turns = new Turns()

  constructor(parts: FeedServiceParts) {
    this.parts = parts
  }

  /**
   * A page: the first of a new feed, or the one that a cursor asks for. Throws `CURSOR_…` for cursors that lead
   * nowhere, `STAGE_FAILED`, `TOO_MANY_REQUESTS`, and what reading rows throws.
   */
  async page(query: FeedQuery, cursor: string | null): Promise<FeedAnswer> {
    const { clock, visibility, ids } = this.parts
    const startedMs = clock.monotonicMs()
    const requestId = ids() as RequestId
    const turn = await this.turn(query, cursor, requestId, startedMs)
    const selectedMs = clock.monotonicMs()
    const read = await nextPage(turn.session, turn.offset, query.limit, visibility)
    // Nothing is waited for from here to the answer: what was accepted by now counts.
    const page = stillShown(read, turn.session, visibility)
    const selector = { stage: 'selector', ms: clock.monotonicMs() - selectedMs, kept: page.shown.length }
    this.effects(requestId, query, turn, page)
    return this.answer(requestId, query, turn, page, [...turn.stages, selector], startedMs)
  }

  /** The session that a request's page was cut from, and a post's place in it; null when either is not known. */
  placeOf(
    requestId: RequestId,
    postId: PostId,
  ): { readonly session: Session; readonly index: number } | null {
    const session = this.parts.sessions.ofRequest(requestId)
    if (session === undefined) return null
    const index = session.items.indexOf(postId)
    return index === -1 ? null : { session, index }
  }

  /** A session that is no longer kept is begun again, with what its pages have not come past. */
  private async turn(
    query: FeedQuery,
    cursor: string | null,
    requestId: RequestId,
    askedMs: number,
  ): Promise<Turn> {
    const { cursors, sessions, clock } = this.parts
    if (cursor === null) return this.begin(query, requestId, askedMs)
    const { sessionId, offset, position, passed } = cursors.read(query.userId, cursor)
    const session = sessions.get(sessionId, clock.monotonicMs())
    if (session !== undefined) return { session, feed: null, offset, position, stages: [] }
    const begun = await this.begin({ ...query, passed: new PassedPosts(passed) }, requestId, askedMs)
    return { ...begun, position }
  }

  private async begin(query: FeedQuery, requestId: RequestId, askedMs: number): Promise<Turn> {
    return this.turns.take(() => this.rank(query, requestId, askedMs))
  }

  private async rank(query: FeedQuery, requestId: RequestId, askedMs: number): Promise<Turn> {
    const { pipeline, sessions, samples, clock, ids, newestEventAt } = this.parts
    const newest = newestEventAt()
    const waited = { stage: 'turn', ms: clock.monotonicMs() - askedMs, kept: 0 }
    const feed = await pipeline.rank(query)
    try {
      const startedMs = clock.monotonicMs()
      const session = new Session(ids(), requestId, feed, accountOf(feed), newest)
      sessions.put(session, clock.monotonicMs())
      const sample = rankingSampleOf(feed, requestId)
      if (sample !== null) samples.add(sample)
      const kept = { stage: 'session', ms: clock.monotonicMs() - startedMs, kept: session.items.length }
      return { session, feed, offset: 0, position: 0, stages: [waited, ...feed.stages, kept] }
    } finally {
      feed.ranking.release()
    }
  }

  private effects(requestId: RequestId, query: FeedQuery, turn: Turn, page: Page): void {
    const { impressions, shadow, requests, sessions, later } = this.parts
    const { session, position, feed } = turn
    const shown = page.shown.map(({ candidate }) => candidate)
    later(() => {
      if (feed === null) requests.page(requestId, session, shown, page.removed)
      else requests.note(requestId, feed, shown, page.removed)
    })
    sessions.name(session, requestId)
    if (query.preview || page.shown.length === 0) return
    const end = page.next ?? session.items.length
    const served = { requestId, session, query, shown: page.shown, position, end }
    impressions.add(served)
    later(() => shadow.take(served))
  }

  private cursorTo(session: Session, offset: number, position: number): string {
    const { userId, passed: before } = session.query
    const passed = PassedPosts.printsOf(before, session.items.postIds(offset))
    return this.parts.cursors.write(userId, { sessionId: session.id, offset, position, passed })
  }

  private answer(
    requestId: RequestId,
    query: FeedQuery,
    { session, position }: Turn,
    page: Page,
    stages: readonly StageTime[],
    startedMs: number,
  ): FeedAnswer {
    const { clock, degraded = () => [] } = this.parts
    const { shown, next } = page
    const { account, newestEventAt: newest } = session
    const cursor = next === null ? null : this.cursorTo(session, next, position + shown.length)
    return {
      items: answerItems(shown, session, position, query.asOf),
      cursor,
      meta: {
        requestId,
        sessionId: session.id,
        asOf: query.asOf,
        tookMs: milliseconds(clock.monotonicMs() - startedMs),
        featureAgeMs: newest === null ? null : Math.max(0, query.asOf - newest),
        modelVersion: session.models.heavy.version,
        lightModelVersion: session.models.light.version,
        configVersion: session.configuration.version,
        ...(session.experiment !== null && { experiment: session.experiment }),
        candidates: account.candidates,
        sources: account.sources,
        removed: counted({ ...account.removed }, page.removed),
        degraded: [...account.degraded, ...degraded()],
        stages: stages.map(({ stage, ms, kept }) => ({ stage, ms: milliseconds(ms), kept })),
      },
    }
  }
}

/** To a microsecond: what is finer is noise. */
const milliseconds = (ms: number): number => Math.round(ms * 1_000) / 1_000
