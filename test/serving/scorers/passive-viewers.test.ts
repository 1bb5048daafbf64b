import { expect, test } from 'vitest'
import { HEADS } from '../../../models/heads.ts'
import { rankingRow } from '../../../models/ranking-row.ts'
import { DEFAULT_VALUE_MODEL } from '../../../models/value-model.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import type { Impression } from '../../../schemas/impressions/index.ts'
import { unpackFeatures } from '../../../schemas/impressions/packed-features.ts'
import { RANKING_DEFAULTS, type RankingConfig } from '../../../serving/rules/config.ts'
import { impressionOf } from '../../../serving/effects/impression.ts'
import { RULES } from '../../../serving/rules/index.ts'
import { post, reaction, tie } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'

const POSTS = 12
const NOW = Date.now() - HOUR_MS
const ENGAGEMENTS = rankingRow.indexOf('user.engagements.decayed_30d')

/** Who looks has nothing but their looks; who acts has liked a hundred things in the last days. */
const VIEWERS = ['looks', 'acts']

/** Posts that others stayed with the longer the less they liked them. */
const society = [
  ...VIEWERS.map((viewer) => tie(viewer, 'bo', 'follow', { at: NOW - 5 * DAY_MS })),
  ...Array.from({ length: POSTS }, (_, index) => [
    post(`p${index}`, 'bo', { at: NOW - 3 * HOUR_MS - index }),
    ...Array.from({ length: 12 }, (_, other) => {
      const fields = { at: NOW - HOUR_MS + (index * 12 + other) * 1_000 }
      return other < index
        ? reaction(`other-${other}`, `p${index}`, 'bo', 'like', fields)
        : reaction(`other-${other}`, `p${index}`, 'bo', 'dwell', { ...fields, value: 60_000 })
    }),
  ]).flat(),
  ...Array.from({ length: 100 }, (_, index) =>
    reaction('acts', `old-${index}`, 'cy', 'like', { at: NOW - 2 * DAY_MS + index * MINUTE_MS }),
  ),
]

const plain: RankingConfig = { ...RANKING_DEFAULTS, rulesOff: RULES.map(({ name }) => name) }
const SHIFT = { pivot: 5, factors: { dwell: 20, like: 0.05, comment: 0.05, share: 0.05, save: 0.05 } }
const shifted = { ...plain, valueModel: { ...DEFAULT_VALUE_MODEL, version: 'shifted', passive: SHIFT } }

/** The pages that each viewer got, by a ranking. */
const pagesBy = async (config: RankingConfig): Promise<Map<string, Impression>> => {
  const running = await Running.start({ config })
  await running.take(society)
  const pages = new Map<string, Impression>()
  running.serving.impressions.add = (page) => pages.set(page.query.userId, impressionOf(page))
  for (const userId of VIEWERS) await running.feed({ userId, asOf: NOW })
  return pages
}

const SKIP = HEADS.findIndex(({ name }) => name === 'skip')

/**
 * A post's value by the words of the shift: all of it for who did nothing, half of it at the pivot. Dwell is of who does
 * not skip.
 */
const valueOf = (heads: readonly number[], engagements: number): number => {
  const passivity = SHIFT.pivot / (SHIFT.pivot + engagements)
  return HEADS.reduce((sum, { name, sign }, head) => {
    const factor = (SHIFT.factors as Readonly<Record<string, number>>)[name] ?? 1
    const weight = DEFAULT_VALUE_MODEL.weights[name] * (1 - passivity + passivity * factor)
    const said = name === 'dwell' ? heads[head]! * (1 - heads[SKIP]!) : heads[head]!
    return sum + sign * weight * said
  }, 0)
}

test('posts are valued by how little a viewer does, as the shift says, and so ranked', async () => {
  const [unshifted, pages] = [await pagesBy(plain), await pagesBy(shifted)]
  const orderOf = (from: Map<string, Impression>, viewer: string): string[] =>
    from.get(viewer)!.candidates.map(({ postId }) => postId)
  const engagements = VIEWERS.map((viewer) => {
    const { candidates } = pages.get(viewer)!
    const done = candidates.map(({ features }) => unpackFeatures(features)[ENGAGEMENTS]!)
    const values = candidates.map(({ heads }, place) => valueOf(heads, done[place]!))
    for (const [place, { expectedValue }] of candidates.entries())
      expect(expectedValue / values[place]!).toBeCloseTo(1, 5)
    expect(candidates).toHaveLength(POSTS)
    expect(values).toEqual(values.toSorted((one, other) => other - one))
    return done[0]!
  })
  expect(engagements[0]).toBe(0)
  expect(engagements[1]).toBeGreaterThan(50)
  expect(orderOf(pages, 'looks')).not.toEqual(orderOf(unshifted, 'looks'))
})
