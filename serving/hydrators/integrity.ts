import { readIntegrity } from '../../processors/integrity.ts'
import type { Verdict } from '../../schemas/integrity/index.ts'
import { HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type HydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'

/** Not required: what moderation removed is looked up again before anything is answered. */
export const integrityVerdicts = (rows: StateRows): HydratorStage => ({
  name: 'hydrator-integrity',
  about: 'What moderation says of the posts.',
  deadlineMs: HYDRATOR_MS,
  required: false,
  enable: always,
  async hydrate(_query, _viewer, candidates) {
    const judged = new Map<number, Verdict>()
    await rows.visitIds(
      'integrity',
      candidates,
      ({ post }) => post.postId,
      (index, buffer, start, end) => {
        const newest = start < end ? readIntegrity(buffer.subarray(start, end)) : null
        if (newest !== null) judged.set(index, newest.verdict)
      },
    )
    return () => {
      for (const [index, verdict] of judged) candidates[index]!.verdict = verdict
    }
  },
})
