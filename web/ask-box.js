/** @import { Explanation } from './shapes.ts' */
import { byId, element, inputById, replaceChildren } from './dom.js'
import { featureTable } from './features.js'
import { words } from './format.js'
import { headTable, rankSteps } from './trace.js'

/**
 * Asks why a post is in the feed, or why it is not.
 * @param {(postId: string) => Promise<Explanation>} explain
 */
export const startAskBox = (explain) => {
  const input = inputById('ask-input')
  const answer = byId('ask-answer')
  byId('ask-form').addEventListener('submit', (event) => {
    event.preventDefault()
    explain(input.value.trim()).then(
      (explanation) => replaceChildren(answer, ...partsOf(explanation)),
      (error) => replaceChildren(answer, element('p', { class: 'problem' }, String(error.message))),
    )
  })
}

/** @param {Explanation} explanation */
const partsOf = ({ outcome, text, sources, filter, trace, features }) => [
  element(
    'p',
    { class: 'verdict' },
    element('b', { class: `outcome ${outcome}` }, words(outcome)),
    ` ${text}`,
  ),
  sources.length > 0 && fact('Found by', sources.map(words).join(', ')),
  typeof filter === 'string' && fact('Removed by', words(filter)),
  trace && rankSteps(trace.ranks),
  trace && headTable(trace),
  features && featureTable(features),
]

/**
 * @param {string} name
 * @param {string} value
 */
const fact = (name, value) => element('p', { class: 'fact' }, element('span', {}, name), ` ${value}`)
