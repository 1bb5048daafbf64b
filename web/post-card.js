/** @import { CardActions, FeedItem, Move, PostContent } from './shapes.ts' */
import { button, element, replaceChildren, styled } from './dom.js'
import { ago, firstCharacter, fixed, hueOf, startOf, words } from './format.js'
import { headBar } from './trace.js'
import { WhyPanel } from './why-panel.js'

/** Characters shown of a long text, until all of it is asked for. */
const TEXT_CHARACTERS = 320

const REACTIONS = /** @type {const} */ ([
  { kind: 'like', name: 'Like', key: 'l' },
  { kind: 'comment', name: 'Comment', key: 'c' },
  { kind: 'hide', name: 'Hide', key: 'h' },
  { kind: 'see_less', name: 'See less', key: 's' },
])

let cards = 0

/** One post in the feed. Kept while the post stays, so that the focus and an open trace stay too. */
export class PostCard {
  root
  #item
  #article
  #rank = element('span', { class: 'rank' })
  #move = element('span', { class: 'move' })
  #score = element('b')
  #reason = element('p', { class: 'reason' })
  #bar = element('div')
  #why
  /** @type {ReadonlyMap<string, HTMLButtonElement>} */
  #buttons

  /**
   * @param {FeedItem} item
   * @param {number} asOf
   * @param {CardActions} actions
   */
  constructor(item, asOf, actions) {
    this.#item = item
    const { postId, authorId, post } = item
    const id = `post-${++cards}`
    this.#why = new WhyPanel(postId, (asked) => actions.explain(asked))
    this.#buttons = new Map([
      ...REACTIONS.map(
        ({ kind, name, key }) =>
          /** @type {const} */ ([
            key,
            button({ 'aria-keyshortcuts': key }, () => actions.react(this.#item, kind), name),
          ]),
      ),
      ['w', this.#why.toggle],
    ])
    this.#article = element(
      'article',
      { class: 'post', tabindex: -1, 'aria-labelledby': id },
      element('div', { class: 'gutter' }, this.#rank, this.#move),
      element(
        'div',
        { class: 'content' },
        element(
          'header',
          {},
          avatar(authorId),
          element('h2', { id }, element('span', { class: 'author' }, authorId), metaOf(post, asOf)),
          element('span', { class: 'score' }, element('small', {}, 'score '), this.#score),
        ),
        textOf(post),
        this.#reason,
        this.#bar,
        element('div', { class: 'actions' }, ...this.#buttons.values()),
        this.#why.panel,
      ),
    )
    this.root = element('li', {}, this.#article)
  }

  /**
   * @param {FeedItem} item
   * @param {number} place
   * @param {Move} move
   * @param {number} scale what the longest bar of the page stands for
   */
  show(item, place, move, scale) {
    this.#item = item
    this.#rank.textContent = String(place)
    this.#score.textContent = fixed(item.score)
    const { source, text } = item.reason
    replaceChildren(this.#reason, element('span', { class: 'source' }, words(source)), ` ${text}`)
    replaceChildren(this.#bar, headBar(item.trace, scale))
    showMove(this.#move, move)
    this.#why.show(item)
  }

  get hasFocus() {
    return this.root.contains(document.activeElement)
  }

  focus() {
    this.#article.focus({ preventScroll: true })
    this.#article.scrollIntoView({ block: 'nearest' })
  }

  /**
   * Does what a key does on this post; false when it means nothing.
   * @param {string} key
   */
  press(key) {
    const wanted = this.#buttons.get(key)
    wanted?.click()
    return wanted !== undefined
  }
}

/** @param {string} authorId */
const avatar = (authorId) =>
  styled(
    element('span', { class: 'avatar', 'aria-hidden': 'true' }, firstCharacter(authorId).toUpperCase()),
    {
      '--hue': String(hueOf(authorId)),
    },
  )

/**
 * @param {PostContent} post
 * @param {number} asOf
 */
const metaOf = ({ kind, audience, containerId, language, at, editedAt }, asOf) => {
  const date = new Date(at)
  const notes = [editedAt === null ? null : 'edited', kind, containerId ?? audience, language]
  return element(
    'span',
    { class: 'meta' },
    element('time', { datetime: date.toISOString(), title: date.toLocaleString() }, ago(asOf - at)),
    ...notes.filter((note) => note !== null).map((note) => element('span', {}, note)),
  )
}

/** @param {PostContent} post */
const textOf = ({ text, hashtags }) => {
  const all = text ?? ''
  const start = startOf(all, TEXT_CHARACTERS)
  const shown = element('span', {}, start)
  const rest = button(
    { class: 'quiet' },
    () => {
      shown.textContent = all
      rest.remove()
    },
    'Show all of it',
  )
  const tags = hashtags.map((tag) => `#${tag}`).join(' ')
  return element(
    'p',
    { class: 'text', dir: 'auto' },
    shown,
    start !== all && rest,
    tags !== '' && element('span', { class: 'tags' }, ` ${tags}`),
  )
}

/**
 * @param {HTMLElement} target
 * @param {Move} move
 */
const showMove = (target, move) => {
  target.className = 'move'
  if (move === null || move === 0) target.replaceChildren()
  else if (move === 'new') {
    target.classList.add('new')
    target.textContent = 'new'
  } else {
    const places = Math.abs(move)
    target.classList.add(move > 0 ? 'up' : 'down')
    replaceChildren(
      target,
      element('span', { 'aria-hidden': 'true' }, `${move > 0 ? '▲' : '▼'}${places}`),
      element('span', { class: 'unseen' }, `${move > 0 ? 'up' : 'down'} by ${places}`),
    )
  }
}
