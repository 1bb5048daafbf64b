/** @import { LiveReport } from './shapes.ts' */
import { listen } from './api.js'
import { byId, element, replaceChildren, svg } from './dom.js'
import { count, duration } from './format.js'

/** Seconds that a line goes back. */
const HISTORY = 60
const WIDTH = 60
const HEIGHT = 16

/** @param {number | null} value */
const rate = (value) => {
  if (value === null) return '–'
  return value >= 100 || Number.isInteger(value) ? count(value) : value.toFixed(1)
}

/** @satisfies {readonly { field: keyof LiveReport, name: string, about: string, text: (value: number | null) => string }[]} */
const FIGURES = /** @type {const} */ ([
  { field: 'eventsPerS', name: 'events/s', about: 'Events processed a second', text: rate },
  {
    field: 'freshnessMs',
    name: 'freshness',
    about: 'Time from an event’s acceptance until features know of it, median',
    text: duration,
  },
  { field: 'feedsPerS', name: 'feeds/s', about: 'Feeds served a second', text: rate },
  { field: 'feedP50Ms', name: 'feed p50', about: 'Half of the feeds took at most this long', text: duration },
  { field: 'feedP99Ms', name: 'feed p99', about: '99 of 100 feeds took at most this long', text: duration },
])

/** Figures of the last seconds, each with its last minute as a line. Not announced: they change every second. */
export const startLiveStrip = () => {
  const strip = byId('live')
  const shown = FIGURES.map((figure) => new ShownFigure(figure))
  replaceChildren(strip, element('dl', {}, ...shown.map(({ root }) => root)))
  listen((report) => {
    strip.dataset['state'] = report === null ? 'lost' : 'live'
    strip.title = report === null ? 'The server is not reached; trying again' : 'Of the last five seconds'
    if (report !== null) for (const figure of shown) figure.show(report)
  })
}

class ShownFigure {
  root
  #figure
  #number = element('span', { class: 'number' }, '–')
  #line = svg('polyline', { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5 })
  /** @type {number[]} */
  #history = []

  /** @param {(typeof FIGURES)[number]} figure */
  constructor(figure) {
    this.#figure = figure
    const chart = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' }, this.#line)
    this.root = element(
      'div',
      { title: figure.about },
      element('dt', {}, figure.name),
      element('dd', {}, this.#number, chart),
    )
  }

  /** @param {LiveReport} report */
  show(report) {
    const value = report[this.#figure.field]
    this.#number.textContent = this.#figure.text(value)
    this.#history.push(value ?? 0)
    if (this.#history.length > HISTORY) this.#history.shift()
    this.#line.setAttribute('points', pointsOf(this.#history))
  }
}

/**
 * From the right: the newest value is at the end.
 * @param {readonly number[]} history
 */
const pointsOf = (history) => {
  const top = Math.max(...history, Number.MIN_VALUE)
  const start = HISTORY - history.length
  return history
    .map((value, index) => {
      const x = ((start + index) / (HISTORY - 1)) * WIDTH
      const y = HEIGHT - 1 - (value / top) * (HEIGHT - 2)
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(' ')
}
