import { byId, inputById } from './dom.js'

/** Kept until the tab is closed. */
const KEY = 'freshet-token'

/**
 * What requests carry where the server asks for a token.
 * @returns {Record<string, string>}
 */
export const authorization = () => {
  const token = sessionStorage.getItem(KEY)
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

/** Asks for the token; with it the page begins anew. */
export const askForToken = () => {
  const dialog = byId('token-dialog')
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return
  byId('token-form').addEventListener('submit', (event) => {
    event.preventDefault()
    sessionStorage.setItem(KEY, inputById('token-input').value.trim())
    location.reload()
  })
  dialog.showModal()
}
