/** @import { FeedMeta } from './shapes.ts' */
import { element, replaceChildren, styled } from './dom.js'
import { count, duration, words } from './format.js'

/** Stages that are shown at first: those that took longest. */
const STAGES_MAX = 8

/** @typedef {{ readonly name: string, readonly value: number, readonly text: string }} Bar */

/**
 * How a feed was made: what was found, what each pass kept, what was removed, and how long it all took.
 * @param {Element} target
 * @param {FeedMeta} meta
 * @param {number} shown
 */
export const showRequest = (target, meta, shown) => {
  const { candidates, stages, sources, removed } = meta
  const kept = {
    found: candidates.found,
    eligible: candidates.eligible,
    'kept by the light model': candidates.pass0,
  }
  replaceChildren(
    target,
    ...bars(
      'From found to shown',
      countsOf({ ...kept, 'scored by the heavy model': candidates.pass1, shown }),
    ),
    ...bars(`Time by stage, ${duration(meta.tookMs)} in all`, longest(stages).map(barOf)),
    stages.length > STAGES_MAX && allStages(stages),
    ...bars('Eligible, by source', countsOf(sources)),
    ...bars('Removed, by reason', countsOf(removed)),
    versions(meta),
  )
}

/**
 * The stages that took longest, in the order in which they ran.
 * @param {FeedMeta['stages']} stages
 */
const longest = (stages) => {
  const shown = new Set([...stages].sort((one, other) => other.ms - one.ms).slice(0, STAGES_MAX))
  return stages.filter((stage) => shown.has(stage))
}

/** @param {FeedMeta['stages'][number]} stage */
const barOf = ({ stage, ms, kept }) => ({
  name: kept === 0 ? words(stage) : `${words(stage)} → ${count(kept)}`,
  value: ms,
  text: duration(ms),
})

/** @param {FeedMeta['stages']} stages */
const allStages = (stages) =>
  element(
    'details',
    {},
    element('summary', {}, `All ${stages.length} stages`),
    ...bars('In the order they ended; some ran at once', stages.map(barOf)),
  )

/** @param {Readonly<Record<string, number>>} counts */
const countsOf = (counts) =>
  Object.entries(counts)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => ({ name: words(name), value, text: count(value) }))

/**
 * Nothing where there are none.
 * @param {string} title
 * @param {readonly Bar[]} rows
 */
const bars = (title, rows) => {
  if (rows.length === 0) return []
  const largest = Math.max(...rows.map(({ value }) => value), Number.MIN_VALUE)
  const shown = rows.map(({ name, value, text }) =>
    styled(pair(name, text), { '--part': String(value / largest) }),
  )
  return [element('h3', {}, title), element('dl', { class: 'bars' }, ...shown)]
}

/** @param {FeedMeta} meta */
const versions = (meta) => {
  const { modelVersion, modelOrigin, lightModelVersion, retrievalModelVersion, configVersion, requestId } =
    meta
  return element(
    'dl',
    { class: 'versions' },
    pair('heavy model', `${modelVersion}, ${modelOrigin}`),
    pair('light model', lightModelVersion),
    retrievalModelVersion !== null && pair('retrieval', retrievalModelVersion),
    pair('config', configVersion),
    pair('request', requestId),
  )
}

/**
 * @param {string} name
 * @param {string} value
 */
const pair = (name, value) => element('div', {}, element('dt', {}, name), element('dd', {}, value))
