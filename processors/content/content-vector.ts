import type { Post } from '../../schemas/posts/index.ts'
import { Fingerprint } from '../fingerprint.ts'
import { CONTENT_DIMENSIONS, CONTENT_SCALE } from './direction.ts'
import { tokensOf } from './tokens.ts'

/** Places of the vector that a token adds to; the more, the less two tokens that share one are mistaken. */
const PLACES = 4
const PLACE_BITS = 6
const PLACE_MASK = CONTENT_DIMENSIONS - 1

/** What of a post is looked at; whoever has no post, such as a list of interests, says the same. */
type Content = Pick<Post, 'text' | 'language' | 'contentEmbedding'> & { readonly hashtags: readonly string[] }

/**
 * What a post is about, as a direction: int8, of length `CONTENT_SCALE`; null where it says nothing. Tokens of text
 * and hashtags, and the publisher's own embedding where there is one, are added up by signed hashing ("Feature
 * Hashing for Large Scale Multitask Learning", Weinberger et al., 2009): products are kept but for a noise of about
 * 1/8, no dictionary is needed, and posts with either can be compared. A pure function of the post: the same in
 * every partition and every replay.
 */
export const contentVectorOf = (post: Content): Int8Array | null => {
  if (post === last.post) return last.vector
  const sums = new Float64Array(CONTENT_DIMENSIONS)
  const said = addTokens(post, sums)
  const given = addEmbedding(post.contentEmbedding, sums)
  last.post = post
  return (last.vector = said || given ? quantised(sums) : null)
}

/** Two processors ask of the same post, one after the other. */
const last: { post: Content | null; vector: Int8Array | null } = { post: null, vector: null }

const fingerprint = new Fingerprint()

const addTokens = ({ text, hashtags, language }: Content, sums: Float64Array): boolean => {
  const own = new Float64Array(CONTENT_DIMENSIONS)
  for (const [token, weight] of tokensOf(text, hashtags, language)) {
    addHashed(own, fingerprint.of(token).low, weight)
  }
  return addUnit(sums, own)
}

/** A dimension is a token of its own, which no text holds. */
const addEmbedding = (embedding: readonly number[] | null, sums: Float64Array): boolean => {
  if (embedding === null) return false
  const own = new Float64Array(CONTENT_DIMENSIONS)
  for (const [dimension, value] of embedding.entries()) {
    addHashed(own, fingerprint.of(`\0${dimension}`).low, value)
  }
  return addUnit(sums, own)
}

/** Seven bits of the hash a place: six say where, one the sign. */
const addHashed = (sums: Float64Array, hash: number, weight: number): void => {
  let bits = hash
  for (let place = 0; place < PLACES; place++) {
    const sign = (bits >>> PLACE_BITS) & 1
    sums[bits & PLACE_MASK]! += sign === 1 ? weight : -weight
    bits >>>= PLACE_BITS + 1
  }
}

/** Adds a vector at length 1; answers whether there was anything to add. */
const addUnit = (sums: Float64Array, vector: Float64Array): boolean => {
  const length = lengthOf(vector)
  if (!(length > 0 && Number.isFinite(length))) return false
  for (let index = 0; index < vector.length; index++) sums[index]! += vector[index]! / length
  return true
}

const quantised = (sums: Float64Array): Int8Array | null => {
  const length = lengthOf(sums)
  return length > 0 ? Int8Array.from(sums, (sum) => Math.round((CONTENT_SCALE * sum) / length)) : null
}

const lengthOf = (vector: Float64Array): number => {
  let square = 0
  for (let index = 0; index < vector.length; index++) square += vector[index]! ** 2
  return Math.sqrt(square)
}
