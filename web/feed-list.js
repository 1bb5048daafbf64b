/** @import { CardActions, Changes, FeedItem, Move } from './shapes.ts' */
/** @import { Receipt } from './receipt.js' */
import { byId } from './dom.js'
import { PostCard } from './post-card.js'
import { barScale } from './trace.js'

const MOVE = { duration: 260, easing: 'cubic-bezier(0.2, 0, 0, 1)' }

/** The posts on the page, and receipts among them. Posts that stay keep their element, and move to their new place. */
export class FeedList {
  #root = byId('feed')
  #actions
  /** @type {Map<string, PostCard>} */
  #cards = new Map()
  /** @type {readonly FeedItem[]} */
  #items = []

  /** @param {CardActions} actions */
  constructor(actions) {
    this.#actions = actions
    this.#root.addEventListener('keydown', (event) => this.#onKey(event))
  }

  get length() {
    return this.#items.length
  }

  /**
   * A feed of its own: of another viewer, or asked for anew.
   * @param {readonly FeedItem[]} items
   * @param {number} asOf
   */
  start(items, asOf) {
    this.#cards.clear()
    this.#items = items
    this.#root.replaceChildren(...this.#render(asOf, () => null))
  }

  /**
   * The next page; answers its first card.
   * @param {readonly FeedItem[]} items
   * @param {number} asOf
   */
  append(items, asOf) {
    const added = items.filter(({ postId }) => !this.#cards.has(postId))
    this.#items = [...this.#items, ...added]
    this.#root.append(...this.#render(asOf, () => null).slice(this.#items.length - added.length))
    return added[0] && this.#cards.get(added[0].postId)
  }

  /**
   * The same viewer's feed as it is now.
   * @param {readonly FeedItem[]} items
   * @param {readonly Receipt[]} receipts
   * @param {number} asOf
   * @returns {Changes}
   */
  change(items, receipts, asOf) {
    const before = new Map(this.#items.map(({ postId }, place) => [postId, place]))
    const moves = items.map(({ postId }, place) => moveOf(before.get(postId), place))
    const tops = this.#tops()
    const stays = new Set(items.map(({ postId }) => postId))
    for (const postId of this.#cards.keys()) if (!stays.has(postId)) this.#cards.delete(postId)
    this.#items = items
    this.#place(
      withReceipts(
        this.#render(asOf, (place) => moves[place] ?? null),
        receipts,
      ),
    )
    this.#animate(tops)
    const added = moves.filter((move) => move === 'new').length
    return { moved: moves.filter((move) => move !== 0).length - added, added }
  }

  /**
   * Puts a receipt in the place of its post, at once.
   * @param {Receipt} receipt
   */
  fold(receipt) {
    const card = this.#cards.get(receipt.postId)
    if (card === undefined) return
    const hadFocus = card.hasFocus
    card.root.replaceWith(receipt.root)
    this.#cards.delete(receipt.postId)
    this.#items = this.#items.filter(({ postId }) => postId !== receipt.postId)
    if (hadFocus) receipt.focus()
  }

  /**
   * Where a post's element stands among all, receipts included.
   * @param {string} postId
   */
  indexOf(postId) {
    const card = this.#cards.get(postId)
    return card === undefined ? -1 : [...this.#root.children].indexOf(card.root)
  }

  /**
   * @param {number} asOf
   * @param {(place: number) => Move} moveTo
   */
  #render(asOf, moveTo) {
    const scale = barScale(this.#items)
    return this.#items.map((item, place) => {
      const card = this.#cards.get(item.postId) ?? new PostCard(item, asOf, this.#actions)
      this.#cards.set(item.postId, card)
      card.show(item, place + 1, moveTo(place), scale)
      return card.root
    })
  }

  /**
   * Elements that are moved lose the focus, so it is given back; when its element is gone, to the feed.
   * @param {readonly HTMLElement[]} elements
   */
  #place(elements) {
    const focused = document.activeElement
    const hadFocus = this.#root.contains(focused)
    this.#root.replaceChildren(...elements)
    if (!hadFocus || !(focused instanceof HTMLElement)) return
    const target = focused.isConnected ? focused : this.#root
    target.focus({ preventScroll: true })
  }

  #tops() {
    return new Map([...this.#root.children].map((each) => [each, each.getBoundingClientRect().top]))
  }

  /** @param {ReadonlyMap<Element, number>} tops where elements stood before */
  #animate(tops) {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
    for (const each of this.#root.children) {
      const top = tops.get(each)
      const by = top === undefined ? 0 : top - each.getBoundingClientRect().top
      if (top === undefined) each.animate([{ opacity: 0 }, { opacity: 1 }], MOVE)
      else if (by !== 0) each.animate([{ transform: `translateY(${by}px)` }, { transform: 'none' }], MOVE)
    }
  }

  /**
   * Keys count only while the focus is in the feed, and not where text is typed.
   * @param {KeyboardEvent} event
   */
  #onKey(event) {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return
    const cards = this.#items.flatMap(({ postId }) => this.#cards.get(postId) ?? [])
    const at = cards.findIndex((card) => card.hasFocus)
    if (event.key === 'j' || event.key === 'k') {
      cards[at === -1 ? 0 : at + (event.key === 'j' ? 1 : -1)]?.focus()
      event.preventDefault()
    } else if (cards[at]?.press(event.key) === true) event.preventDefault()
  }
}

/**
 * @param {number | undefined} was
 * @param {number} place
 * @returns {Move}
 */
const moveOf = (was, place) => (was === undefined ? 'new' : was - place)

/**
 * Each receipt at the index it had, as far as there are posts.
 * @param {readonly HTMLElement[]} cards
 * @param {readonly Receipt[]} receipts
 */
const withReceipts = (cards, receipts) => {
  const elements = [...cards]
  for (const { root, index } of [...receipts].sort((one, other) => one.index - other.index)) {
    elements.splice(index, 0, root)
  }
  return elements
}
