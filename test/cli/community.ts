import { HOUR_MS } from '../../schemas/ids.ts'

/** An event as publishers send it. */
export interface PublishedEvent {
  readonly topic: string
  readonly value: Readonly<Record<string, unknown>>
}

let events = 0

/** A valid event of a topic, with an id of its own. */
export const event = (topic: string, value: Readonly<Record<string, unknown>>): PublishedEvent => ({
  topic,
  value: { eventId: `event-${++events}`, at: Date.now() - HOUR_MS, ...value },
})

export const post = (postId: string, authorId: string, fields: object = {}): PublishedEvent =>
  event('posts', {
    postId,
    authorId,
    action: 'published',
    kind: 'text',
    audience: 'public',
    text: `What ${authorId} has to say.`,
    ...fields,
  })

export const tie = (userId: string, targetId: string, kind: string, fields: object = {}): PublishedEvent =>
  event('connections', { userId, targetId, kind, action: 'added', ...fields })

export const reaction = (
  userId: string | null,
  postId: string,
  authorId: string,
  kind: string,
  fields: object = {},
): PublishedEvent => event('reactions', { userId, postId, authorId, kind, ...fields })

export const ndjson = (given: readonly PublishedEvent[]): string =>
  given.map((each) => `${JSON.stringify(each)}\n`).join('')
