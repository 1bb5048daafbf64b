import type { Reaction, ReactionKind } from '../../schemas/reactions/index.ts'

/** What a person does because a post or its author pleases. */
export const POSITIVE = [
  'click',
  'like',
  'comment',
  'share',
  'save',
  'profile_click',
  'follow_author',
  'connect_request',
] as const satisfies readonly ReactionKind[]

/** What a person does to see less of a post or its author. A skip is weaker, and counted by itself. */
export const NEGATIVE = [
  'hide',
  'see_less',
  'report',
  'block_author',
] as const satisfies readonly ReactionKind[]

/** Time spent looking: dwell on any post, watch on a video. Values are milliseconds. */
export const LOOKING = ['dwell', 'watch'] as const satisfies readonly ReactionKind[]

/** What views of reactions share: how an event is sorted into series, and whether it takes back. */
export const ofReactions = <In extends Pick<Reaction, 'kind' | 'undo'>>(): {
  readonly by: (reaction: In) => ReactionKind
  readonly sign: (reaction: In) => 1 | -1
} => ({
  by: (reaction) => reaction.kind,
  sign: (reaction) => (reaction.undo ? -1 : 1),
})

/** Weight of the series of looking times. */
export const lookedMs = (reaction: Reaction): number => reaction.value ?? 0
