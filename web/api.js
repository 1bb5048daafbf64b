/** @import { Explanation, Feed, FeedRequest, LiveReport, Reaction, RecentViewer, ViewerState } from './shapes.ts' */
import { askForToken, authorization } from './token.js'

/** The server refused or could not be reached; the message is for people. */
export class ApiError extends Error {}

/**
 * @param {FeedRequest} request
 * @returns {Promise<Feed>}
 */
export const getFeed = ({ userId, limit, cursor, preview }) => {
  const query = new URLSearchParams({ userId, limit: String(limit), surface: 'page' })
  if (cursor !== undefined) query.set('cursor', cursor)
  if (preview) query.set('preview', 'true')
  return ask(`v1/feed?${query.toString()}`)
}

/**
 * @param {string} requestId
 * @param {string} postId
 * @returns {Promise<Explanation>}
 */
export const explain = (requestId, postId) =>
  ask(`v1/feed/${encodeURIComponent(requestId)}/explain/${encodeURIComponent(postId)}`)

/**
 * @param {number} limit
 * @returns {Promise<readonly RecentViewer[]>}
 */
export const getViewers = async (limit) => (await ask(`v1/viewers?limit=${limit}`)).viewers

/**
 * Resolves once the reaction is durable.
 * @param {Reaction} reaction
 */
export const react = async (reaction) => {
  const value = { eventId: newId(), ...reaction, surface: 'page', at: Date.now() }
  await ask('v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topic: 'reactions', value }),
  })
}

const ID_BYTES = 16

/** Random; `crypto.randomUUID` is there at localhost and over HTTPS alone. */
export const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(ID_BYTES)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

const PROCESSED_WAIT_MS = 1_000
const PROCESSED_POLL_MS = 25

/** Resolves when all that was accepted is processed, so that the next feed knows of it; at the latest in a second. */
export const processed = async () => {
  const deadline = performance.now() + PROCESSED_WAIT_MS
  do {
    await new Promise((resolve) => setTimeout(resolve, PROCESSED_POLL_MS))
    if ((await ask('readyz')).lagRecords === 0) return
  } while (performance.now() < deadline)
}

/**
 * What the state holds of a viewer. It is told to this machine only: elsewhere all is null.
 * @param {string} userId
 * @returns {Promise<ViewerState>}
 */
export const getViewerState = async (userId) => {
  const [profile, connections, touched] = await Promise.all(
    ['profiles', 'connections', 'touched-authors'].map((store) => rowOf(store, userId)),
  )
  return { profile, connections, touched }
}

/**
 * @param {string} store
 * @param {string} key
 */
const rowOf = async (store, key) => {
  try {
    return (await ask(`admin/v1/stores/${store}/row?key=${encodeURIComponent(key)}`)).value
  } catch {
    return null
  }
}

/**
 * Calls back with a report a second, and with null when the server is lost; the browser reconnects by itself.
 * @param {(report: LiveReport | null) => void} hear
 */
export const listen = (hear) => {
  const source = new EventSource('v1/live')
  source.addEventListener('message', ({ data }) => hear(JSON.parse(String(data))))
  source.addEventListener('error', () => hear(null))
}

/**
 * The answer's JSON. Throws an `ApiError`.
 * @param {string} path
 * @param {{ method?: string, headers?: Record<string, string>, body?: string }} options
 */
const ask = async (path, options = {}) => {
  const headers = { ...options.headers, ...authorization() }
  const response = await fetch(path, { ...options, headers }).catch(() => {
    throw new ApiError('The server cannot be reached. Is it running?')
  })
  const body = await response.json().catch(() => null)
  if (response.ok) return body
  if (response.status === 401) askForToken()
  throw new ApiError(body?.message ?? `The server answered ${response.status}.`)
}
