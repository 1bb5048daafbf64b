import { contract } from '../contract.ts'
import { postV1 } from './v1.ts'

export const posts = contract({
  topic: 'posts',
  about: 'What is published, edited and deleted.',
  visibility: 'public',
  ordinal: 1,
  keyAbout: 'postId',
  keyOf: (post) => post.postId,
  timeOf: (post) => post.at,
  eventIdOf: (post) => post.eventId,
  newest: { version: 1, record: postV1 },
})

export * from './kinds.ts'
export * from './v1.ts'
