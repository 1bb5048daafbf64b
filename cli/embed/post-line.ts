import { type Envelope, readEnvelope } from '../../schemas/envelope.ts'
import { type Post, posts } from '../../schemas/posts/index.ts'
import type { Line } from '../intake/line-splitter.ts'

/** So many tell every number of single precision from the next. */
const FLOAT_DIGITS = 9

/** A post whose text may be embedded. */
export interface SayingPost extends Post {
  readonly text: string
}

/** The post of a line that says something and bears no vector; null for all other events. Throws a `ContractError`. */
export const sayingPostOf = ({ buffer, start, end }: Line): SayingPost | null => {
  const post = postOf(readEnvelope(buffer, start, end))
  if (post === null || post.action === 'deleted' || post.contentEmbedding !== null) return null
  const { text } = post
  return text === null || text.trim() === '' ? null : { ...post, text }
}

const postOf = ({ contract, value }: Envelope): Post | null =>
  contract.topic === posts.topic ? (value as Post) : null

/** The line of a post with a vector, as the contract reads it: hashtags in their form, nothing that is null. */
export const lineWith = (post: SayingPost, vector: Float32Array): Buffer => {
  const contentEmbedding = Array.from(vector, (value) => Number(value.toPrecision(FLOAT_DIGITS)))
  return Buffer.from(
    JSON.stringify({ topic: posts.topic, value: posts.toJson({ ...post, contentEmbedding }) }),
  )
}
