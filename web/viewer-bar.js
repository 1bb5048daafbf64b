/** @import { RecentViewer, ViewerState } from './shapes.ts' */
import { getViewers } from './api.js'
import { button, byId, element, inputById, replaceChildren } from './dom.js'
import { count, plural } from './format.js'

const OFFERED_MAX = 200
const CHIPS_MAX = 8
/** Authors, of those they touched last, that are named. */
const TOUCHED_MAX = 3

/** Where a viewer is chosen: among those active of late, or by any id. */
export class ViewerBar {
  #input = inputById('viewer-input')
  #choose
  /** @type {readonly RecentViewer[]} */
  #recent = []

  /** @param {(userId: string) => void} choose */
  constructor(choose) {
    this.#choose = choose
    byId('viewer-form').addEventListener('submit', (event) => {
      event.preventDefault()
      const userId = this.#input.value.trim()
      if (userId !== '') choose(userId)
    })
  }

  /** Answers the busiest viewer; undefined where nobody is known, or this is not the server's own machine. */
  async loadRecent() {
    this.#recent = await getViewers(OFFERED_MAX).catch(() => [])
    const options = this.#recent.map(({ userId, events }) =>
      element('option', { value: userId, label: plural(events, 'recent event') }),
    )
    replaceChildren(byId('viewer-list'), ...options)
    this.show(this.#input.value)
    return this.#recent[0]?.userId
  }

  /** @param {string} current */
  show(current) {
    this.#input.value = current
    const chips = this.#recent.slice(0, CHIPS_MAX).map(({ userId, events }) =>
      element(
        'li',
        {},
        button(
          { 'aria-pressed': String(userId === current), title: plural(events, 'recent event') },
          () => this.#choose(userId),
          userId,
          element('small', { 'aria-hidden': 'true' }, count(events)),
        ),
      ),
    )
    replaceChildren(byId('viewer-recent'), ...chips)
  }
}

/**
 * Who the viewer is, in a line.
 * @param {ViewerState} state
 */
export const factsOf = ({ profile, connections, touched }) => {
  const interests = profile?.interests ?? []
  const authors = (touched ?? []).slice(0, TOUCHED_MAX).map(({ authorId }) => authorId)
  const facts = [
    [profile?.country, profile?.language].filter((each) => typeof each === 'string').join(', '),
    connections === null ? '' : tiesOf(connections),
    interests.length === 0 ? '' : `says they like ${interests.join(', ')}`,
    authors.length === 0 ? '' : `last engaged with ${authors.join(', ')}`,
  ]
  return facts.filter((fact) => fact !== '').join(' · ')
}

/** @param {NonNullable<ViewerState['connections']>} connections */
const tiesOf = ({ friends, follows, groups, pages }) =>
  [
    plural(friends.length, 'friend'),
    `follows ${count(follows.length)}`,
    plural(groups.length, 'group'),
    plural(pages.length, 'page'),
  ].join(', ')
