import fc from 'fast-check'
import { type Candidate, candidateOf, SOURCES } from '../../serving/candidate.ts'
import { millis, type PostId, type UserId } from '../../schemas/ids.ts'
import { POST_KINDS } from '../../schemas/posts/index.ts'

/** Candidates of a few authors, of every kind, source and verdict; each with a post of its own. */
export const candidateLists = (maxLength: number): fc.Arbitrary<Candidate[]> =>
  fc
    .array(
      fc.record({
        author: fc.nat(4),
        kind: fc.constantFrom(...POST_KINDS),
        source: fc.constantFrom(...SOURCES),
        verdict: fc.constantFrom('allow' as const, 'downrank' as const),
        fatigue: fc.constantFrom(0.2, 0.6, 1),
      }),
      { maxLength },
    )
    .map((all) =>
      all.map(({ author, kind, source, verdict, fatigue }, index) => {
        const post = {
          postId: `post-${index}` as PostId,
          authorId: `author-${author}` as UserId,
          publishedAt: millis(1_700_000_000_000),
          kind,
          audience: 'public' as const,
          containerId: null,
          language: null,
        }
        return { ...candidateOf(post, source), verdict, fatigue }
      }),
    )
