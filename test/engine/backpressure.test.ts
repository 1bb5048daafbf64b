import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heldBack, type Waits } from '../../engine/backpressure.ts'

const waitsOf = (pairs: readonly (readonly [string, string])[]): Waits => {
  const waits = new Map<string, Set<string>>()
  for (const [writer, reader] of pairs) waits.set(writer, (waits.get(writer) ?? new Set()).add(reader))
  return waits
}

describe('who is held back', () => {
  it('is a writer whose reader is behind', () => {
    expect([...heldBack(waitsOf([['user', 'post']]))]).toEqual(['user'])
    expect([...heldBack(waitsOf([]))]).toEqual([])
  })

  it('is not a task that waits for itself, nor tasks that wait for each other', () => {
    expect(heldBack(waitsOf([['user', 'user']])).size).toBe(0)
    expect(
      heldBack(
        waitsOf([
          ['user', 'post'],
          ['post', 'author'],
          ['author', 'user'],
        ]),
      ).size,
    ).toBe(0)
  })

  it('is one of a loop that waits for a reader outside it', () => {
    expect([
      ...heldBack(
        waitsOf([
          ['user', 'post'],
          ['post', 'user'],
          ['post', 'hashtag'],
        ]),
      ),
    ]).toEqual(['post'])
  })

  it('is never everyone who must act: along the waits of any held one, somebody is free to go on', () => {
    const names = fc.constantFrom('a', 'b', 'c', 'd', 'e')
    fc.assert(
      fc.property(fc.array(fc.tuple(names, names), { maxLength: 12 }), (pairs) => {
        const waits = waitsOf(pairs)
        const held = heldBack(waits)
        for (const start of held) {
          const reached = new Set([start])
          for (const each of reached) for (const next of waits.get(each) ?? []) reached.add(next)
          expect([...reached].some((each) => !held.has(each))).toBe(true)
        }
      }),
    )
  })
})
