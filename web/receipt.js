/** @import { FeedItem, ReactionKind } from './shapes.ts' */
import { button, element } from './dom.js'
import { startOf } from './format.js'

/** @type {Readonly<Record<ReactionKind, string>>} */
const DONE = { like: 'Liked', comment: 'Commented on', hide: 'Hidden:', see_less: 'Less like' }

const TEXT_CHARACTERS = 60

/** Stands where a post was that the viewer reacted to, for the next feed leaves it out. */
export class Receipt {
  root
  postId
  /** Where in the list it stands, counted from 0. */
  index
  #undo

  /**
   * @param {FeedItem} item
   * @param {ReactionKind} kind
   * @param {number} index
   * @param {() => void} undo
   */
  constructor({ postId, authorId, post }, kind, index, undo) {
    this.postId = postId
    this.index = index
    this.#undo = button({ class: 'quiet' }, undo, 'Undo')
    this.root = element(
      'li',
      { class: 'receipt' },
      element(
        'p',
        {},
        element('b', {}, DONE[kind]),
        ` ${authorId}, “${startOf(post.text ?? post.kind, TEXT_CHARACTERS)}”`,
      ),
      this.#undo,
    )
  }

  focus() {
    this.#undo.focus({ preventScroll: true })
  }
}
