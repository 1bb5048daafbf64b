import type { ViewerSide } from '../../models/retrieval/tower-inputs.ts'
import { contentVectorOf } from '../../processors/content/content-vector.ts'
import { CONTENT_SCALE } from '../../processors/content/direction.ts'
import type { Viewer } from '../viewer.ts'

/** What to search by: what the viewer reacted to, or else what they say they like; null where neither is known. */
export const viewerSideOf = ({ taste, profile }: Pick<Viewer, 'taste' | 'profile'>): ViewerSide | null => {
  const language = profile?.language ?? null
  if (taste !== null) return { taste: taste.direction, language }
  const interests = profile?.interests ?? []
  const said = { text: interests.join(' '), hashtags: interests, language, contentEmbedding: null }
  const vector = interests.length === 0 ? null : contentVectorOf(said)
  return vector && { taste: Float32Array.from(vector, (value) => value / CONTENT_SCALE), language }
}

/** The taste that is searched by, as impressions log it and the heavy ranker reads it: int8. */
export const tasteVectorOf = (viewer: Pick<Viewer, 'taste' | 'profile'>): Buffer | null => {
  const taste = viewerSideOf(viewer)?.taste ?? null
  return taste && Buffer.from(Int8Array.from(taste, (value) => Math.round(value * CONTENT_SCALE)).buffer)
}
