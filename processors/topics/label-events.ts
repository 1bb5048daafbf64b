import type { ByteReader } from '../../engine/bytes.ts'
import type { Topic } from '../../engine/topic.ts'
import { type Millis, millis, type RequestId, type UserId } from '../../schemas/ids.ts'
import { REACTION_KINDS, type ReactionKind } from '../../schemas/reactions/index.ts'
import { Symbols } from '../symbols.ts'
import { GRACE_MS } from '../topics.ts'
import { versionedCodec } from './versioned.ts'

/** A reaction that the user's index assigned to one of their slates. */
export interface AssignedLabel {
  readonly type: 'label'
  /** Fingerprint of the post. */
  readonly low: number
  readonly high: number
  readonly kind: ReactionKind
  readonly undo: boolean
  readonly value: number | null
}

/** What `label-index` tells the labels of one slate: a reaction, or that the slate is to be forgotten. */
export interface LabelEvent {
  readonly userId: UserId
  readonly requestId: RequestId
  readonly at: Millis
  readonly what: AssignedLabel | { readonly type: 'forget' }
}

const FORGET = 0
const LABEL = 1
const UNDO = 2
const HAS_VALUE = 4

const kinds = new Symbols<ReactionKind>(REACTION_KINDS)

const NAME = 'label-events'

export const labelEvents: Topic<LabelEvent> = {
  name: NAME,
  about: 'Reactions assigned to slates, and slates to forget, keyed by user and request.',
  keySpace: 'user',
  graceMs: GRACE_MS,
  isEcho: true,
  visibility: 'internal',
  key: (value, key) => {
    key.id(value.userId)
    key.id(value.requestId)
  },
  time: (value) => value.at,
  codec: versionedCodec(NAME, 1, {
    encode: ({ userId, requestId, at, what }, writer) => {
      writer.string(userId)
      writer.string(requestId)
      writer.f64(at)
      if (what.type === 'forget') {
        writer.u8(FORGET)
        return
      }
      writer.u8(LABEL | (what.undo ? UNDO : 0) | (what.value === null ? 0 : HAS_VALUE))
      kinds.write(what.kind, writer)
      writer.u32(what.low)
      writer.u32(what.high)
      if (what.value !== null) writer.f64(what.value)
    },
    decode: (reader) => {
      const userId = reader.string() as UserId
      const requestId = reader.string() as RequestId
      const at = millis(reader.f64())
      const flags = reader.u8()
      return { userId, requestId, at, what: flags === FORGET ? { type: 'forget' } : readLabel(flags, reader) }
    },
  }),
}

const readLabel = (flags: number, reader: ByteReader): AssignedLabel => ({
  type: 'label',
  kind: kinds.read(reader),
  low: reader.u32(),
  high: reader.u32(),
  undo: (flags & UNDO) !== 0,
  value: (flags & HAS_VALUE) === 0 ? null : reader.f64(),
})
