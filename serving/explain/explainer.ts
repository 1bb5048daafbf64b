import { keyOf } from '../../engine/key.ts'
import { type PostAttributes, readPostAttributes } from '../../processors/post-attributes.ts'
import type { PostId, RequestId, UserId } from '../../schemas/ids.ts'
import { REMOVALS, type Removal, sourcesIn } from '../candidate.ts'
import { ServingError } from '../errors.ts'
import type { FilterStage, QueryHydratorStage, SourceStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'
import { ViewerDraft } from '../viewer-draft.ts'
import type { Visibility } from '../visibility/index.ts'
import type { Explanation, SourceWord } from './explanation.ts'
import { reasonMissed, wordsOnMissed } from './missed.ts'
import { droppedBy, exploredText, passesOf } from './pass-words.ts'
import { type CandidateRecord, DROPPED_BY_PASS_0, DROPPED_BY_PASS_1, type ServedFeed } from './served-feed.ts'
import type { ServedPage, ServedRequests } from './served-requests.ts'

export interface ExplainerParts {
  readonly rows: StateRows
  readonly visibility: Visibility
  readonly requests: ServedRequests
  /** The stages that the requests were served by. */
  readonly stages: {
    readonly queryHydrators: readonly QueryHydratorStage[]
    readonly sources: readonly SourceStage[]
    readonly filters: readonly FilterStage[]
  }
}

/** Says why a post was shown in a feed, or why not. */
export class Explainer {
  private readonly parts: ExplainerParts

  constructor(parts: ExplainerParts) {
    this.parts = parts
  }

  /**
   * By what is remembered of the request; of a post that no source found and the viewer may see, by its row as it is now. Throws
   * `REQUEST_UNKNOWN`, and what reading rows throws.
   */
  async explain(requestId: RequestId, postId: PostId): Promise<Explanation> {
    const page = this.parts.requests.get(requestId)
    const record = page.feed.recordOf(postId)
    if (record === undefined && !page.feed.isWhole) {
      throw new ServingError('REQUEST_UNKNOWN', `request "${requestId}": only what it ranked is still known`)
    }
    const asked = { requestId, postId }
    if (record === undefined) return { ...asked, ...(await this.missed(page.feed, postId)) }
    return { ...asked, ...this.known(page, record, postId) }
  }

  private known(page: ServedPage, record: CandidateRecord, postId: PostId): Told {
    const told = { sources: this.foundBy(record), passes: passesOf(record, page.feed) }
    const explored = exploredText(told.passes.pass0)
    const pagePosition = page.shown.indexOf(postId)
    if (pagePosition !== -1) {
      const text = `Shown in place ${pagePosition + 1} of this page.${explored}`
      return { ...told, outcome: 'shown', pagePosition, text }
    }
    const filter = page.removed.get(postId) ?? filterOf(record)
    if (filter !== null) {
      return { ...told, outcome: 'removed', filter, text: `Removed by a filter: ${this.aboutFilter(filter)}` }
    }
    if (record.outcome === DROPPED_BY_PASS_0)
      return { ...told, ...droppedBy(0, told.passes.pass0, page.feed) }
    if (record.outcome === DROPPED_BY_PASS_1)
      return { ...told, ...droppedBy(1, told.passes.pass1, page.feed) }
    const place = record.passes[2].rank
    const ranked =
      place === -1
        ? 'Ranked, and not on this page.'
        : `Ranked in place ${place + 1}, which is not on this page.`
    return { ...told, outcome: 'ranked', text: `${ranked}${explored}` }
  }

  private foundBy({ sources }: CandidateRecord): readonly SourceWord[] {
    return sourcesIn(sources).map((source) => {
      const stage = this.parts.stages.sources.find((each) => each.source === source)
      return { source, found: true, text: stage?.about ?? source }
    })
  }

  private aboutFilter(removal: Removal): string {
    return this.parts.stages.filters.find((each) => each.removal === removal)?.about ?? removal
  }

  private async missed(feed: ServedFeed, postId: PostId): Promise<Told> {
    const post = await this.visible(feed.query.userId, postId)
    const told = { outcome: 'not-found', sources: [], passes: {} } as const
    if (post === null) return { ...told, text: NOT_VISIBLE }
    const missed = { viewer: await this.viewerNow(feed), post, postId, feed }
    const reason =
      post.authorId === feed.query.userId
        ? 'it is their own, and nothing new was said under it.'
        : (reasonMissed(missed) ?? 'nothing ties the viewer to it, and it does not trend.')
    return { ...told, sources: wordsOnMissed(missed), text: `No source found it: ${reason}` }
  }

  /** Null for a post that is not there, or not for the viewer: what is said must not tell which. */
  private async visible(viewerId: UserId, postId: PostId): Promise<PostAttributes | null> {
    const { rows, visibility } = this.parts
    const row = await rows.read('post-attributes', keyOf(postId))
    if (row === undefined) return null
    const { authorId } = readPostAttributes(row)
    const { kept } = await visibility.recheck(viewerId, [{ post: { postId, authorId } }])
    return kept[0]?.attributes ?? null
  }

  private async viewerNow({ query }: ServedFeed): Promise<ViewerDraft> {
    const viewer = new ViewerDraft(query.userId)
    const written = await Promise.all(this.parts.stages.queryHydrators.map((stage) => stage.hydrate(query)))
    for (const write of written) write(viewer)
    return viewer
  }
}

const NOT_VISIBLE =
  'The viewer may see no such post: none is known by this id, or it was deleted, or it is not for them.'

type Told = Omit<Explanation, 'requestId' | 'postId'>

const filterOf = ({ outcome }: CandidateRecord): Removal | null =>
  typeof outcome === 'number' ? null : REMOVALS.find((removal) => removal === outcome)!
