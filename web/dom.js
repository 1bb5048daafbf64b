/** @import { Attributes, Child } from './shapes.ts' */

/**
 * The only way that the page makes elements: children are elements or text, never markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {readonly Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag)
  setAttributes(made, attributes)
  made.append(...children.filter(isShown))
  return made
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {readonly Child[]} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export const svg = (tag, attributes = {}, ...children) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  setAttributes(made, attributes)
  made.append(...children.filter(isShown))
  return made
}

/**
 * A button that does something.
 * @param {Attributes} attributes
 * @param {() => void} act
 * @param {readonly Child[]} children
 */
export const button = (attributes, act, ...children) => {
  const made = element('button', { type: 'button', ...attributes }, ...children)
  made.addEventListener('click', act)
  return made
}

/**
 * Sets custom properties: the policy forbids style attributes, not styles that scripts set.
 * @template {HTMLElement} Styled
 * @param {Styled} target
 * @param {Readonly<Record<string, string>>} properties
 */
export const styled = (target, properties) => {
  for (const [name, value] of Object.entries(properties)) target.style.setProperty(name, value)
  return target
}

/**
 * @param {Element} parent
 * @param {readonly Child[]} children
 */
export const replaceChildren = (parent, ...children) => parent.replaceChildren(...children.filter(isShown))

/**
 * An element of the document that is known to be there.
 * @param {string} id
 */
export const byId = (id) => {
  const found = document.getElementById(id)
  if (found === null) throw new TypeError(`the page has no #${id}`)
  return found
}

/**
 * An input of the document that is known to be there.
 * @param {string} id
 */
export const inputById = (id) => {
  const found = byId(id)
  if (!(found instanceof HTMLInputElement)) throw new TypeError(`#${id} is no input`)
  return found
}

/**
 * @param {Child} child
 * @returns {child is Node | string}
 */
const isShown = (child) => child !== null && child !== undefined && child !== false

/**
 * @param {Element} target
 * @param {Attributes} attributes
 */
const setAttributes = (target, attributes) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    target.setAttribute(name, value === true ? '' : String(value))
  }
}
