import { HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type HydratorStage } from '../pipeline/stage.ts'

/** What the viewer knows needs no read. */
export const carriedTimes: HydratorStage = {
  name: 'hydrator-carried',
  about: 'How many earlier sessions ranked the posts and passed them over.',
  deadlineMs: HYDRATOR_MS,
  required: false,
  enable: always,
  hydrate:
    async (_query, { carried }, candidates) =>
    () => {
      if (carried.size === 0) return
      for (const candidate of candidates)
        candidate.carriedTimes = carried.get(candidate.post.postId)?.times ?? 0
    },
}
