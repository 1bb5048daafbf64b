import type { PostRule } from './rule.ts'

/** Posts of which less than this is left were filtered out before. */
const FLOOR = 0.2

export const seeLessFatigue: PostRule = {
  name: 'see-less-fatigue',
  about: 'After a see-less, posts of the author come back slowly.',
  scope: 'post',
  min: FLOOR,
  max: 1,
  parameters: { floor: FLOOR },
  factor: ({ fatigue }) => Math.min(1, Math.max(FLOOR, fatigue)),
}
