import { ByteReader } from '../../engine/bytes.ts'
import type { Millis, UserId } from '../../schemas/ids.ts'
import { readVector, writeVector } from '../content/vector-bytes.ts'
import { userEcho } from './user-echo.ts'

/** A reaction that tells what a user likes, with what its post is about. */
export interface TasteReaction {
  readonly userId: UserId
  readonly at: Millis
  /** How much it tells; below 0 it speaks against the post, or takes back. A whole number. */
  readonly weight: number
  readonly vector: Int8Array
}

const reader = new ByteReader()

export const tasteReactions = userEcho<TasteReaction>({
  name: 'taste-reactions',
  about: 'Reactions that tell what a user likes, with what their posts are about.',
  codec: {
    encode({ userId, at, weight, vector }, writer) {
      writer.string(userId)
      writer.f64(at)
      writer.signedVarint(weight)
      writeVector(vector, writer)
    },
    decode(buffer, start, end) {
      reader.over(buffer, start, end)
      const userId = reader.string() as UserId
      const at = reader.f64() as Millis
      return { userId, at, weight: reader.signedVarint(), vector: readVector(reader) }
    },
  },
})
