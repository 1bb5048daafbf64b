import { boolean, number } from '../declare/numbers.ts'
import { oneOf } from '../declare/composites.ts'
import { defaulted, field, optional, record } from '../declare/record.ts'
import { id, label } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at, eventId } from '../fields.ts'
import type { CommentId, PostId, RequestId, UserId } from '../ids.ts'
import { DAY_MS } from '../ids.ts'

export const REACTION_KINDS = [
  'view',
  'click',
  'dwell',
  'watch',
  'like',
  'comment',
  'share',
  'save',
  'profile_click',
  'follow_author',
  'connect_request',
  'hide',
  'see_less',
  'report',
  'block_author',
  'skip',
] as const
export type ReactionKind = (typeof REACTION_KINDS)[number]

/**
 * Kinds that people take back. The others happened: who looked, clicked or passed by did so, often many times, and
 * to know which time an undo means, each would have to be remembered by user and post. Processors store the order:
 * only append.
 */
export const UNDOABLE_KINDS = [
  'like',
  'comment',
  'share',
  'save',
  'follow_author',
  'connect_request',
  'hide',
  'see_less',
  'report',
  'block_author',
] as const satisfies readonly ReactionKind[]

/** Kinds that are measured. */
const isTimed = (kind: ReactionKind): boolean => kind === 'dwell' || kind === 'watch'

const undoable: ReadonlySet<ReactionKind> = new Set(UNDOABLE_KINDS)

/** Longest dwell or watch. */
export const REACTION_VALUE_MAX = DAY_MS

export const reactionV1 = record(
  'Reaction',
  'A user, known or not, did something with a post, or took it back.',
  {
    eventId,
    userId: optional(
      id<UserId>(),
      'Who reacted. Null: someone not known. Such a reaction counts in popularity only, never in anything personal, and its record is keyed by postId.',
    ),
    postId: field(id<PostId>(), 'The post reacted to.'),
    authorId: field(id<UserId>(), 'Who wrote the post.'),
    kind: field(
      oneOf('ReactionKind', REACTION_KINDS),
      'What was done. block_author blocks, on both sides, as a connection of kind block does; its undo, or a connection that is removed, unblocks. Of a block and an unblock, however they came, the later by `at` holds.',
    ),
    undo: defaulted(
      boolean(),
      false,
      `True takes back the last reaction of this user, post and kind (and comment), for kinds ${UNDOABLE_KINDS.join(', ')}; of others it is refused. \`at\` is when it was undone. Only when userId is null, so that nothing can be looked up, \`at\` must be the time of the reaction that is taken back.`,
    ),
    value: optional(
      number(0, REACTION_VALUE_MAX),
      'Milliseconds for dwell and watch, which need it; left out for other kinds.',
    ),
    commentId: optional(id<CommentId>(), 'The comment that was made, or reacted to.'),
    requestId: optional(
      id<RequestId>(),
      'The feed request that showed the post: joins the reaction to its impression.',
    ),
    surface: optional(label(), 'Where in the app it happened.'),
    at,
  },
  [
    {
      rule: 'FIELD_MISSING',
      field: 'value',
      expects: 'milliseconds for dwell and watch',
      isBroken: ({ kind, value }) => value === null && isTimed(kind),
    },
    {
      rule: 'FIELD_UNEXPECTED',
      field: 'value',
      expects: 'a value for dwell and watch alone',
      isBroken: ({ kind, value }) => value !== null && !isTimed(kind),
    },
    {
      rule: 'NOT_UNDOABLE',
      field: 'undo',
      expects: `undo only of ${UNDOABLE_KINDS.join(', ')}`,
      isBroken: ({ undo, kind }) => undo && !undoable.has(kind),
    },
  ],
)

export type Reaction = ValueOf<typeof reactionV1>
