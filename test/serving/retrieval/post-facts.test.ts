import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { IndexedPost } from '../../../processors/topics/post-entry.ts'
import { PostFacts } from '../../../serving/retrieval/post-facts.ts'
import { containerId, later, postId, userId } from '../../processors/events.ts'

const aFact = (name: string): IndexedPost => ({
  postId: postId(name),
  authorId: userId(`author of ${name}`),
  publishedAt: later(name.length),
  kind: 'video',
  audience: 'public',
  containerId: name.length % 2 === 0 ? containerId('here') : null,
  language: name.length % 3 === 0 ? 'de' : null,
})

test('a slot holds the post that was put last, until it is removed', () => {
  const step = fc.record({ slot: fc.nat(40), name: fc.option(fc.string({ minLength: 1, maxLength: 64 })) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const facts = new PostFacts()
      const held = new Map<number, IndexedPost>()
      for (const { slot, name } of steps) {
        if (name === null) facts.remove(slot)
        else facts.put(slot, aFact(name))
        if (name === null) held.delete(slot)
        else held.set(slot, aFact(name))
      }
      for (let slot = 0; slot <= 41; slot++) expect(facts.post(slot)).toEqual(held.get(slot))
    }),
  )
})

test('posts that come and go for long take no more memory than those that are there', () => {
  const facts = new PostFacts()
  const name = (index: number): string => `${index}`.padStart(64, 'x')
  for (let index = 0; index < 40_000; index++) {
    facts.put(index % 500, aFact(name(index)))
    if (index % 10_000 === 0) expect(facts.bytes).toBeLessThan(3 * 2 ** 20)
  }
  expect(facts.post(499)!.postId).toBe(name(39_999))
  expect(facts.bytes).toBeLessThan(3 * 2 ** 20)
})
