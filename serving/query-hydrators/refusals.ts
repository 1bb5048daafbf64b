import { keyOf } from '../../engine/key.ts'
import { HiddenPosts } from '../../processors/hidden-posts.ts'
import { readSeeLess } from '../../processors/see-less.ts'
import type { Millis, UserId } from '../../schemas/ids.ts'
import { fatigueOf as fatigueAfterSeeLess } from '../fatigue.ts'
import { REQUIRED_MS } from '../pipeline/deadlines.ts'
import { always, type QueryHydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'
import type { Viewer } from '../viewer.ts'

/** What a viewer hid or reported, and what of the value of others' posts is left to them. */
export type Refusals = Pick<Viewer, 'isHidden' | 'fatigueOf'>

/** A read of two rows, side by side. */
export const readRefusals = async (rows: StateRows, userId: UserId): Promise<Refusals> => {
  const key = keyOf(userId)
  const [hiddenRow, seeLessRow] = await Promise.all([
    rows.read('hidden-posts', key),
    rows.read('see-less', key),
  ])
  const hidden = hiddenRow === undefined ? null : new HiddenPosts(hiddenRow)
  return {
    isHidden: (postId) => hidden?.has(postId) ?? false,
    fatigueOf: fatigueAfterSeeLess(
      seeLessRow === undefined ? new Map<UserId, Millis>() : readSeeLess(seeLessRow),
    ),
  }
}

/** Required: what somebody reported must not come back because a read was slow. */
export const viewerRefusals = (rows: StateRows): QueryHydratorStage => ({
  name: 'viewer-refusals',
  about: 'What the viewer hid or reported, and of whom they want to see less.',
  deadlineMs: REQUIRED_MS,
  required: true,
  enable: always,
  async hydrate({ userId }) {
    const { isHidden, fatigueOf } = await readRefusals(rows, userId)
    return (viewer) => {
      viewer.isHidden = isHidden
      viewer.fatigueOf = fatigueOf
    }
  },
})
