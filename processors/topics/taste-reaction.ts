import type { Millis, UserId } from '../../schemas/ids.ts'
import { readVector, writeVector } from '../content/vector-bytes.ts'
import { userEcho } from './user-echo.ts'
import { versionedCodec } from './versioned.ts'

/** A reaction that tells what a user likes, with what its post is about. */
export interface TasteReaction {
  readonly userId: UserId
  readonly at: Millis
  /** How much it tells; below 0 it speaks against the post, or takes back. A whole number. */
  readonly weight: number
  readonly vector: Int8Array
}

const NAME = 'taste-reactions'

export const tasteReactions = userEcho<TasteReaction>({
  name: NAME,
  about: 'Reactions that tell what a user likes, with what their posts are about.',
  codec: versionedCodec(NAME, 1, {
    encode({ userId, at, weight, vector }, writer) {
      writer.string(userId)
      writer.f64(at)
      writer.signedVarint(weight)
      writeVector(vector, writer)
    },
    decode(reader) {
      const userId = reader.string() as UserId
      const at = reader.f64() as Millis
      return { userId, at, weight: reader.signedVarint(), vector: readVector(reader) }
    },
  }),
})
