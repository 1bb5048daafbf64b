import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HEAD_NAMES } from '../../../models/heads.ts'
import { ShadowFigures } from '../../../serving/shadow/figures.ts'

const HEADS = HEAD_NAMES.length
const page = fc.integer({ min: 1, max: 6 }).chain((rows) => {
  const values = fc
    .array(fc.integer({ min: 1, max: 5 }), { minLength: rows, maxLength: rows })
    .map((each) => Float32Array.from(each))
  const outputs = fc
    .array(fc.integer({ min: 1, max: 9 }), { minLength: rows * HEADS, maxLength: rows * HEADS })
    .map((each) => Float32Array.from(each))
  return fc.record({
    rows: fc.constant(rows),
    live: outputs,
    shadow: outputs,
    liveValues: values,
    shadowValues: values,
  })
})

test('ratios are of what was foreseen in all, and concordance of pairs within pages', () => {
  fc.assert(
    fc.property(fc.array(page, { maxLength: 5 }), (pages) => {
      const figures = new ShadowFigures()
      for (const each of pages) figures.add(each)
      const { ratios, concordance, posts } = figures.report()
      expect(posts).toBe(pages.reduce((sum, { rows }) => sum + rows, 0))
      const sumOf = (side: 'live' | 'shadow', head: number): number =>
        pages
          .flatMap((each) => [...each[side]].filter((_, at) => at % HEADS === head))
          .reduce((sum, value) => sum + value, 0)
      for (const [at, head] of HEAD_NAMES.entries())
        if (posts > 0) expect(ratios![head]).toBeCloseTo(sumOf('shadow', at) / sumOf('live', at), 9)
      const pairs = pages.flatMap(({ liveValues, shadowValues }) =>
        [...liveValues.keys()].flatMap((one) =>
          [...liveValues.keys()]
            .filter((other) => other < one)
            .map(
              (other) =>
                (liveValues[one]! - liveValues[other]!) * (shadowValues[one]! - shadowValues[other]!),
            )
            .filter((product) => product !== 0),
        ),
      )
      if (pairs.length === 0) expect(concordance).toBeNull()
      else expect(concordance).toBe(pairs.filter((product) => product > 0).length / pairs.length)
    }),
  )
})
