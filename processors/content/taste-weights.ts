import type { ReactionKind } from '../../schemas/reactions/index.ts'
import type { PostReaction } from '../topics/post-reaction.ts'
import { TOUCH_DWELL_MS_MIN } from '../touched-authors.ts'

/** How much a reaction tells of a user's taste: what costs more effort tells more, and a no weighs as a share. */
const WEIGHTS: Readonly<Record<ReactionKind, number>> = {
  view: 0,
  click: 1,
  dwell: 1,
  watch: 1,
  like: 2,
  comment: 4,
  share: 4,
  save: 4,
  profile_click: 1,
  follow_author: 2,
  connect_request: 2,
  hide: -4,
  see_less: -4,
  report: -4,
  block_author: -4,
  skip: 0,
}

type Told = Pick<PostReaction, 'kind' | 'value' | 'undo'>

/** A whole number, the same with the other sign for an undo; 0 for what tells nothing, such as a short look. */
export const tasteWeight = ({ kind, value, undo }: Told): number => {
  const isShortLook = (kind === 'dwell' || kind === 'watch') && (value ?? 0) < TOUCH_DWELL_MS_MIN
  const weight = isShortLook ? 0 : WEIGHTS[kind]
  return undo ? 0 - weight : weight
}
