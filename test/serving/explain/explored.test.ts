import { describe, expect, test } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import type { Explanation } from '../../../serving/explain/explanation.ts'
import type { FeedAnswer } from '../../../serving/http/feed-schemas.ts'
import { PASS_0_KEPT_MAX } from '../../../serving/quotas.ts'
import { EXPLORED_PLACES, isSampled } from '../../../serving/sampling/explored.ts'
import { post, tie } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'
import { postId } from '../../processors/events.ts'
import { requestId } from '../../processors/personal-events.ts'
import { aQuery } from '../feeds.ts'

const AUTHORS = 40
const POSTS_OF_EACH = 20
const BY_RANK = PASS_0_KEPT_MAX - EXPLORED_PLACES

const postIds = Array.from(
  { length: AUTHORS * POSTS_OF_EACH },
  (_, index) => `author-${index % AUTHORS}-${Math.floor(index / AUTHORS)}`,
)

/** More posts by friends than pass 0 keeps, and a time as of which the feed is sampled, or is not. */
const crowded = async (): Promise<{
  readonly running: Running
  readonly sampledAt: number
  readonly usualAt: number
}> => {
  const running = await Running.start()
  const now = Date.now()
  await running.take([
    ...Array.from({ length: AUTHORS }, (_, author) => tie('ada', `author-${author}`, 'friend')),
    ...postIds.map((id, index) =>
      post(id, id.slice(0, id.lastIndexOf('-')), { at: now - 2 * HOUR_MS - index * MINUTE_MS }),
    ),
  ])
  const isSampledAt = (asOf: number): boolean => isSampled(aQuery({ userId: 'ada', asOf }))
  const times = Array.from({ length: 1_000 }, (_, ms) => now - HOUR_MS + ms)
  return {
    running,
    sampledAt: times.find(isSampledAt)!,
    usualAt: times.find((at) => !isSampledAt(at))!,
  }
}

/** What is told of every post, by its place in pass 0. */
const explained = async ({ serving }: Running, { meta }: FeedAnswer): Promise<Explanation[]> => {
  const told: Explanation[] = []
  for (const post of postIds) {
    const answer = await serving.explainer.explain(requestId(meta.requestId), postId(post))
    told[answer.passes.pass0!.rank] = answer
  }
  return told
}

const isKept = ({ passes }: Explanation): boolean => passes.pass0!.kept

describe('of a feed whose ranking is sampled', () => {
  test('what pass 0 dropped is told how far it was from the last kept for its rank, or who took its place', async () => {
    const { running, sampledAt, usualAt } = await crowded()
    const told = await explained(running, await running.feed({ userId: 'ada', asOf: sampledAt }))
    expect(told).toHaveLength(postIds.length)
    expect(told.filter(isKept)).toHaveLength(PASS_0_KEPT_MAX)
    const cut = told[BY_RANK - 1]!.passes.pass0!.score
    for (const [rank, { text, passes, outcome }] of told.entries()) {
      const { kept, shortBy, score } = passes.pass0!
      expect(kept || rank >= BY_RANK).toBe(true)
      expect(outcome === 'dropped').toBe(!kept)
      expect(shortBy).toEqual(kept ? null : cut - score)
      if (kept) expect(/kept it to be explored/.test(text)).toBe(rank >= PASS_0_KEPT_MAX)
      else if (rank < PASS_0_KEPT_MAX)
        expect(text).toMatch(/of the 500 .* its place went to one that is explored\.$/)
      else
        expect(text).toMatch(/short of the last kept for its rank: it keeps 475 so, and 25 to be explored\.$/)
    }
    expect(told.slice(PASS_0_KEPT_MAX).filter(isKept).length).toBeGreaterThan(0)

    const usual = await explained(running, await running.feed({ userId: 'ada', asOf: usualAt }))
    expect(usual.map(isKept)).toEqual(postIds.map((_, rank) => rank < PASS_0_KEPT_MAX))
    for (const { text } of usual.slice(PASS_0_KEPT_MAX))
      expect(text).toMatch(/short of the last: it keeps 500\.$/)
  })

  test('a preview is ranked as nothing was sampled, and a replay as it was', async () => {
    const { running, sampledAt } = await crowded()
    const ask = { userId: 'ada', asOf: sampledAt }
    const preview = await explained(running, await running.feed({ ...ask, preview: 'true' }))
    expect(preview.map(isKept)).toEqual(postIds.map((_, rank) => rank < PASS_0_KEPT_MAX))
    const first = await explained(running, await running.feed({ ...ask, limit: 1 }))
    const again = await explained(running, await running.feed({ ...ask, limit: 1 }))
    expect(again.map(isKept)).toEqual(first.map(isKept))
  })
})
