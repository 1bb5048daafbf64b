import type { PostId } from '../../schemas/ids.ts'
import type { Candidate as LoggedCandidate } from '../../schemas/impressions/index.ts'
import { type Candidate, candidateOf, type Source, SOURCES } from '../../serving/candidate.ts'
import type { FeedStages } from '../../serving/feed-pipeline.ts'
import { always, type SourceStage } from '../../serving/pipeline/stage.ts'
import { ListFinding } from '../../serving/sources/list.ts'
import { postsById } from '../../serving/sources/posts.ts'
import type { StateRows } from '../../serving/state-rows.ts'

/** What they find was chosen by the clock. */
const BY_CLOCK: ReadonlySet<Source> = new Set(['trending', 'retrieval'])

/**
 * Sources that find what was logged, and nothing else. Those that are a function of the log look for it themselves;
 * in place of the others one finds it all as it was logged. Where any finds a post by a stronger source than the
 * log says, its features differ.
 */
export const sourcesOf = (
  { sources }: Pick<FeedStages, 'sources'>,
  rows: StateRows,
  logged: readonly LoggedCandidate[],
): readonly SourceStage[] => {
  const ids = new Set(logged.map(({ postId }) => postId))
  return sources.flatMap((stage) => {
    if (stage.source === 'retrieval') return told(stage, rows, logged)
    return BY_CLOCK.has(stage.source) ? [] : onlyOf(stage, ids)
  })
}

/** What was said since the viewer saw a post the source of comments alone can tell. */
const told = (stage: SourceStage, rows: StateRows, logged: readonly LoggedCandidate[]): SourceStage => ({
  ...stage,
  enable: always,
  find: async () => {
    const others = logged.filter(({ source }) => source !== 'comments')
    const posts = await postsById(
      rows,
      others.map(({ postId }) => postId),
    )
    const found = others.flatMap(({ source: name }, index): Candidate[] => {
      const source = SOURCES.find((each) => each === name)
      const post = posts[index] ?? null
      return post === null || source === undefined ? [] : [candidateOf(post, source)]
    })
    return new ListFinding(found, (candidate) => candidate)
  },
})

const onlyOf = (stage: SourceStage, ids: ReadonlySet<PostId>): SourceStage => ({
  ...stage,
  find: async (query, viewer) => {
    const finding = await stage.find(query, viewer)
    const found = finding.take(Infinity).filter(({ post }) => ids.has(post.postId))
    return new ListFinding(found, (candidate) => candidate)
  },
})
