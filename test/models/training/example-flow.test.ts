import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { HEADS, SATISFIED_MIN } from '../../../models/heads.ts'
import type { HeadReports } from '../../../models/metrics/progressive.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { ExampleFlow } from '../../../models/training/example-flow.ts'
import { KnownExamples } from '../../../models/training/known-examples.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import type { PostId } from '../../../schemas/ids.ts'
import type { ReactionKind } from '../../../schemas/reactions/v1.ts'
import { exampleOf, labelled } from './sample.ts'

const ROWS = 4

/** Takes examples, each in a batch of its own that foresees a logit of 0; answers what metrics say then. */
const flowing = (window = 16): ((example: Example) => HeadReports) => {
  const flow = new ExampleFlow({
    row: HEAVY_NETWORK.row,
    heads: HEADS,
    batchRows: ROWS,
    negativesKept: 1,
    known: new KnownExamples(),
    window,
  })
  return (example) => {
    flow.take(example)
    flow.foreseen(new Float32Array(ROWS * HEADS.length))
    return flow.metrics.report()
  }
}

const early = (label: ReactionKind | readonly [ReactionKind, number]): Example =>
  exampleOf({ phase: 'late', isEarly: true, labels: labelled(label) })

describe('what examples on their way are measured by', () => {
  test('is of a time what was told of it so far, and all of it when the slate settles', () => {
    const take = flowing()
    const missing = (ms: number): object => ({
      count: 1,
      bias: expect.closeTo(-Math.log1p(ms), 4) as number,
    })
    expect(take(early('view'))['dwell']).toMatchObject({ count: 0 })
    expect(take(early(['watch', 3_000]))['dwell']).toMatchObject(missing(3_000))
    expect(take(early(['dwell', 57_000]))['dwell']).toMatchObject(missing(60_000))
    const settled = exampleOf({ labels: labelled('view', ['watch', 3_000], ['dwell', 57_000]) })
    expect(take(settled)['dwell']).toMatchObject(missing(60_000))
  })

  test('is the answer to a survey whether or not somebody is known to have looked', () => {
    const answered = (satisfaction: number): Example => exampleOf({ phase: 'late', satisfaction })
    const take = flowing()
    const asked = take(answered(5))
    expect(asked['satisfaction']).toMatchObject({ count: 1, positives: 1 })
    expect(asked['click']).toMatchObject({ count: 0 })
    // Looked at, it counts for the other heads as well, and what was answered stays known.
    for (const example of [early('view'), early('click'), exampleOf({ labels: labelled('view', 'click') })]) {
      const report = take(example)
      expect(report['satisfaction']).toMatchObject({ count: 1, positives: 1 })
      expect(report['click']).toMatchObject({ count: 1 })
    }
    expect(take(early('view'))['click']).toMatchObject({ count: 1, positives: 1 })
  })

  test('are all answers that are learned, each once, whatever comes before and after them', () => {
    const random = new Random(3)
    const take = flowing(512)
    let report = take(exampleOf({ postId: 'none' as PostId, labels: labelled('view') }))
    const answers = new Map<string, boolean>()
    for (let step = 0; step < 400; step++) {
      const postId = `p${random.below(60)}` as PostId
      const satisfaction = random.chance(0.3) && !answers.has(postId) ? 1 + random.below(5) : null
      if (satisfaction !== null) answers.set(postId, satisfaction >= SATISFIED_MIN)
      const told = random.chance(0.5) ? early('view') : exampleOf({ labels: labelled('view', 'like') })
      const example = satisfaction === null ? told : exampleOf({ phase: 'late', satisfaction })
      report = take({ ...example, postId })
    }
    const positives = [...answers.values()].filter(Boolean).length
    expect(report['satisfaction']).toMatchObject({ count: answers.size, positives })
  })
})
