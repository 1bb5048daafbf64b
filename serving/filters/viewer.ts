import { isFoundBy } from '../candidate.ts'
import { always, type FilterStage } from '../pipeline/stage.ts'

/** Required: what somebody reported must not come back because a filter failed. */
export const hidden: FilterStage = {
  name: 'filter-hidden',
  about: 'The viewer hid or reported it.',
  removal: 'hidden',
  required: true,
  enable: always,
  removes: (_query, viewer, { post }) => viewer.isHidden(post.postId),
}

export const seen: FilterStage = {
  name: 'filter-seen',
  about: 'The viewer saw it, and nothing new was said under it.',
  removal: 'seen',
  required: false,
  enable: always,
  removes: (_query, _viewer, candidate) => candidate.seen && !isFoundBy(candidate, 'comments'),
}

export const passed: FilterStage = {
  name: 'filter-passed',
  about: 'An earlier page of the same feed has come past it.',
  removal: 'passed',
  required: false,
  enable: (query) => query.passed !== undefined,
  removes: (query, _viewer, { post }) => query.passed?.has(post.postId) ?? false,
}

export const fatigued: FilterStage = {
  name: 'filter-fatigue',
  about: 'The viewer asked to see less of its author less than 14 days ago.',
  removal: 'fatigue',
  required: false,
  enable: always,
  removes: (_query, _viewer, { fatigue }) => fatigue === 0,
}
