import fc from 'fast-check'
import { expect, test } from 'vitest'
import { postsByAuthor } from '../../../processors/post-index.ts'
import { authorPosts } from '../../../processors/topics/post-entry.ts'
import { type ShelfBounds, ShelvesFinding } from '../../../serving/sources/shelves.ts'
import { ViewerDraft } from '../../../serving/viewer-draft.ts'
import { anEntry, later, userId } from '../../processors/events.ts'
import { Harness } from '../../processors/harness.ts'
import { idsOf } from '../feeds.ts'

interface Post {
  readonly author: number
  readonly at: number
  readonly removed: boolean
  readonly forFriends: boolean
}

const idOf = (index: number): string => `post-${String(index).padStart(3, '0')}`

const rowsOf = (posts: readonly Post[]): (Buffer | undefined)[] => {
  const harness = new Harness(postsByAuthor)
  for (const [index, { author, at, removed, forFriends }] of posts.entries()) {
    const audience = forFriends ? ('friends' as const) : ('public' as const)
    const authorId = `author-${author}`
    const entry = { postId: idOf(index), authorId, publishedAt: later(at), removed, audience }
    harness.apply(authorPosts, anEntry(entry))
  }
  return [0, 1, 2, 3, 4].map((author) => harness.rows.get(`author-${author}`))
}

/** A friend of the first author, and kept apart from the last. */
const viewer = new ViewerDraft(userId('user-1'))
viewer.friends = new Map([
  [userId('author-0'), { id: userId('author-0'), closeness: 'none', since: later(0) }],
])
viewer.isKeptApart = (id) => id === 'author-3'

const isForViewer = ({ author, forFriends }: Post): boolean => author === 0 || (author !== 3 && !forFriends)

/** By definition: of each author the newest for the viewer, so many new and so many in all; then all by time. */
const bruteForce = (posts: readonly Post[], bounds: ShelfBounds): string[] => {
  const kept = [0, 1, 2, 3, 4].flatMap((author) => {
    const own = posts
      .map((post, index) => ({ ...post, id: idOf(index), at: later(post.at) }))
      .filter((post) => post.author === author && !post.removed && isForViewer(post))
      .filter(({ at }) => at > bounds.after && at <= bounds.upTo)
      .sort((one, other) => other.at - one.at || (one.id < other.id ? 1 : -1))
    return own.filter(({ at }, place) => place < (at > bounds.newSince ? bounds.newMax : bounds.oldMax))
  })
  return kept.sort((one, other) => other.at - one.at).map(({ id }) => id)
}

test('posts on shelves that are for the viewer come newest first, bounded for each, in as many takes as may be', () => {
  const post = fc.record({
    author: fc.nat(3),
    at: fc.nat(1_000),
    removed: fc.boolean(),
    forFriends: fc.boolean(),
  })
  const posts = fc.uniqueArray(post, { maxLength: 60, selector: ({ at }) => at })
  const time = fc.nat(1_000)
  fc.assert(
    fc.property(
      posts,
      fc.record({ after: time, upTo: time, newSince: time, more: fc.nat(8), oldMax: fc.nat(8) }),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (given, { after, upTo, newSince, more, oldMax }, takes) => {
        const bounds = {
          after: later(after),
          upTo: later(upTo),
          newSince: later(newSince),
          oldMax: oldMax + 1,
          newMax: oldMax + 1 + more,
        }
        const finding = new ShelvesFinding('friend', rowsOf(given), bounds, viewer)
        const expected = bruteForce(given, bounds)
        const found: string[] = []
        for (const take of takes) {
          const some = idsOf(finding.take(take))
          expect(some.length).toBe(Math.min(take, expected.length - found.length))
          found.push(...some)
        }
        found.push(...idsOf(finding.take(1_000)))
        expect(found).toEqual(expected)
        expect(finding.isExhausted).toBe(true)
      },
    ),
  )
})
