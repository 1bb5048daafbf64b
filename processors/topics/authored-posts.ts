import { ByteReader } from '../../engine/bytes.ts'
import type { Topic } from '../../engine/topic.ts'
import { type Millis, millis, type PostId, type UserId } from '../../schemas/ids.ts'
import { GRACE_MS } from '../topics.ts'

/** A user published a post, or deleted it. */
export interface AuthoredPost {
  readonly userId: UserId
  readonly postId: PostId
  readonly deleted: boolean
  readonly at: Millis
}

const reader = new ByteReader()

export const authoredPosts: Topic<AuthoredPost> = {
  name: 'authored-posts',
  about: 'Posts published and deleted, by author.',
  keySpace: 'user',
  graceMs: GRACE_MS,
  isEcho: true,
  visibility: 'internal',
  key: (value, key) => {
    key.id(value.userId)
  },
  time: (value) => value.at,
  codec: {
    encode: (value, writer) => {
      writer.string(value.userId)
      writer.string(value.postId)
      writer.u8(value.deleted ? 1 : 0)
      writer.f64(value.at)
    },
    decode: (buffer, start, end) => {
      reader.over(buffer, start, end)
      return {
        userId: reader.string() as UserId,
        postId: reader.string() as PostId,
        deleted: reader.u8() === 1,
        at: millis(reader.f64()),
      }
    },
  },
}
