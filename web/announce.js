import { byId, element, replaceChildren } from './dom.js'

/**
 * Tells people who do not see the page what changed on it.
 * @param {string} text
 */
export const announce = (text) => {
  // The same text twice is two pieces of news: an element of its own is read out again.
  replaceChildren(byId('announcer'), element('p', {}, text))
}
