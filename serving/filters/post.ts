import { isFoundBy } from '../candidate.ts'
import { always, type FilterStage } from '../pipeline/stage.ts'
import { COMMENTED_AGE_MAX_MS, POST_AGE_MAX_MS } from '../quotas.ts'

export const own: FilterStage = {
  name: 'filter-own',
  about: 'The viewer wrote it, and nothing new was said under it.',
  removal: 'own',
  required: false,
  enable: always,
  removes: (_query, { userId }, candidate) =>
    candidate.post.authorId === userId && !isFoundBy(candidate, 'comments'),
}

export const future: FilterStage = {
  name: 'filter-future',
  about: 'It was published after the time that the feed is for.',
  removal: 'future',
  required: false,
  enable: always,
  removes: ({ asOf }, _viewer, { post }) => post.publishedAt > asOf,
}

export const tooOld: FilterStage = {
  name: 'filter-too-old',
  about: 'It is older than 30 days; than 90 where comments bring it back.',
  removal: 'too-old',
  required: false,
  enable: always,
  removes: ({ asOf }, _viewer, candidate) => {
    const ageMaxMs = isFoundBy(candidate, 'comments') ? COMMENTED_AGE_MAX_MS : POST_AGE_MAX_MS
    return asOf - candidate.post.publishedAt > ageMaxMs
  },
}
