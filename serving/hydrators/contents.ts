import { type RankedContent, readRankedContent } from '../../processors/post-attributes.ts'
import { contentMatch } from '../content-match.ts'
import { HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type HydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'

/** Read of those that pass 0 keeps: what all candidates say would be read for nothing. */
export const contents = (rows: StateRows): HydratorStage => ({
  name: 'hydrator-contents',
  about: 'What the posts say now, and how near that is to what the viewer likes.',
  deadlineMs: HYDRATOR_MS,
  required: false,
  enable: always,
  async hydrate(_query, { taste }, candidates) {
    const found: (RankedContent | null)[] = Array.from({ length: candidates.length }, () => null)
    const matches: (number | null)[] = Array.from({ length: candidates.length }, () => null)
    await rows.visitIds(
      'post-attributes',
      candidates,
      ({ post }) => post.postId,
      (index, buffer, start, end) => {
        if (start === end) return
        found[index] = readRankedContent(buffer, start, end)
        matches[index] = contentMatch(taste, buffer, start, end)
      },
    )
    return () => {
      for (let index = 0; index < found.length; index++) {
        candidates[index]!.content = found[index]!
        candidates[index]!.contentMatch = matches[index]!
      }
    }
  },
})
