import { contract } from '../contract.ts'
import { connectionV1 } from './v1.ts'

export const connections = contract({
  topic: 'connections',
  about: 'Who is tied to whom: friends, follows, groups, pages, blocks and mutes.',
  visibility: 'public',
  ordinal: 3,
  keyAbout: 'userId',
  keyOf: (connection) => connection.userId,
  timeOf: (connection) => connection.at,
  eventIdOf: (connection) => connection.eventId,
  newest: { version: 1, record: connectionV1 },
})

export * from './v1.ts'
