import { CONTENT_DIMENSIONS } from '../../processors/content/direction.ts'
import { type RankedContent, readRankedContent } from '../../processors/post-attributes.ts'
import { contentMatch, copyContentVector } from '../content-match.ts'
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
    const vectors = new Int8Array(candidates.length * CONTENT_DIMENSIONS)
    const starts = new Int32Array(candidates.length).fill(-1)
    await rows.visitIds(
      'post-attributes',
      candidates,
      ({ post }) => post.postId,
      (index, buffer, start, end) => {
        if (start === end) return
        found[index] = readRankedContent(buffer, start, end)
        starts[index] = copyContentVector(buffer, start, end, vectors, index * CONTENT_DIMENSIONS)
      },
    )
    return () => {
      for (let index = 0; index < found.length; index++) {
        const candidate = candidates[index]!
        candidate.content = found[index]!
        candidate.contentStart = starts[index]!
        candidate.contentVectors = vectors
        candidate.contentMatch = contentMatch(taste, vectors, starts[index]!)
      }
    }
  },
})
