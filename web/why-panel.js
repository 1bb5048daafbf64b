/** @import { Explanation, FeedItem } from './shapes.ts' */
import { button, element, replaceChildren } from './dom.js'
import { featureTable } from './features.js'
import { formula, headTable, rankSteps } from './trace.js'

let panels = 0

/** Opens a post's score trace: place after each pass, multipliers, value by head and, on demand, its features. */
export class WhyPanel {
  toggle
  panel
  #postId
  #explain
  #score = element('div', { class: 'why-score' })

  /**
   * @param {string} postId
   * @param {(postId: string) => Promise<Explanation>} explain
   */
  constructor(postId, explain) {
    this.#postId = postId
    this.#explain = explain
    const id = `why-${++panels}`
    const features = element('div')
    features.append(
      button({ class: 'quiet' }, () => void this.#showFeatures(features), 'Show the features behind it'),
    )
    this.panel = element(
      'div',
      { id, class: 'why', hidden: true },
      this.#score,
      features,
      element('p', { class: 'hint' }, 'Post ', element('code', {}, postId)),
    )
    this.toggle = button(
      { class: 'why-toggle', 'aria-expanded': 'false', 'aria-controls': id, 'aria-keyshortcuts': 'w' },
      () => this.#set(this.panel.hidden !== false),
      'Why?',
    )
  }

  /** @param {FeedItem} item */
  show({ score, trace }) {
    replaceChildren(this.#score, rankSteps(trace.ranks), formula(trace, score), headTable(trace))
  }

  /** @param {boolean} open */
  #set(open) {
    this.panel.hidden = !open
    this.toggle.setAttribute('aria-expanded', String(open))
  }

  /** @param {HTMLElement} place */
  async #showFeatures(place) {
    try {
      const { features } = await this.#explain(this.#postId)
      if (features === undefined) throw new Error('The server kept no features of it.')
      const table = featureTable(features)
      replaceChildren(place, table)
      table.querySelector('input')?.focus()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      replaceChildren(place, element('p', { class: 'problem', role: 'alert' }, message))
    }
  }
}
