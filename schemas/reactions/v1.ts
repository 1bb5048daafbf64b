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
    kind: field(oneOf('ReactionKind', REACTION_KINDS), 'What was done.'),
    undo: defaulted(boolean(), false, 'True takes back an earlier reaction of this user, post and kind.'),
    value: optional(
      number(0, REACTION_VALUE_MAX),
      'Milliseconds for dwell and watch; left out for other kinds.',
    ),
    commentId: optional(id<CommentId>(), 'The comment that was made, or reacted to.'),
    requestId: optional(
      id<RequestId>(),
      'The feed request that showed the post: joins the reaction to its impression.',
    ),
    surface: optional(label(), 'Where in the app it happened.'),
    at,
  },
)

export type Reaction = ValueOf<typeof reactionV1>
