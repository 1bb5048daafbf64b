import { describe, expect, test } from 'vitest'
import { HEADS } from '../../../models/heads.ts'
import { isNegative, LabelWriter } from '../../../models/training/labels.ts'
import { Positives } from '../../../models/training/positives.ts'
import type { LearnedExample } from '../../../models/training/batch.ts'
import type { PostId } from '../../../schemas/ids.ts'
import { exampleOf, labelled } from './sample.ts'

type Row = Readonly<Record<string, readonly [weight: number, target: number]>>

const writer = (positives = new Positives()): ((example: LearnedExample, weight?: number) => Row) => {
  const labels = new LabelWriter(HEADS, (example, head) => positives.add(example, head))
  return (example, weight = 1) => {
    const weights = new Float32Array(HEADS.length + 1).fill(9)
    const targets = new Float32Array(HEADS.length + 1).fill(9)
    labels.write(example, weight, weights, targets, 1)
    expect([weights[0], targets[0]]).toEqual([9, 9])
    return Object.fromEntries(HEADS.map(({ name }, head) => [name, [weights[head + 1]!, targets[head + 1]!]]))
  }
}

describe('what heads learn from an example', () => {
  test('that settled: a positive where the reaction came, a negative where it did not', () => {
    const row = writer()(exampleOf({ labels: labelled('click', 'comment') }), 2)
    expect(row['click']).toEqual([2, 2])
    expect(row['comment']).toEqual([2, 2])
    expect(row['like']).toEqual([2, 0])
    expect(row['share']).toEqual([2, 0])
  })

  test('of any of the reactions that a head stands for', () => {
    const write = writer()
    expect(write(exampleOf({ labels: labelled('connect_request') }))['follow']).toEqual([1, 1])
  })

  test('of a time: its logarithm, dwell and watch together, and nothing where nobody looked', () => {
    const write = writer()
    const looked = write(exampleOf({ labels: labelled(['dwell', 1_500], ['watch', 500]) }), 3)
    expect(looked['dwell']).toEqual([3, Math.fround(Math.log(2_001))])
    expect(write(exampleOf())['dwell']).toEqual([0, 0])
  })

  test('that comes late: the difference between a positive and the negative that was learned', () => {
    const row = writer()(exampleOf({ phase: 'late', labels: labelled('comment') }))
    for (const { name } of HEADS) expect(row[name]).toEqual(name === 'comment' ? [0, 1] : [0, 0])
  })

  test('no more once it was a positive: a second comment is none, a comment on another post is', () => {
    const write = writer()
    expect(write(exampleOf({ labels: labelled('comment') }))['comment']).toEqual([1, 1])
    const late = { phase: 'late', labels: labelled('comment') } as const
    expect(write(exampleOf(late))['comment']).toEqual([0, 0])
    expect(write(exampleOf({ ...late, labels: labelled('share') }))['share']).toEqual([0, 1])
    expect(write(exampleOf({ ...late, postId: 'p2' as PostId }))['comment']).toEqual([0, 1])
    expect(write(exampleOf({ ...late, postId: 'p2' as PostId }))['comment']).toEqual([0, 0])
    // What never comes late needs no memory.
    for (const _ of [1, 2]) expect(write(exampleOf({ labels: labelled('click') }))['click']).toEqual([1, 1])
  })
})

test('a negative is an example that settled without anything that is decided to', () => {
  expect(isNegative(exampleOf())).toBe(true)
  expect(isNegative(exampleOf({ labels: labelled('view', ['dwell', 1], 'skip') }))).toBe(true)
  expect(isNegative(exampleOf({ labels: labelled('view', 'hide') }))).toBe(false)
  expect(isNegative(exampleOf({ phase: 'late', labels: labelled('share') }))).toBe(false)
})

describe('positives that are remembered', () => {
  test('come back from bytes, in the same order', () => {
    const positives = new Positives()
    for (let post = 0; post < 100; post++) positives.add(exampleOf({ postId: `p${post}` as PostId }), 'share')
    const read = Positives.decode(positives.encode())
    expect(read.encode()).toEqual(positives.encode())
    expect(read.add(exampleOf({ postId: 'p7' as PostId }), 'share')).toBe(false)
    expect(read.add(exampleOf({ postId: 'p7' as PostId }), 'save')).toBe(true)
  })

  test('are bounded: the oldest give way', () => {
    const positives = new Positives(2)
    const add = (post: string): boolean => positives.add(exampleOf({ postId: post as PostId }), 'share')
    expect(['a', 'b', 'a', 'c', 'a', 'c'].map(add)).toEqual([true, true, false, true, true, false])
    expect(positives.size).toBe(2)
  })
})
