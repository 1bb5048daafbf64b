/** @import { Feed, FeedItem, FeedMeta, ReactionKind } from './shapes.ts' */
import { announce } from './announce.js'
import * as api from './api.js'
import { byId, element, inputById, replaceChildren } from './dom.js'
import { FeedList } from './feed-list.js'
import { duration, plural, words } from './format.js'
import { Receipt } from './receipt.js'
import { showRequest } from './request-panel.js'
import { factsOf } from './viewer-bar.js'

const PAGE_POSTS = 20
/** What the server gives at once. */
const FEED_POSTS_MAX = 100

/** @type {Readonly<Record<ReactionKind, string>>} */
const SAID = { like: 'Liked', comment: 'Commented', hide: 'Hidden', see_less: 'You will see less of this' }

/** One viewer's feed on the page: loads it, pages through it, reacts, and shows how that changed the ranking. */
export class FeedSession {
  #list = new FeedList({
    react: (item, kind) => void this.#attempt(() => this.#react(item, kind)),
    explain: (postId) => this.explain(postId),
  })
  /**
   * The page of the feed that showed a post last: a reaction is joined to that page's impression.
   * @type {Map<string, string>}
   */
  #shownBy = new Map()
  #logVisit = inputById('log-visit')
  /** @type {string | undefined} */
  #userId
  /** @type {Feed | undefined} */
  #feed
  /** @type {readonly Receipt[]} */
  #receipts = []
  /** Counts requests: what answers an earlier one comes too late. */
  #requests = 0

  constructor() {
    byId('more').addEventListener('click', () => void this.#attempt(() => this.#more()))
    byId('refresh').addEventListener('click', () => void this.#attempt(() => this.#start()))
    this.#logVisit.addEventListener('change', () => void this.#attempt(() => this.#start()))
  }

  /**
   * Shows another viewer's feed.
   * @param {string} userId
   */
  async show(userId) {
    this.#userId = userId
    this.#shownBy.clear()
    byId('feed-title').textContent = `Feed of ${userId}`
    document.title = `Feed of ${userId} · Freshet`
    await this.#attempt(() => Promise.all([this.#start(), this.#showFacts(userId)]))
  }

  /**
   * Of a post in the feed that is shown, or of any other that it could have had.
   * @param {string} postId
   */
  async explain(postId) {
    const requestId = this.#shownBy.get(postId) ?? this.#feed?.meta.requestId
    if (requestId === undefined) throw new api.ApiError('Show a feed first.')
    return api.explain(requestId, postId)
  }

  async #start() {
    const feed = await this.#request(PAGE_POSTS)
    if (feed === undefined) return
    this.#receipts = []
    this.#list.start(feed.items, feed.meta.asOf)
    this.#accept(feed)
    announce(`Feed of ${this.#userId}: ${plural(feed.items.length, 'post')}.`)
  }

  async #more() {
    const ranked = this.#feed
    if (ranked === undefined || ranked.cursor === null) return
    const feed = await this.#request(PAGE_POSTS, ranked.cursor)
    if (feed === undefined) return
    const first = this.#list.append(feed.items, feed.meta.asOf)
    // How the ranking came about is told by its first page; what any page had to go without, of all that are shown.
    const degraded = together(ranked.meta.degraded, feed.meta.degraded)
    this.#accept({ ...feed, meta: { ...ranked.meta, degraded } })
    announce(`${plural(feed.items.length, 'more post')}, ${this.#list.length} in all.`)
    first?.focus()
  }

  /**
   * @param {FeedItem} item
   * @param {ReactionKind} kind
   */
  async #react({ postId, authorId, ...item }, kind) {
    const requestId = this.#shownBy.get(postId)
    if (this.#userId === undefined || requestId === undefined) return
    const reaction = {
      userId: this.#userId,
      postId,
      authorId,
      kind,
      // A comment without an id is only counted: nobody would hear of it, nor could it be told from another's.
      ...(kind === 'comment' && { commentId: api.newId() }),
      // What was not logged has no impression to be joined to.
      ...(this.#logVisit.checked && { requestId }),
    }
    const { userId } = reaction
    await api.react({ ...reaction, undo: false })
    // Another viewer may have been chosen meanwhile: their feed has no place for this receipt.
    if (userId !== this.#userId) return
    const undo = async () => {
      await api.react({ ...reaction, undo: true })
      this.#receipts = this.#receipts.filter((each) => each !== receipt)
      await this.#change('Taken back', userId)
    }
    const receipt = new Receipt(
      { postId, authorId, ...item },
      kind,
      this.#list.indexOf(postId),
      () => void this.#attempt(undo),
    )
    this.#receipts = [...this.#receipts, receipt]
    this.#list.fold(receipt)
    await this.#change(SAID[kind], userId)
  }

  /**
   * Asks for the feed as it is after what was done by a viewer, and tells what that changed; where another has been
   * chosen meanwhile it does nothing.
   * @param {string} done
   * @param {string} userId
   */
  async #change(done, userId) {
    await api.processed()
    if (userId !== this.#userId) return
    const feed = await this.#request(Math.min(FEED_POSTS_MAX, Math.max(PAGE_POSTS, this.#list.length)))
    if (feed === undefined) return
    const { moved, added } = this.#list.change(feed.items, this.#receipts, feed.meta.asOf)
    this.#accept(feed)
    announce(`${done}. The feed changed: ${plural(moved, 'post')} moved, ${added} new.`)
  }

  /**
   * Undefined when another request began meanwhile.
   * @param {number} limit
   * @param {string} [cursor]
   */
  async #request(limit, cursor) {
    if (this.#userId === undefined) return undefined
    const request = ++this.#requests
    const preview = !this.#logVisit.checked
    const feed = await api.getFeed({
      userId: this.#userId,
      limit,
      preview,
      ...(cursor !== undefined && { cursor }),
    })
    if (request !== this.#requests) return undefined
    for (const { postId } of feed.items) this.#shownBy.set(postId, feed.meta.requestId)
    return feed
  }

  /** @param {Feed} feed */
  #accept(feed) {
    const { meta, cursor } = feed
    const shown = this.#list.length
    this.#feed = feed
    byId('more').hidden = cursor === null
    byId('refresh').hidden = false
    const degraded = meta.degraded.map(({ stage, reason }) =>
      notice('Degraded: ', `served without ${words(stage)} (${reason}).`),
    )
    replaceChildren(
      byId('notices'),
      ...degraded,
      shown === 0 && notice('Nothing to show. ', 'Ask why of any post that you expected here.'),
    )
    byId('feed-meta').textContent = [
      `${shown} of ${plural(meta.candidates.eligible, 'eligible post')}`,
      `ranked in ${duration(meta.tookMs)}`,
      ...(meta.featureAgeMs === null ? [] : [`newest event ${duration(meta.featureAgeMs)} before`]),
    ].join(' · ')
    showRequest(byId('request-body'), meta, shown)
  }

  /** @param {string} userId */
  async #showFacts(userId) {
    const facts = factsOf(await api.getViewerState(userId))
    if (userId === this.#userId) byId('viewer-facts').textContent = facts
  }

  /**
   * What fails is said where the feed's notices are; the feed stays as it was.
   * @param {() => Promise<unknown>} act
   */
  async #attempt(act) {
    const feed = byId('feed')
    feed.setAttribute('aria-busy', 'true')
    try {
      await act()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      replaceChildren(byId('notices'), element('p', { class: 'notice', role: 'alert' }, message))
    } finally {
      feed.removeAttribute('aria-busy')
    }
  }
}

/**
 * What either page went without, each once.
 * @param {FeedMeta['degraded']} before
 * @param {FeedMeta['degraded']} after
 */
const together = (before, after) => {
  const isNew = (/** @type {FeedMeta['degraded'][number]} */ { stage, reason }) =>
    !before.some((each) => each.stage === stage && each.reason === reason)
  return [...before, ...after.filter(isNew)]
}

/**
 * @param {string} title
 * @param {string} text
 */
const notice = (title, text) => element('p', { class: 'notice' }, element('b', {}, title), text)
