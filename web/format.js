/** Numbers, times and names for people. Nothing here touches the document. */

const SECOND_MS = 1_000
const AGES = [
  { ms: 86_400_000, unit: 'd' },
  { ms: 3_600_000, unit: 'h' },
  { ms: 60_000, unit: 'min' },
]

/**
 * How long ago, in the largest unit that fits: `3 h ago`.
 * @param {number} ms
 */
export const ago = (ms) => {
  const age = AGES.find((each) => ms >= each.ms)
  return age === undefined ? 'just now' : `${Math.floor(ms / age.ms)} ${age.unit} ago`
}

/**
 * 1234.5 as 1,235.
 * @param {number} value
 */
export const count = (value) => Math.round(value).toLocaleString('en')

/**
 * Three significant digits, a true minus, no trailing zeros: 0.0123, −4.57, 12.3.
 * @param {number} value
 */
export const short = (value) => withMinus(String(Number(value.toPrecision(3))))

/**
 * Three digits after the point, so that columns of them line up.
 * @param {number} value
 */
export const fixed = (value) => withMinus(value.toFixed(3))

/**
 * As `fixed`, with a plus above 0.
 * @param {number} value
 */
export const signed = (value) => (value > 0 ? `+${fixed(value)}` : fixed(value))

/** @param {string} text */
const withMinus = (text) => text.replace('-', '−')

const PERCENT_MIN = 0.01

/**
 * A part of one as a percentage, with enough digits for small ones.
 * @param {number} part
 */
export const percent = (part) => {
  const value = part * 100
  return value !== 0 && Math.abs(value) < PERCENT_MIN ? `< ${PERCENT_MIN} %` : `${short(value)} %`
}

/** From this many of a unit on, nobody asks for smaller ones. */
const ENOUGH = 2

/**
 * In the unit that suits it, from milliseconds to days; a dash where nothing was measured.
 * @param {number | null} ms
 */
export const duration = (ms) => {
  if (ms === null) return '–'
  const long = AGES.find((each) => ms >= ENOUGH * each.ms)
  if (long !== undefined) return `${Math.floor(ms / long.ms)} ${long.unit}`
  if (ms >= 10 * SECOND_MS) return `${count(ms / SECOND_MS)} s`
  if (ms >= SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`
  return ms >= 100 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`
}

/**
 * @param {number} value
 * @param {string} one
 * @param {string} many
 */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`

/**
 * A machine's name as words: `see_less` as `see less`.
 * @param {string} name
 */
export const words = (name) => name.replaceAll(/[_-]/g, ' ')

/**
 * A hue for an id, from 0 to 359: the same id has the same colour everywhere.
 * @param {string} id
 */
export const hueOf = (id) => {
  let hash = 0
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360
  return hash
}

const graphemes = new Intl.Segmenter()

/**
 * A text's start, cut between characters as people count them; the whole of a text that is short enough.
 * @param {string} text
 * @param {number} charactersMax
 */
export const startOf = (text, charactersMax) => {
  let characters = 0
  for (const { index } of graphemes.segment(text)) {
    if (characters++ === charactersMax) return `${text.slice(0, index)}…`
  }
  return text
}

/** @param {string} text */
export const firstCharacter = (text) => {
  for (const { segment } of graphemes.segment(text)) return segment
  return ''
}
