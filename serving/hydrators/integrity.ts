import { keyOf } from '../../engine/key.ts'
import { readIntegrity } from '../../processors/integrity.ts'
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
    const found = await rows.readMany(
      'integrity',
      candidates.map(({ post }) => keyOf(post.postId)),
    )
    return () => {
      for (const [index, row] of found.entries()) {
        if (row !== undefined) candidates[index]!.verdict = readIntegrity(row)?.verdict ?? 'allow'
      }
    }
  },
})
