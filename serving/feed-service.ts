import type { Clock } from '../engine/clock.ts'
import type { Millis, PostId, RequestId } from '../schemas/ids.ts'
import type { AnsweredPage, FeedEffects } from './effects/index.ts'
import { accountOf, counted } from './feed-account.ts'
import { answerItems } from './feed-items.ts'
import type { FeedPipeline, RankedFeed } from './feed-pipeline.ts'
import type { FeedAnswer } from './http/feed-schemas.ts'
import type { Alarm } from './pipeline/alarm.ts'
import { type StageMetrics, tellRemoved } from './pipeline/metrics.ts'
import { type Degraded, PipelineRun, type StageTime } from './pipeline/run.ts'
import { Turns } from './pipeline/turns.ts'
import type { FeedQuery } from './query.ts'
import type { Ranking } from './scorers/ranking.ts'
import { nextPage, type Page, selector, stillShown } from './selector/page.ts'
import type { Cursors } from './sessions/cursor.ts'
import { PassedPosts } from './sessions/passed-posts.ts'
import { Session } from './sessions/session.ts'
import type { SessionStore } from './sessions/session-store.ts'
import type { Visibility } from './visibility/index.ts'

export interface FeedServiceParts {
  readonly pipeline: FeedPipeline<Ranking>
  readonly visibility: Visibility
  readonly sessions: SessionStore
  readonly cursors: Cursors
  readonly effects: FeedEffects
  readonly clock: Clock
  readonly alarm: Alarm
  readonly metrics: StageMetrics
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
  /** Those of the ranking. */
  readonly stages: readonly StageTime[]
}

/** Answers requests for feeds: `ranking ► selector ► effects`. */
export class FeedService {
  private readonly parts: FeedServiceParts
  private readonly turns: Turns

  constructor(parts: FeedServiceParts) {
    this.parts = parts
    this.turns = new Turns(parts.alarm)
  }

  /** Somebody waits for a ranking that is under way. */
  get isRanking(): boolean {
    return this.turns.isTaken
  }

  /** Requests that wait for their turn to be ranked. */
  get waitingCount(): number {
    return this.turns.waitingCount
  }

  /**
   * A page: the first of a new feed, or the one that a cursor asks for. Throws `CURSOR_…` for cursors that lead
   * nowhere, `STAGE_FAILED`, `OVERLOADED`, and what reading rows throws. Once `signal` is aborted nobody waits for it
   * any more: it throws `CLIENT_GONE` soon, and nothing is logged, or remembered as shown.
   */
  async page(query: FeedQuery, cursor: string | null, signal?: AbortSignal): Promise<FeedAnswer> {
    const run = new PipelineRun(query, this.parts, signal)
    try {
      return await this.answered(run, cursor)
    } finally {
      run.finish()
    }
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

  private async answered(run: PipelineRun, cursor: string | null): Promise<FeedAnswer> {
    const { clock, metrics, visibility, ids } = this.parts
    const startedMs = clock.monotonicMs()
    const requestId = ids() as RequestId
    const turn = await this.turn(run, cursor, requestId, startedMs)
    const { session, offset } = turn
    // A page may be read in parts: what is accepted meanwhile, and in rows by its end, counts for the first of them too.
    const release = visibility.hold()
    try {
      const read = await run.attempt(selector, () => nextPage(session, offset, run.query, visibility))
      // An impression of what nobody received would count as shown: it is carried over, learned from, and reported on.
      run.assertAwaited()
      // Nothing is waited for from here to the answer: what was accepted by now counts.
      const page = run.time(
        selector.name,
        () => stillShown(read!, session, visibility),
        ({ shown }) => shown.length,
      )
      tellRemoved(metrics, page.removed)
      this.effects(run, requestId, turn, page)
      return this.answer(run, requestId, turn, page, startedMs)
    } finally {
      release()
    }
  }

  /** A session that is no longer kept is begun again, with what its pages have not come past. */
  private async turn(
    run: PipelineRun,
    cursor: string | null,
    requestId: RequestId,
    askedMs: number,
  ): Promise<Turn> {
    const { cursors, sessions, clock } = this.parts
    const { query } = run
    if (cursor === null) return this.begin(run, query, requestId, askedMs)
    const { sessionId, offset, position, passed } = cursors.read(query.userId, cursor)
    const session = sessions.get(sessionId, clock.monotonicMs())
    if (session !== undefined) return { session, feed: null, offset, position, stages: [] }
    const unread = { ...query, passed: new PassedPosts(passed) }
    const begun = await this.begin(run, unread, requestId, askedMs)
    return { ...begun, position }
  }

  private async begin(
    run: PipelineRun,
    query: FeedQuery,
    requestId: RequestId,
    askedMs: number,
  ): Promise<Turn> {
    return this.turns.take(() => this.rank(run, query, requestId, askedMs), run.signal)
  }

  private async rank(
    run: PipelineRun,
    query: FeedQuery,
    requestId: RequestId,
    askedMs: number,
  ): Promise<Turn> {
    const { pipeline, sessions, effects, metrics, clock, ids, newestEventAt } = this.parts
    const newest = newestEventAt()
    const waited = { stage: 'turn', ms: clock.monotonicMs() - askedMs, kept: 0 }
    metrics.ran(waited.stage, waited.ms, waited.kept)
    const feed = await pipeline.rank(query, run.signal)
    try {
      run.assertAwaited()
      const session = run.time(
        'session',
        () => new Session(ids(), requestId, feed, accountOf(feed), newest),
        ({ items }) => items.length,
      )
      sessions.put(session, clock.monotonicMs())
      for (const effect of effects.ofRanking) run.perform(effect, { requestId, feed })
      return { session, feed, offset: 0, position: 0, stages: [waited, ...feed.stages] }
    } finally {
      feed.ranking.release()
    }
  }

  private effects(run: PipelineRun, requestId: RequestId, turn: Turn, page: Page): void {
    const { effects, sessions, later } = this.parts
    const { query } = run
    const { session, position, feed } = turn
    const { shown, removed } = page
    const end = page.next ?? session.items.length
    const answered: AnsweredPage = { requestId, session, query, shown, position, end, feed, removed }
    for (const effect of effects.ofPage) run.perform(effect, answered)
    sessions.name(session, requestId)
    later(() => {
      const after = new PipelineRun(query, this.parts)
      for (const effect of effects.afterAnswer) after.perform(effect, answered)
      after.finish()
    })
  }

  private cursorTo(session: Session, offset: number, position: number): string {
    const { userId, passed: before } = session.query
    const passed = PassedPosts.printsOf(before, session.items.postIds(offset))
    return this.parts.cursors.write(userId, { sessionId: session.id, offset, position, passed })
  }

  private answer(
    run: PipelineRun,
    requestId: RequestId,
    { session, position, stages }: Turn,
    page: Page,
    startedMs: number,
  ): FeedAnswer {
    const { clock, degraded = () => [] } = this.parts
    const { query } = run
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
        modelOrigin: session.models.heavy.origin,
        lightModelVersion: session.models.light.version,
        retrievalModelVersion: session.retrievalVersion,
        configVersion: session.configuration.version,
        ...(session.experiment !== null && { experiment: session.experiment }),
        candidates: account.candidates,
        sources: account.sources,
        removed: counted({ ...account.removed }, page.removed),
        degraded: [...account.degraded, ...run.degraded, ...degraded()],
        stages: [...stages, ...run.stages].map(({ stage, ms, kept }) => ({
          stage,
          ms: milliseconds(ms),
          kept,
        })),
      },
    }
  }
}

/** To a microsecond: what is finer is noise. */
const milliseconds = (ms: number): number => Math.round(ms * 1_000) / 1_000
