import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MetricSums, placementOf, type RankingMetrics } from '../../../cli/evaluate/metrics.ts'

const metricsOf = (...rankings: readonly (readonly number[])[]): RankingMetrics => {
  const sums = new MetricSums()
  for (const scores of rankings) sums.add(placementOf(Float64Array.from(scores)))
  return sums.means()
}

/** Every metric by its definition, for one order without equals: the chosen item is number 0. */
const byDefinition = (order: readonly number[]): Omit<RankingMetrics, 'n'> => {
  const rank = order.indexOf(0) + 1
  const gains = order.slice(0, 10).map((item, at) => (item === 0 ? 1 / Math.log2(at + 2) : 0))
  return {
    recall_at_5: order.slice(0, 5).includes(0) ? 1 : 0,
    recall_at_10: order.slice(0, 10).includes(0) ? 1 : 0,
    ndcg_at_10: gains.reduce((sum, gain) => sum + gain, 0),
    mrr: 1 / rank,
    auc: (order.length - rank) / (order.length - 1),
  }
}

const permutations = (items: readonly number[]): number[][] =>
  items.length <= 1
    ? [[...items]]
    : items.flatMap((item) =>
        permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
      )

/** The mean over all orders that the scores allow. */
const byEnumeration = (scores: readonly number[]): Omit<RankingMetrics, 'n'> => {
  const orders = permutations(scores.map((_, item) => item)).filter((order) =>
    order.every((item, at) => at === 0 || scores[order[at - 1]!]! >= scores[item]!),
  )
  const all = orders.map(byDefinition)
  const mean = (name: keyof Omit<RankingMetrics, 'n'>): number =>
    all.reduce((sum, each) => sum + each[name], 0) / all.length
  return {
    recall_at_5: mean('recall_at_5'),
    recall_at_10: mean('recall_at_10'),
    ndcg_at_10: mean('ndcg_at_10'),
    mrr: mean('mrr'),
    auc: mean('auc'),
  }
}

const close = (metrics: Partial<RankingMetrics>): object =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, expect.closeTo(value, 9)]))

describe('metrics of a ranking', () => {
  test('are what their definitions say of the order, where no scores are equal', () => {
    const distinct = fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 40 })
    fc.assert(
      fc.property(distinct, (scores) => {
        const order = scores.map((_, item) => item).sort((one, other) => scores[other]! - scores[one]!)
        expect(metricsOf(scores)).toEqual({ n: 1, ...close(byDefinition(order)) })
      }),
    )
  })

  test('are means over every order that equal scores allow', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 2, maxLength: 7 }), (scores) => {
        expect(metricsOf(scores)).toEqual({ n: 1, ...close(byEnumeration(scores)) })
      }),
    )
  })

  test('of a scorer that cannot tell anything apart are those of chance', () => {
    const all = metricsOf(Array.from({ length: 101 }, () => 0.5))
    const gain = [...Array(10).keys()].reduce((sum, at) => sum + 1 / Math.log2(at + 2), 0)
    expect(all).toEqual({
      n: 1,
      recall_at_5: expect.closeTo(5 / 101, 9),
      recall_at_10: expect.closeTo(10 / 101, 9),
      ndcg_at_10: expect.closeTo(gain / 101, 9),
      mrr: expect.closeTo([...Array(101).keys()].reduce((sum, at) => sum + 1 / (at + 1), 0) / 101, 9),
      auc: 0.5,
    })
  })

  test('are averaged over rankings', () => {
    expect(metricsOf([3, 1, 2], [1, 2, 3])).toMatchObject({ n: 2, mrr: (1 + 1 / 3) / 2, auc: 0.5 })
  })

  test('of no ranking are 0, not NaN', () => {
    expect(new MetricSums().means()).toEqual({
      n: 0,
      recall_at_5: 0,
      recall_at_10: 0,
      ndcg_at_10: 0,
      mrr: 0,
      auc: 0,
    })
  })

  test('are refused for a score that is no number', () => {
    expect(() => placementOf(Float64Array.of(1, NaN))).toThrow('score 1 is NaN')
    expect(() => placementOf(Float64Array.of(Infinity, 1))).toThrow('score 0 is Infinity')
  })
})
