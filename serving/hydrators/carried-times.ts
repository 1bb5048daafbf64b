import { keyOf } from '../../engine/key.ts'
import { readCarriedPosts } from '../../processors/carried-posts.ts'
import { HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type HydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'

export const carriedTimes = (rows: StateRows): HydratorStage => ({
  name: 'hydrator-carried',
  about: 'How many earlier sessions ranked the posts and did not show them.',
  deadlineMs: HYDRATOR_MS,
  required: false,
  enable: always,
  async hydrate({ userId }, _viewer, candidates) {
    const row = await rows.read('carried-posts', keyOf(userId))
    const times = new Map(
      (row === undefined ? [] : readCarriedPosts(row)).map((each) => [each.postId, each.times]),
    )
    return () => {
      if (times.size === 0) return
      for (const candidate of candidates) candidate.carriedTimes = times.get(candidate.post.postId) ?? 0
    }
  },
})
