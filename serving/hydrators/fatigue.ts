import { HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type HydratorStage } from '../pipeline/stage.ts'

/** What the viewer knows needs no read. */
export const fatigue: HydratorStage = {
  name: 'hydrator-fatigue',
  about: "What a see-less on their author leaves of the posts' value.",
  deadlineMs: HYDRATOR_MS,
  required: false,
  enable: always,
  hydrate:
    async ({ asOf }, viewer, candidates) =>
    () => {
      for (const candidate of candidates) candidate.fatigue = viewer.fatigueOf(candidate.post.authorId, asOf)
    },
}
