import { describe, expect, test } from 'vitest'
import { HEADS } from '../../../models/heads.ts'
import type { HeadReports } from '../../../models/metrics/progressive.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { ExampleFlow } from '../../../models/training/example-flow.ts'
import { KnownExamples } from '../../../models/training/known-examples.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import type { ReactionKind } from '../../../schemas/reactions/v1.ts'
import { exampleOf, labelled } from './sample.ts'

const ROWS = 4

/** Takes examples, each in a batch of its own that foresees a logit of 0; answers what metrics say then. */
const flowing = (): ((example: Example) => HeadReports) => {
  const flow = new ExampleFlow({
    row: HEAVY_NETWORK.row,
    heads: HEADS,
    batchRows: ROWS,
    negativesKept: 1,
    known: new KnownExamples(),
    window: 16,
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
})
