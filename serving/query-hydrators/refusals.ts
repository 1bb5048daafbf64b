import { keyOf } from '../../engine/key.ts'
import { HiddenPosts } from '../../processors/hidden-posts.ts'
import { readSeeLess } from '../../processors/see-less.ts'
import { fatigueOf } from '../fatigue.ts'
import { REQUIRED_MS } from '../pipeline/deadlines.ts'
import { always, type QueryHydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'

/** Required: what somebody reported must not come back because a read was slow. */
export const viewerRefusals = (rows: StateRows): QueryHydratorStage => ({
  name: 'viewer-refusals',
  about: 'What the viewer hid or reported, and of whom they want to see less.',
  deadlineMs: REQUIRED_MS,
  required: true,
  enable: always,
  async hydrate({ userId }) {
    const key = keyOf(userId)
    const [hiddenRow, seeLessRow] = await Promise.all([
      rows.read('hidden-posts', key),
      rows.read('see-less', key),
    ])
    return (viewer) => {
      if (hiddenRow !== undefined) {
        const hidden = new HiddenPosts(hiddenRow)
        viewer.isHidden = (postId) => hidden.has(postId)
      }
      if (seeLessRow !== undefined) viewer.fatigueOf = fatigueOf(readSeeLess(seeLessRow))
    }
  },
})
