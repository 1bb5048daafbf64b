import { type UnseenComments, unseenComments } from '../../processors/comments.ts'
import { millis } from '../../schemas/ids.ts'
import { type Candidate, isFoundBy } from '../candidate.ts'
import { commentersOf } from '../commenters.ts'
import { HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type HydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'
import type { Viewer } from '../viewer.ts'

/**
 * Of posts that the viewer never saw, every comment is unseen. Of those that comments brought back, the source
 * has counted; of others that were seen, it is not known when, and nothing is said.
 */
export const commentsUnseen = (rows: StateRows): HydratorStage => ({
  name: 'hydrator-comments',
  about: 'What was said under the posts since the viewer saw them, and by whom: friends first.',
  deadlineMs: HYDRATOR_MS,
  required: false,
  enable: always,
  async hydrate(_query, viewer, candidates) {
    const unseen = candidates.filter((each) => !each.seen && !isFoundBy(each, 'comments'))
    const found = new Map<Candidate, UnseenComments>()
    await rows.visitIds(
      'comments',
      unseen,
      ({ post }) => post.postId,
      (index, buffer, start, end) => {
        if (start === end) return
        found.set(unseen[index]!, unseenComments(buffer.subarray(start, end), EVER, viewer.userId))
      },
    )
    return () => {
      for (const [candidate, comments] of found) note(candidate, comments, viewer)
    }
  },
})

const EVER = millis(0)

const note = (candidate: Candidate, { count, userIds }: UnseenComments, viewer: Viewer): void => {
  const { byFriends, commenters, otherCommenters } = commentersOf(userIds, viewer)
  candidate.unseenComments = count
  candidate.unseenCommentsByFriends = byFriends
  candidate.commenters = commenters
  candidate.otherCommenters = otherCommenters
}
