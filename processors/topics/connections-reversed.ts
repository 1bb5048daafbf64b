import { type Millis, millis, type UserId } from '../../schemas/ids.ts'
import { Symbols } from '../symbols.ts'
import { userEcho } from './user-echo.ts'
import { versionedCodec } from './versioned.ts'

/** Connections that concern the other side as well. */
export const REVERSED_KINDS = ['friend', 'block', 'mute'] as const
export type ReversedKind = (typeof REVERSED_KINDS)[number]

/** `otherId` befriended, blocked or muted `userId`, or took it back. */
export interface ReversedConnection {
  readonly userId: UserId
  readonly otherId: UserId
  readonly kind: ReversedKind
  readonly removed: boolean
  readonly at: Millis
}

const kinds = new Symbols<ReversedKind>(REVERSED_KINDS)
const NAME = 'connections-reversed'

export const connectionsReversed = userEcho<ReversedConnection>({
  name: NAME,
  about: 'Friendships, blocks and mutes, told to whom they are directed at.',
  codec: versionedCodec(NAME, 1, {
    encode: (value, writer) => {
      writer.string(value.userId)
      writer.string(value.otherId)
      kinds.write(value.kind, writer)
      writer.u8(value.removed ? 1 : 0)
      writer.f64(value.at)
    },
    decode: (reader) => ({
      userId: reader.string() as UserId,
      otherId: reader.string() as UserId,
      kind: kinds.read(reader),
      removed: reader.u8() === 1,
      at: millis(reader.f64()),
    }),
  }),
})
