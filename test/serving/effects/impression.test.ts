import { expect, test } from 'vitest'
import { readSlate } from '../../../processors/label-join/slate-row.ts'
import type { Impression } from '../../../schemas/impressions/index.ts'
import type { RankingConfig } from '../../../serving/rules/config.ts'
import { post, tie } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'
import { T0 } from '../../processors/events.ts'
import { aQuery } from '../feeds.ts'

const VIEWERS = 600
const POSTS = 9
const PAGE = 8
const EXPLORATION = { share: 0.2, position: 2, depth: 4 }
/** Of the chi-square distribution, by degrees of freedom: exceeded once in a thousand draws. */
const CHI_SQUARE: Readonly<Record<number, number>> = { 1: 10.83, 4: 18.47 }

const viewerOf = (index: number): string => `viewer-${index}`

/** People of whom nothing is known but that they follow the same author: their feeds would all be one. */
const society = [
  ...Array.from({ length: VIEWERS }, (_, index) => tie(viewerOf(index), 'bo', 'follow', { at: T0 - 2_000 })),
  ...Array.from({ length: POSTS }, (_, index) => post(`p${index}`, 'bo', { at: T0 - 1_000 * (index + 2) })),
]

/** What was logged when each of so many viewers asked once, at one moment: chance is drawn by who asks and when. */
const servedTo = async (viewers: number, config: Partial<RankingConfig>): Promise<Impression[]> => {
  const running = await Running.start({ config })
  await running.take(society)
  const { feeds, impressions } = running.serving
  const answers = new Map<string, string[]>()
  for (let index = 0; index < viewers; index++) {
    const userId = viewerOf(index)
    const { items } = await feeds.page({ ...aQuery({ userId }), limit: PAGE }, null)
    answers.set(
      userId,
      items.map(({ postId }) => postId),
    )
  }
  await expect.poll(() => impressions.counts).toMatchObject({ waiting: 0, written: viewers })
  await running.embedded.settled()
  const logged: Impression[] = []
  for (const store of (await running.embedded.worker.stores('label-slates'))!) {
    for (const { value } of await store.scan({ limit: 2 * VIEWERS })) logged.push(readSlate(value)!)
  }
  for (const impression of logged) expect(postsOf(impression)).toEqual(answers.get(impression.userId))
  return logged
}

const postsOf = ({ candidates }: Impression): string[] => candidates.map(({ postId }) => postId)

test('a post is drawn to its place as often as the propensities that are logged with it say', async () => {
  const [plain] = await servedTo(1, {})
  const order = postsOf(plain!)
  expect(plain!.candidates.map(({ propensity }) => propensity)).toEqual(order.map(() => 1))

  const logged = await servedTo(VIEWERS, { exploration: EXPLORATION })
  expect(logged).toHaveLength(VIEWERS)
  const { share, position, depth } = EXPLORATION
  const drawn = Map.groupBy(logged, (impression) => postsOf(impression)[position]!)
  expect([...drawn.keys()].sort()).toEqual(order.slice(position, position + depth + 1).sort())
  for (const [postId, impressions] of drawn) {
    const moved = order.filter((each) => each !== postId)
    moved.splice(position, 0, postId)
    const propensity = postId === order[position] ? 1 - share : share / depth
    for (const impression of impressions) {
      expect(postsOf(impression)).toEqual(moved)
      expect(impression.candidates[position]!.propensity).toBeCloseTo(propensity, 12)
    }
  }

  for (let place = 0; place < PAGE; place++) {
    const shown = Map.groupBy(
      logged.map(({ candidates }) => candidates[place]!),
      ({ postId }) => postId,
    )
    let [chiSquare, total] = [0, 0]
    for (const candidates of shown.values()) {
      const { propensity } = candidates[0]!
      expect(candidates.every((each) => each.propensity === propensity)).toBe(true)
      chiSquare += (candidates.length - VIEWERS * propensity) ** 2 / (VIEWERS * propensity)
      total += propensity
    }
    expect(total, `place ${place}`).toBeCloseTo(1, 12)
    const isLeftToChance = place >= position && place <= position + depth
    if (isLeftToChance) expect(chiSquare, `place ${place}`).toBeLessThan(CHI_SQUARE[shown.size - 1]!)
    else expect([...shown.keys()], `place ${place}`).toEqual([order[place]])
  }
})
