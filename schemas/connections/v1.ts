import { oneOf } from '../declare/composites.ts'
import { defaulted, field, record } from '../declare/record.ts'
import { id } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at, eventId } from '../fields.ts'
import type { UserId } from '../ids.ts'

export const CONNECTION_KINDS = ['friend', 'follow', 'group', 'page', 'block', 'mute'] as const
export type ConnectionKind = (typeof CONNECTION_KINDS)[number]

export const CLOSENESSES = ['none', 'close', 'family'] as const
export type Closeness = (typeof CLOSENESSES)[number]

export const CONNECTION_ACTIONS = ['added', 'removed'] as const
export type ConnectionAction = (typeof CONNECTION_ACTIONS)[number]

export const connectionV1 = record(
  'Connection',
  'A user connected to someone or something, or took it back.',
  {
    eventId,
    userId: field(
      id<UserId>(),
      'Whose connection it is. A friendship is two connections, one of each friend.',
    ),
    targetId: field(id(), 'The other user, never the same one, or the group or page (their container id).'),
    kind: field(
      oneOf('ConnectionKind', CONNECTION_KINDS),
      'What ties them. A block may also come as a reaction, block_author.',
    ),
    closeness: defaulted(oneOf('Closeness', CLOSENESSES), 'none', 'How close the user says they are.'),
    action: field(oneOf('ConnectionAction', CONNECTION_ACTIONS), 'Whether it begins or ends.'),
    at,
  },
  [
    {
      rule: 'IDS_EQUAL',
      field: 'targetId',
      expects: 'another id than userId',
      isBroken: ({ userId, targetId }) => targetId === userId,
    },
  ],
)

export type Connection = ValueOf<typeof connectionV1>
