import { keyOf } from '../../engine/key.ts'
import { readCarriedPosts } from '../../processors/carried-posts.ts'
import { readLastLogin } from '../../processors/seen.ts'
import { SeenPosts } from '../../processors/seen-filter.ts'
import { readTouchedAuthors } from '../../processors/touched-authors.ts'
import { QUERY_HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type QueryHydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'

export const viewerHistory = (rows: StateRows): QueryHydratorStage => ({
  name: 'viewer-history',
  about:
    'What the viewer has seen and what waits for them, when they were last here, and whose posts they took to.',
  deadlineMs: QUERY_HYDRATOR_MS,
  required: false,
  enable: always,
  async hydrate({ userId }) {
    const key = keyOf(userId)
    const [seen, filter, touched, waiting] = await Promise.all([
      rows.read('seen', key),
      rows.read('seen-filter', key),
      rows.read('touched-authors', key),
      rows.read('carried-posts', key),
    ])
    return (viewer) => {
      viewer.seen = new SeenPosts(seen, filter)
      viewer.lastLogin = seen === undefined ? null : readLastLogin(seen)
      const authors = touched === undefined ? [] : readTouchedAuthors(touched)
      viewer.touched = new Map(authors.map((author) => [author.authorId, author]))
      const carried = waiting === undefined ? [] : readCarriedPosts(waiting)
      viewer.carried = new Map(carried.map((each) => [each.postId, each]))
    }
  },
})
