import type { Removal } from '../candidate.ts'
import { always, type FilterStage } from '../pipeline/stage.ts'
import { isInAudience } from '../visibility/audience.ts'
import type { Restrictions } from '../visibility/restrictions.ts'

/**
 * Whether a post may be shown at all. All of it is asked again, by rows as they are then, right before the
 * answer is made (see visibility/); here it keeps what may not be shown from taking others' places.
 */
const visibility = (
  removal: Removal,
  name: string,
  about: string,
  removes: FilterStage['removes'],
): FilterStage => ({ name, about, removal, required: true, enable: always, removes })

export const keptApart = (restrictions: Restrictions): FilterStage =>
  visibility(
    'kept-apart',
    'filter-kept-apart',
    'Viewer or author blocks or mutes the other.',
    (_query, viewer, { post }) =>
      viewer.isKeptApart(post.authorId) || restrictions.removalOf(viewer.userId, post) === 'kept-apart',
  )

export const audience = (restrictions: Restrictions): FilterStage =>
  visibility(
    'audience',
    'filter-audience',
    'It is for friends, a group or a page that the viewer is none of.',
    (_query, viewer, { post }) =>
      !isInAudience(post, viewer) || restrictions.removalOf(viewer.userId, post) === 'audience',
  )

/** What was deleted and processed is in no index any more. */
export const deleted = (restrictions: Restrictions): FilterStage =>
  visibility(
    'deleted',
    'filter-deleted',
    'It was deleted.',
    (_query, viewer, { post }) => restrictions.removalOf(viewer.userId, post) === 'deleted',
  )

export const removedByIntegrity = (restrictions: Restrictions): FilterStage =>
  visibility(
    'integrity',
    'filter-integrity',
    'Moderation removed it.',
    (_query, viewer, { post, verdict }) =>
      verdict === 'remove' || restrictions.removalOf(viewer.userId, post) === 'integrity',
  )
