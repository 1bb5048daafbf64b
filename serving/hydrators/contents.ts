import { keyOf } from '../../engine/key.ts'
import { readPostAttributes } from '../../processors/post-attributes.ts'
import { HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type HydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'

/** Read of those that pass 0 keeps: the text of all candidates would be read for nothing. */
export const contents = (rows: StateRows): HydratorStage => ({
  name: 'hydrator-contents',
  about: 'What the posts say now.',
  deadlineMs: HYDRATOR_MS,
  required: false,
  enable: always,
  async hydrate(_query, _viewer, candidates) {
    const found = await rows.readMany(
      'post-attributes',
      candidates.map(({ post }) => keyOf(post.postId)),
    )
    return () => {
      for (const [index, row] of found.entries()) {
        if (row !== undefined) candidates[index]!.content = readPostAttributes(row).content
      }
    }
  },
})
