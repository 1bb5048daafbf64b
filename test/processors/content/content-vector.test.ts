import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contentVectorOf } from '../../../processors/content/content-vector.ts'
import { CONTENT_DIMENSIONS, CONTENT_SCALE } from '../../../processors/content/direction.ts'
import type { Post } from '../../../schemas/posts/index.ts'
import { aPost } from '../events.ts'

const vectorOf = (fields: Parameters<typeof aPost>[0]): Int8Array => contentVectorOf(aPost(fields))!

const cosine = (one: Int8Array, other: Int8Array): number =>
  one.reduce((sum, value, index) => sum + value * other[index]!, 0) / CONTENT_SCALE ** 2

const given = (contentEmbedding: readonly number[] | null): Post => ({ ...aPost(), contentEmbedding })

test('posts about the same are near each other, others are not', () => {
  const lisbon = vectorOf({ text: 'The night train to Lisbon', hashtags: ['slowtravel'], language: 'en' })
  const porto = vectorOf({ text: 'By train to Porto', hashtags: ['slowtravel'], language: 'en' })
  const bread = vectorOf({ text: 'My sourdough failed again', hashtags: ['baking'], language: 'en' })
  expect(cosine(lisbon, porto)).toBeGreaterThan(0.5)
  expect(Math.abs(cosine(lisbon, bread))).toBeLessThan(0.35)
})

test('a hashtag that nobody used before counts from its first use, and by the words in it', () => {
  const fresh = vectorOf({ hashtags: ['quinceharvest'] })
  expect(cosine(fresh, vectorOf({ text: 'No', hashtags: ['quinceharvest'] }))).toBeGreaterThan(0.9)
  expect(cosine(fresh, vectorOf({ text: 'quince harvest', language: 'en' }))).toBeGreaterThan(0.4)
})

test('a post that says nothing has none, and nor has an embedding that is none', () => {
  expect(contentVectorOf(aPost())).toBeNull()
  expect(contentVectorOf(aPost({ text: 'the and of', language: 'en' }))).toBeNull()
  expect(contentVectorOf(given([]))).toBeNull()
  expect(contentVectorOf(given([0, 0]))).toBeNull()
  expect(contentVectorOf(given([Number.NaN]))).toBeNull()
})

test("a publisher's embedding counts beside the text, and either is comparable with both", () => {
  const embedding = Array.from({ length: 384 }, (_, index) => Math.sin(index))
  const both = contentVectorOf({ ...aPost({ text: 'sourdough' }), contentEmbedding: embedding })!
  expect(cosine(both, vectorOf({ text: 'sourdough' }))).toBeGreaterThan(0.5)
  expect(cosine(both, contentVectorOf(given(embedding))!)).toBeGreaterThan(0.5)
})

test('products of embeddings are kept but for a noise of about an eighth', () => {
  const value = fc.double({ min: -1, max: 1, noNaN: true })
  const embedding = fc.array(value, { minLength: 256, maxLength: 256 })
  const errors: number[] = []
  fc.assert(
    fc.property(embedding, embedding, fc.double({ min: 0, max: 1, noNaN: true }), (one, noise, share) => {
      const other = one.map((each, index) => (1 - share) * each + share * noise[index]!)
      const [first, second] = [contentVectorOf(given(one)), contentVectorOf(given(other))]
      if (first === null || second === null) return
      errors.push(cosine(first, second) - exactCosine(one, other))
    }),
    { seed: 7 },
  )
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)
  expect(deviation).toBeLessThan(0.16)
})

const exactCosine = (one: readonly number[], other: readonly number[]): number => {
  const product = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, index) => sum + value * b[index]!, 0)
  return product(one, other) / Math.sqrt(product(one, one) * product(other, other))
}

test('it is of length 1, in bytes, and the same whatever was asked before', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, before) => {
      const vector = contentVectorOf(aPost({ text }))
      contentVectorOf(aPost({ text: before }))
      expect(contentVectorOf(aPost({ text }))).toEqual(vector)
      if (vector === null) return
      expect(vector).toHaveLength(CONTENT_DIMENSIONS)
      expect(Math.hypot(...vector)).toBeCloseTo(CONTENT_SCALE, -1)
    }),
  )
})
