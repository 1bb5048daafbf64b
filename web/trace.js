/** @import { FeedItem, HeadTrace, Pass, Ranks, Trace } from './shapes.ts' */
import { element, styled } from './dom.js'
import { fixed, percent, short, signed, words } from './format.js'

/** Heads that a bar names in words; the others are in the table. */
const NAMED_HEADS = 3
/** From this part on, gains of a bar are equally light. */
const STEPS_MAX = 5
/** Parts of a bar shorter than this, of its whole, are left out: they could not be told apart. */
const PART_MIN = 0.005

const NOT_SCORED = 'The heavy model did not score it: its place is the light model’s.'

/** @param {readonly HeadTrace[]} heads */
const largestFirst = (heads) => [...heads].sort((one, other) => Math.abs(other.value) - Math.abs(one.value))

/** @param {number} value */
const gainOrLoss = (value) => (value < 0 ? 'loss' : 'gain')

/**
 * What the longest bar among these posts stands for: bars of one page can be compared.
 * @param {readonly FeedItem[]} items
 */
export const barScale = (items) =>
  Math.max(
    ...items.map(({ trace }) => trace.heads.reduce((sum, { value }) => sum + Math.abs(value), 0)),
    Number.MIN_VALUE,
  )

/**
 * Each head's part of the expected value as a length, largest first: gains, then losses.
 * @param {Trace} trace
 * @param {number} scale
 */
export const headBar = ({ heads }, scale) => {
  if (heads.length === 0) return element('p', { class: 'hint' }, NOT_SCORED)
  const ordered = largestFirst(heads)
  const parts = [...ordered.filter(({ value }) => value > 0), ...ordered.filter(({ value }) => value < 0)]
  const visible = parts.filter(({ value }) => Math.abs(value) >= PART_MIN * scale)
  const segments = visible.map(({ head, value }, index) =>
    styled(element('i', { class: gainOrLoss(value), title: `${words(head)} ${signed(value)}` }), {
      '--part': String(Math.abs(value) / scale),
      '--step': String(Math.min(index, STEPS_MAX)),
    }),
  )
  const named = ordered
    .slice(0, NAMED_HEADS)
    .map(({ head, value }) =>
      element('span', {}, `${words(head)} `, element('b', { class: gainOrLoss(value) }, signed(value))),
    )
  return element(
    'div',
    { class: 'bar-line' },
    element('span', { class: 'bar', 'aria-hidden': 'true' }, ...segments),
    element('span', { class: 'bar-words' }, ...named),
  )
}

/**
 * Expected value, what it was multiplied by, and the score that came of it. Rules that changed nothing are left out.
 * @param {Trace} trace
 * @param {number} score
 */
export const formula = ({ heads, expectedValue, multipliers }, score) =>
  element(
    'p',
    { class: 'formula' },
    heads.length === 0 ? factor('light model', '…') : factor('expected value', fixed(expectedValue)),
    ...multipliers
      .filter(({ factor: by }) => by !== 1)
      .flatMap(({ rule, factor: by }) => [
        sign('×'),
        factor(words(rule), short(by), by < 1 ? 'lowered' : 'raised'),
      ]),
    sign('='),
    factor('score', fixed(score), 'result'),
  )

/** @param {string} text */
const sign = (text) => element('span', { class: 'sign' }, text)

/**
 * @param {string} name
 * @param {string} value
 * @param {string} role
 */
const factor = (name, value, role = '') =>
  element('span', { class: `factor ${role}` }, element('b', {}, value), element('small', {}, ` ${name}`))

/** @satisfies {readonly { pass: Pass, name: string }[]} */
export const PASSES = /** @type {const} */ ([
  { pass: 'pass0', name: 'light model' },
  { pass: 'pass1', name: 'heavy model' },
  { pass: 'pass2', name: 'diversity' },
])

/**
 * The post's place after each pass, in one line.
 * @param {Ranks} ranks
 */
export const rankSteps = (ranks) =>
  element(
    'ol',
    { class: 'ranks', 'aria-label': 'Place after each pass' },
    ...PASSES.map(({ pass, name }) =>
      element('li', {}, element('small', {}, `${name} `), element('b', {}, placeOf(ranks[pass]))),
    ),
  )

/** @param {number} rank */
const placeOf = (rank) => (rank < 0 ? '–' : `#${rank + 1}`)

const COLUMNS = ['Head', 'Probability', '× weight', '= value']

/**
 * Head by head: probability × weight = value.
 * @param {Trace} trace
 */
export const headTable = ({ heads }) => {
  if (heads.length === 0) return element('p', { class: 'hint' }, NOT_SCORED)
  const largest = Math.max(...heads.map(({ value }) => Math.abs(value)), Number.MIN_VALUE)
  return element(
    'div',
    { class: 'scrolls' },
    element(
      'table',
      { class: 'heads' },
      element('caption', { class: 'unseen' }, 'What each head adds to the expected value'),
      element(
        'thead',
        {},
        element('tr', {}, ...COLUMNS.map((title) => element('th', { scope: 'col' }, title)), element('td')),
      ),
      element('tbody', {}, ...largestFirst(heads).map((head) => headRow(head, largest))),
    ),
  )
}

/**
 * @param {HeadTrace} head
 * @param {number} largest
 */
const headRow = ({ head, probability, weight, value }, largest) =>
  element(
    'tr',
    {},
    element('th', { scope: 'row' }, words(head)),
    element('td', {}, head === 'dwell' ? `${short(probability)} s` : percent(probability)),
    element('td', {}, short(weight)),
    element('td', { class: gainOrLoss(value) }, signed(value)),
    element(
      'td',
      { class: 'axis', 'aria-hidden': 'true' },
      styled(element('i', { class: gainOrLoss(value) }), { '--part': String(Math.abs(value) / largest) }),
    ),
  )
