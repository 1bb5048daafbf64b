import { element, replaceChildren } from './dom.js'
import { plural, short } from './format.js'

/**
 * Features as they were served, by name. Those that are 0 are left out until a filter asks for them.
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
    const shown = all.filter(([name, value]) => (wanted === '' ? value !== 0 : name.includes(wanted)))
    replaceChildren(body, ...shown.map(rowOf))
    const others = wanted === '' ? '; the others are 0' : ''
    summary.textContent = `${plural(shown.length, 'feature')} of ${all.length}${others}.`
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
