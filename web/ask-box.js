/** @import { Explanation, SourceWord } from './shapes.ts' */
import { byId, element, inputById, replaceChildren } from './dom.js'
import { featureTable } from './features.js'
import { fixed, words } from './format.js'
import { headTable, PASSES } from './trace.js'

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

/** What was asked of one feed says nothing of the next. */
export const clearAskBox = () => replaceChildren(byId('ask-answer'))

/** @param {Explanation} explanation */
const partsOf = ({ outcome, text, sources, filter, passes, trace, features }) => [
  element(
    'p',
    { class: 'verdict' },
    element('b', { class: `outcome ${outcome}` }, words(outcome)),
    ` ${text}`,
  ),
  filter !== undefined &&
    element('p', { class: 'fact' }, 'Removed by the filter ', element('b', {}, words(filter)), '.'),
  sources.length > 0 && element('ul', { class: 'facts-list' }, ...sources.map(sourceLine)),
  element('ul', { class: 'facts-list' }, ...passLines(passes)),
  trace && headTable(trace),
  features && featureTable(features),
]

/** @param {SourceWord} word */
const sourceLine = ({ source, found, text }) =>
  element(
    'li',
    { class: found ? 'found' : 'missed' },
    element('b', {}, `${words(source)} `),
    found ? 'found it. ' : 'did not find it. ',
    text,
  )

/** @param {Explanation['passes']} passes */
const passLines = (passes) =>
  PASSES.flatMap(({ pass, name }) => {
    const word = passes[pass]
    if (word === undefined) return []
    const { rank, score, kept, shortBy } = word
    const short = shortBy === null ? '' : `, ${fixed(shortBy)} short of being kept`
    return [
      element(
        'li',
        { class: kept ? 'found' : 'missed' },
        element('b', {}, `${name} `),
        `#${rank + 1}, scored ${fixed(score)}${short}`,
      ),
    ]
  })
