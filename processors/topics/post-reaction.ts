import type { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import type { Topic } from '../../engine/topic.ts'
import type { CommentId, Millis, PostId, UserId } from '../../schemas/ids.ts'
import { REACTION_KINDS, type ReactionKind } from '../../schemas/reactions/index.ts'
import { Symbols } from '../symbols.ts'
import { GRACE_MS } from '../topics.ts'
import { versionedCodec } from './versioned.ts'

/** A reaction on its way to its post. */
export interface PostReaction {
  /** Null: nobody known; counts in popularity only. */
  readonly userId: UserId | null
  readonly postId: PostId
  readonly authorId: UserId
  readonly kind: ReactionKind
  readonly undo: boolean
  /** Milliseconds, for dwell and watch. */
  readonly value: number | null
  readonly commentId: CommentId | null
  /** Of the user, as known when the reaction was routed: two capital letters. */
  readonly country: string | null
  readonly at: Millis
}

const UNDO = 1
const USER = 2
const VALUE = 4
const COMMENT = 8
const COUNTRY = 16

const kinds = new Symbols<ReactionKind>(REACTION_KINDS)

/** Everything but the post: `u8 flags · u8 kind · f64 at · author · user? · f64 value? · comment? · 2 bytes country?`. */
export const writeReactionFacts = (reaction: PostReaction, writer: ByteWriter): void => {
  const { userId, value, commentId, country } = reaction
  writer.u8(
    (reaction.undo ? UNDO : 0) |
      (userId === null ? 0 : USER) |
      (value === null ? 0 : VALUE) |
      (commentId === null ? 0 : COMMENT) |
      (country === null ? 0 : COUNTRY),
  )
  kinds.write(reaction.kind, writer)
  writer.f64(reaction.at)
  writer.string(reaction.authorId)
  if (userId !== null) writer.string(userId)
  if (value !== null) writer.f64(value)
  if (commentId !== null) writer.string(commentId)
  if (country !== null) writeCountry(country, writer)
}

export const readReactionFacts = (postId: PostId, reader: ByteReader): PostReaction => {
  const flags = reader.u8()
  const kind = kinds.read(reader)
  const at = reader.f64() as Millis
  const authorId = reader.string() as UserId
  return {
    userId: flags & USER ? (reader.string() as UserId) : null,
    postId,
    authorId,
    kind,
    undo: (flags & UNDO) !== 0,
    value: flags & VALUE ? reader.f64() : null,
    commentId: flags & COMMENT ? (reader.string() as CommentId) : null,
    country: flags & COUNTRY ? readCountry(reader) : null,
    at,
  }
}

export const writeCountry = (country: string, writer: ByteWriter): void => {
  writer.u8(country.charCodeAt(0))
  writer.u8(country.charCodeAt(1))
}

export const readCountry = (reader: ByteReader): string => String.fromCharCode(reader.u8(), reader.u8())

const NAME = 'reactions-by-post'

/** Every reaction, keyed by its post. */
export const reactionsByPost: Topic<PostReaction> = {
  name: NAME,
  about: 'Reactions keyed by post, with the country of whoever reacted.',
  keySpace: 'post',
  graceMs: GRACE_MS,
  visibility: 'internal',
  codec: versionedCodec(NAME, 1, {
    encode(reaction, writer) {
      writer.string(reaction.postId)
      writeReactionFacts(reaction, writer)
    },
    decode: (reader) => readReactionFacts(reader.string() as PostId, reader),
  }),
  key: (reaction, key) => {
    key.id(reaction.postId)
  },
  time: (reaction) => reaction.at,
}
