import { element, replaceChildren } from './dom.js'
import { count, plural, short } from './format.js'

/**
 * Features as they were served, by name; the server leaves out those that are 0.
 * @param {Readonly<Record<string, number>>} features
 */
export const featureTable = (features) => {
  const all = Object.entries(features)
  const input = element('input', {
    type: 'search',
    placeholder: 'filter by name',
    'aria-label': 'Filter features',
  })
  const body = element('tbody')
  const summary = element('p', { class: 'hint', role: 'status' })
  const show = () => {
    const wanted = input.value.trim().toLowerCase()
    const shown = all.filter(([name]) => name.includes(wanted))
    replaceChildren(body, ...shown.map(rowOf))
    summary.textContent = `${count(shown.length)} of ${plural(all.length, 'feature')}; those that are 0 are left out.`
  }
  input.addEventListener('input', show)
  show()
  return element(
    'div',
    { class: 'features' },
    input,
    summary,
    element(
      'div',
      { class: 'scrolls', tabindex: 0, role: 'region', 'aria-label': 'Features' },
      element('table', {}, element('caption', { class: 'unseen' }, 'Features as served'), body),
    ),
  )
}

/** @param {[string, number]} feature */
const rowOf = ([name, value]) =>
  element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, short(value)))
